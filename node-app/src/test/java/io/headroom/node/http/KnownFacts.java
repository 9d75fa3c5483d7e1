package io.headroom.node.http;

import io.headroom.cluster.LeaseState;
import io.headroom.cluster.Peers;
import io.headroom.disk.Disk;
import io.headroom.disk.DiskReport;
import io.headroom.disk.GrowthPolicy;
import io.headroom.host.HostReport;
import io.headroom.ledger.Audit;
import io.headroom.ledger.AuditLine;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import io.headroom.model.PoolLevel;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import io.headroom.spm.Spm;
import io.headroom.spm.SpmReport;
import io.headroom.vm.Pause;
import io.headroom.vm.VmActor;
import io.headroom.vm.VmReport;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;

/** A node whose state a test decides. */
public final class KnownFacts implements NodeFacts {
    /** Which node this is; 2 serves as SPM. */
    public volatile int host;

    public volatile boolean spmAnswers;
    public volatile boolean leaseIsReadable;
    public volatile boolean hostAnswers;
    public volatile boolean started;
    public volatile boolean reachesOthers;
    public volatile boolean clusterEnds;
    public volatile boolean seesOthers;
    public volatile Duration takeover;
    /** After which the lease of an SPM's machine that lost its power is free. */
    public volatile Duration cutOff;

    public final List<Audit.Query> queries = new CopyOnWriteArrayList<>();
    public final List<Optional<HostId>> moves = new CopyOnWriteArrayList<>();

    KnownFacts() {
        reset();
    }

    /** All is well, and nothing was asked yet. */
    void reset() {
        host = 1;
        spmAnswers = true;
        leaseIsReadable = true;
        hostAnswers = true;
        started = true;
        reachesOthers = true;
        clusterEnds = false;
        seesOthers = true;
        takeover = Duration.ofSeconds(16);
        cutOff = Duration.ofSeconds(120);
        queries.clear();
        moves.clear();
    }

    @Override
    public CompletionStage<HostReport> host() {
        return hostAnswers
                ? done(report(host))
                : CompletableFuture.failedFuture(new TimeoutException("no answer in 2 s"));
    }

    @Override
    public CompletionStage<VmActor.HoldAnswer> hold(VmName vm, boolean held) {
        return done(new VmActor.HoldAnswer(vm.value().equals("vm1") ? "" : "host 1 has no VM " + vm));
    }

    @Override
    public CompletionStage<List<HostReport>> members() {
        if (clusterEnds) {
            return CompletableFuture.failedFuture(new TimeoutException("no answer in 3 s"));
        }
        return done(reachesOthers ? List.of(report(2), report(1)) : List.of());
    }

    @Override
    public CompletionStage<List<Peers.Peer>> peers() {
        return seesOthers
                ? done(List.of(peer(1, true), peer(2, true), peer(3, false)))
                : CompletableFuture.failedFuture(new TimeoutException("no answer in 2 s"));
    }

    @Override
    public SpmFacts spm() {
        return new SpmFacts() {
            @Override
            public List<String> succession() {
                return List.of("10.0.0.2:7481", "10.0.0.1:7481");
            }

            @Override
            public CompletionStage<LeaseState> lease() {
                return leaseIsReadable
                        ? done(new LeaseState("sanlock", "pool:spm:/dev/leases:0", Optional.of(true), "host 2 (hv2)"))
                        : CompletableFuture.failedFuture(new IOException("no path to the storage"));
            }

            @Override
            public Takeover takeover() {
                return new Takeover(Optional.of(Duration.ofSeconds(10)), Optional.of(cutOff));
            }

            @Override
            public CompletionStage<HostId> move(Optional<HostId> to) {
                moves.add(to);
                return spmAnswers
                        ? done(new HostId(2))
                        : CompletableFuture.failedFuture(new TimeoutException("no cluster"));
            }
        };
    }

