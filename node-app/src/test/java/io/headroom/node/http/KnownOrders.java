package io.headroom.node.http;

import io.headroom.host.UsageActor;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import io.headroom.spm.Order;
import io.headroom.spm.VolumesReport;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** An SPM whose answers a test decides. */
public final class KnownOrders implements NodeOrders {
    /** The disk of {@link KnownFacts}. */
    private static final Tenure.Volume VOLUME = new Tenure.Volume(
            new VolumeId("id-a1"),
            "disk-a",
            Bytes.gibi(2),
            Bytes.gibi(10),
            Bytes.gibi(11),
            Tenure.State.READY,
            Set.of(new HostId(2)));

    public static final Tenure.Lun LUN = new Tenure.Lun("lun-1", "/dev/sda", Bytes.gibi(100), Bytes.gibi(60), "");

    public volatile Tenure.Lun lun;
    public volatile Optional<Tenure.Lun> another;
    public volatile List<String> shares;
    public volatile boolean inTime;
    public volatile Optional<String> refusal;
    public final List<String> given = new CopyOnWriteArrayList<>();

    KnownOrders() {
        reset();
    }

    /** Every order is carried out in time, and none was given yet. */
    void reset() {
        lun = LUN;
        another = Optional.empty();
        shares = List.of();
        inTime = true;
        refusal = Optional.empty();
        given.clear();
    }

    @Override
    public CompletionStage<VolumesReport> volumes() {
        return CompletableFuture.completedFuture(new VolumesReport(
                new Epoch(4),
                Instant.parse("2026-05-31T12:00:00Z"),
                Bytes.gibi(100),
                Bytes.gibi(60),
                Bytes.mebi(4),
                List.of(new VolumesReport.Known(VOLUME, Set.of(new HostId(1)))),
                Stream.concat(Stream.of(lun), another.stream()).toList(),
                ""));
    }

    @Override
    public CompletionStage<Order.Answer> carry(Order order, String by, boolean pretend) {
        given.add(by + (pretend ? " pretends " : " orders ") + order);
        if (!inTime) {
            return CompletableFuture.failedFuture(new TimeoutException("no SPM answered within 15 s"));
        }
        if (refusal.isPresent()) {
            return CompletableFuture.completedFuture(new Order.Answer.Refused(refusal.get(), "stop it first"));
        }
        return CompletableFuture.completedFuture(
                pretend
                        ? new Order.Answer.Planned(
                                List.of(
                                        new Tenure.Change.Condemn(VOLUME.id()),
                                        new Tenure.Change.Wipe(VOLUME.id(), Bytes.ZERO, Bytes.mebi(256)),
                                        new Tenure.Change.Wipe(VOLUME.id(), Bytes.mebi(256), Bytes.mebi(256))),
                                shares)
                        : new Order.Answer.Carried("done as ordered", Optional.of(VOLUME)));
    }

    @Override
    public CompletionStage<UsageActor.Told> activate(VolumeId volume, boolean shared) {
        given.add("activate " + volume + (shared ? " shared" : ""));
        return CompletableFuture.completedFuture(new UsageActor.Told("/dev/pool/disk-a", refusal));
    }

    @Override
    public CompletionStage<UsageActor.Told> deactivate(VolumeId volume) {
        given.add("deactivate " + volume);
        return CompletableFuture.completedFuture(new UsageActor.Told("", refusal));
    }

    @Override
    public CompletionStage<List<String>> steps(List<Tenure.Change> changes) {
        return CompletableFuture.completedFuture(
                changes.stream().map(change -> "would " + change).toList());
    }
}
