package io.headroom.bench;

import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import io.headroom.node.file.PoolFiles;
import io.headroom.rig.Interception;
import io.headroom.rig.Networks;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import io.headroom.rig.Signals;
import io.headroom.rig.Watch;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * How long the pool has no SPM: from the loss to the next SPM's record that it took over; and how long hosts see no
 * answer meanwhile that ask all the time, over the storage.
 */
final class Failover implements Bench.Measurement {
    private static final int NODES = 3;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** Longer than any takeover: an SPM that answers nobody for so long has kept its role in name only. */
    private static final Duration NOBODY_SERVES = Duration.ofSeconds(30);

    private static final Duration CALM = Duration.ofSeconds(3);
    private static final int NEWEST = 2_000;

    /** Longer than it takes to remove the frozen node from the cluster. */
    private static final Duration FREEZE = Duration.ofSeconds(12);

    /** What takes the SPM's role from its node, and what makes all well again. */
    private interface Loss {
        /** @return what mends it; the loss lasts until then */
        Mend inflict(NodeProcess spm) throws Exception;
    }

    private interface Mend {
        void run() throws Exception;
    }

    @Override
    public void measure(Path directory, boolean brief, Figures figures) throws Exception {
        int runs = brief ? 1 : 4;
        Optional<Networks> networks = Networks.arePossible() ? Optional.of(Networks.create(NODES)) : Optional.empty();
        networks.ifPresent(made -> Runtime.getRuntime().addShutdownHook(new Thread(made::close, "end-of-networks")));
        Bench.say("failover: starting " + NODES + " nodes");
        Rig.Plan plan = new Rig.Plan(
                directory,
                Path.of("node-app/target/dist"),
                NODES,
                Bytes.gibi(300),
                Bytes.gibi(100),
                BenchHost.CHUNK.times(4),
                List.of());
        try (LiveRig live = LiveRig.start(
                        plan, host -> networks.map(net -> net.place(host)).orElse(Rig.Place.LOOPBACK));
                Load load = new Load(new PoolFiles(live.rig().pool()))) {
            Runs of = new Runs(live, load, runs, figures);
            of.measure("failover.kill", "kill -9", spm -> {
                spm.kill();
                return spm::start;
            });
            of.measure("failover.stop", "orderly stop", spm -> {
                spm.stop();
                return spm::start;
            });
            of.measure("failover.move", "spm move", spm -> {
                spm.api().order("/api/v1/spm/move", "{}");
                return () -> {};
            });
            if (networks.isPresent()) {
                of.measure("failover.cut", "cut off from the others", spm -> {
                    networks.get().isolate(spm.host());
                    return networks.get()::mend;
                });
            }
            if (Interception.obstacle().isEmpty()) {
                Path mailbox = new PoolFiles(live.rig().pool()).mailbox();
                of.measure("failover.storage", "cut off from the storage", spm -> {
                    return Interception.failing(List.of(spm), List.of(mailbox))::close;
                });
            }
            of.measure("failover.freeze", "frozen for " + FREEZE.toSeconds() + " s", spm -> {
                Signals.freeze(spm.pid());
                Watch.pause(FREEZE);
                Signals.thaw(spm.pid());
                return () -> {};
            });
        } finally {
            networks.ifPresent(Networks::close);
        }
        figures.note("Three nodes as processes on one machine; the hosts that ask are in this one, and in no cluster.");
        figures.note(
                "lease = file: nobody takes over from a frozen process, so its gap is the freeze and what follows.");
    }

    private record Runs(LiveRig live, Load load, int runs, Figures figures) {
        void measure(String key, String what, Loss loss) throws Exception {
            List<Duration> vacant = new ArrayList<>();
            List<Duration> silent = new ArrayList<>();
            for (int run = 1; run <= runs; run++) {
                live.awaitAll();
                Watch.pause(CALM);
                Answer.Pool before = live.pool().orElseThrow(() -> new IllegalStateException("no SPM answers"));
                Instant signalled = Instant.now();
                long began = System.nanoTime();
                Mend mend = loss.inflict(live.rig().node(before.spm()));
                Optional<Answer.Line> taken = takeover(live, before);
                if (taken.isEmpty()) {
                    Duration silence = load.longestSilenceSince(began);
                    mend.run();
                    if (silence.compareTo(NOBODY_SERVES) >= 0) {
                        throw new IllegalStateException(
                                what + ": no other SPM, and no reply for " + silence.toSeconds() + " s");
                    }
                    figures.note(what + " " + run + ": the SPM kept its role, at most " + silence.toMillis()
                            + " ms without a reply.");
                    continue;
                }
                mend.run();
                Duration without =
                        Duration.between(signalled, Instant.parse(taken.get().at()));
                Duration silence = load.silenceBefore(taken.get().epoch());
                vacant.add(without);
                silent.add(silence);
                Bench.say("failover: " + what + " " + run + ": " + without.toMillis() + " ms without an SPM, "
                        + silence.toMillis() + " ms without a reply");
            }
            if (!vacant.isEmpty()) {
                figures.times(key + ".takeover", what + " to the next SPM", vacant, "");
                figures.times(key + ".replies", what + ": last reply to next reply", silent, "");
            }
        }
    }

    /** Empty where the SPM that was there serves on: a lease is not lost with a network. */
    private static Optional<Answer.Line> takeover(LiveRig live, Answer.Pool before) throws Exception {
        List<Answer.Line> found = new ArrayList<>();
        try {
            Watch.until("another SPM has taken over", LIMIT, () -> {
                live.audit(NEWEST, line -> line.kind().equals("taken-over") && line.epoch() > before.epoch())
                        .findFirst()
                        .ifPresent(found::add);
                return !found.isEmpty();
            });
        } catch (TimeoutException late) {
            if (live.pool().filter(now -> now.epoch() == before.epoch()).isEmpty()) {
                throw late;
            }
        }
        return found.stream().findFirst();
    }
}