    @Override
    public CompletionStage<SpmReport> pool() {
        return spmAnswers
                ? done(new SpmReport(
                        new PoolId("pool-1"),
                        new HostId(2),
                        Spm.Phase.SERVING,
                        "waits for mail",
                        new Epoch(4),
                        Instant.parse("2026-05-31T12:00:00Z"),
                        Bytes.gibi(100),
                        Bytes.gibi(60),
                        Bytes.gibi(40),
                        Bytes.gibi(240),
                        3,
                        List.of(
                                new Tenure.Lun("lun-1", "/dev/sda", Bytes.gibi(60), Bytes.gibi(20), ""),
                                new Tenure.Lun("lun-2", "", Bytes.gibi(40), Bytes.gibi(40), "not seen")),
                        new SpmReport.Health(
                                PoolLevel.WARN, Bytes.ZERO, Bytes.gibi(5), 1 << 20, Optional.of(Duration.ofHours(17))),
                        1,
                        List.of(new SpmReport.Waiting(
                                new HostId(1),
                                new VmName("vm1"),
                                new VolumeId("id-a"),
                                "disk-a",
                                Bytes.gibi(5),
                                Bytes.gibi(3),
                                true,
                                Duration.ofMillis(1500))),
                        new LogPosition(new Epoch(4), 17),
                        new LogPosition(new Epoch(4), 15),
                        2,
                        "journal-1",
                        9,
                        List.of()))
                : CompletableFuture.failedFuture(new TimeoutException("no SPM answered within 3 s"));
    }

    @Override
    public CompletionStage<Audit.Page> audit(Audit.Query query) {
        queries.add(query);
        return spmAnswers
                ? done(new Audit.Page(List.of(extended()), 7, Optional.of("the ledger is behind")))
                : CompletableFuture.failedFuture(new IllegalStateException("the database is away"));
    }

    @Override
    public Optional<ActorSystem<?>> cluster() {
        return Optional.empty();
    }

    @Override
    public boolean isMember() {
        return spmAnswers;
    }

    @Override
    public GrowthPolicy policy() {
        return new GrowthPolicy(Bytes.gibi(1), Bytes.gibi(2), takeover);
    }

    private static AuditLine extended() {
        return new AuditLine(
                8,
                Instant.parse("2026-05-31T12:00:01.500Z"),
                "extended",
                Optional.of(1),
                Optional.of("vm1"),
                Optional.of("id-a"),
                Optional.of("disk-a"),
                Optional.of("threshold"),
                false,
                Optional.of(Bytes.gibi(1).value()),
                Optional.of(Bytes.gibi(2).value()),
                4,
                16,
                Optional.of(3L),
                Optional.of(Duration.ofNanos(400_000)),
                Optional.of(Duration.ofMillis(3)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                "");
    }

    private HostReport report(int host) {
        DiskReport disk = new DiskReport(
                new VolumeId("id-a" + host),
                "disk-a",
                "#block1",
                Disk.Phase.values()[0],
                Bytes.gibi(2),
                Bytes.gibi(10),
                Bytes.gibi(11),
                Optional.of(Bytes.mebi(700)),
                Bytes.mebi(1536),
                10L << 20,
                Optional.of(Duration.ofMillis(134_500)),
                4,
                Optional.of(Duration.ofMillis(7)),
                host == 2 ? "the monitor is slow" : "");
        return new HostReport(
                new PoolId("pool-1"),
                new HostId(host),
                "127.0.0.1:748" + host,
                started ? new Incarnation(3, 0xab) : Incarnation.NONE,
                new Epoch(4),
                Optional.of(new HostId(2)),
                "127.0.0.1:7482",
                Optional.of(Duration.ofMillis(300)),
                1,
                List.of(new VmReport(
                        new VmName("vm" + host),
                        true,
                        host == 1 ? "io-error" : "running",
                        host == 1,
                        false,
                        host == 1 ? new Pause(Pause.Cause.NO_SPACE, "no space on disk1") : Pause.NONE,
                        List.of(disk),
                        List.of(new VmReport.LeftAlone("cd", "/iso", "is no volume of the pool")),
                        "")),
                started ? List.of() : List.of("the mailbox cannot be read"));
    }

    private static Peers.Peer peer(int host, boolean alive) {
        return new Peers.Peer(
                new HostId(host),
                "127.0.0.1:748" + host,
                new Incarnation(1, 1),
                new Epoch(4),
                Duration.ofMillis(2500),
                alive);
    }

    private static <T> CompletionStage<T> done(T value) {
        return CompletableFuture.completedFuture(value);
    }
}
