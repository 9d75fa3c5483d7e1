package io.headroom.contract;

import static org.awaitility.Awaitility.await;

import io.headroom.disk.DiskActor;
import io.headroom.disk.GrowthPolicy;
import io.headroom.fake.FakeNotebook;
import io.headroom.mailbox.Reply;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Clock;
import io.headroom.port.Qemu;
import io.headroom.port.Volumes;
import io.headroom.vm.Pause;
import io.headroom.vm.VmActor;
import io.headroom.vm.VmReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A VM tended by Headroom, whose volumes grow when the test says so. */
final class TendedVm implements AutoCloseable {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ActorTestKit kit = ActorTestKit.create();
    private final FakeNotebook notebook = new FakeNotebook();
    private final Map<VolumeId, Bytes> sizes = new ConcurrentHashMap<>();
    private final Map<VolumeId, DiskActor.SpaceWanted> wanted = new ConcurrentHashMap<>();
    private final Function<Consumer<Qemu.Event>, Qemu> monitor;
    private final boolean bounded;
    private volatile VmReport report;
    private ActorRef<VmActor.Command> vm;
    private ActorRef<DiskActor.Said> mail;
    private ActorRef<VmReport> told;

    /** @param bounded the device itself ends with the volume; otherwise QEMU has to bound it */
    TendedVm(Bytes size, int disks, boolean bounded, Function<Consumer<Qemu.Event>, Qemu> monitor) {
        this.monitor = monitor;
        this.bounded = bounded;
        for (int disk = 0; disk < disks; disk++) {
            sizes.put(volume(disk), size);
        }
        begin();
    }

    static VolumeId volume(int disk) {
        return new VolumeId("disk" + disk);
    }

    /** The node is started again: all that it did not note is forgotten. */
    void restart() {
        kit.stop(vm);
        kit.stop(mail); // with what the former life said last
        kit.stop(told);
        begin();
    }

    private void begin() {
        report = null;
        wanted.clear();
        mail = kit.spawn(Behaviors.receiveMessage(said -> {
            if (said instanceof DiskActor.SpaceWanted ask) {
                wanted.put(ask.volume(), ask);
            }
            return Behaviors.same();
        }));
        told = kit.spawn(Behaviors.receiveMessage(now -> {
            report = now;
            return Behaviors.same();
        }));
        GrowthPolicy policy = new GrowthPolicy(Bytes.mebi(2), Bytes.mebi(4), Duration.ofSeconds(1));
        vm = kit.spawn(VmActor.create(
                new VmName("guest"),
                new VmActor.Surroundings(policy, new Grown(), Clock.system(), mail, told),
                notebook,
                monitor));
    }

    /** The volume is enlarged, and the host is told so, once its disk has asked as one whose guest is paused. */
    void grow(int disk, Bytes size) {
        DiskActor.SpaceWanted ask = await().atMost(PATIENCE)
                .until(
                        () -> wanted.get(volume(disk)),
                        found -> found != null && found.urgency().paused());
        wanted.remove(volume(disk));
        sizes.put(volume(disk), size);
        ask.disk().tell(new DiskActor.Replied(new Reply(new Ticket(1), Reply.Status.GRANTED, size, new Epoch(1))));
    }

    /** The order is given again until it is durable: at first the VM may not have read its notes yet. */
    void hold(boolean held) {
        await("held: " + held).atMost(PATIENCE).until(() -> problemOfHolding(held), String::isEmpty);
    }

    private String problemOfHolding(boolean held) {
        TestProbe<VmActor.HoldAnswer> person = kit.createTestProbe();
        vm.tell(new VmActor.Hold(held, person.ref()));
        return person.receiveMessage(PATIENCE).problem();
    }

    void until(Pause.Cause cause) {
        await("paused by " + cause)
                .atMost(PATIENCE)
                .until(() -> report != null && report.pause().cause() == cause);
    }

    /** Long enough for several looks nothing changes. */
    void staysSo(Pause.Cause cause) {
        await("stays paused by " + cause)
                .during(Duration.ofSeconds(5))
                .atMost(PATIENCE)
                .until(() -> report != null && report.pause().cause() == cause);
    }

    void untilGuarded() {
        await("guarded")
                .atMost(PATIENCE)
                .until(() -> report != null
                        && report.disks().size() == sizes.size()
                        && report.disks().stream()
                                .noneMatch(disk -> disk.threshold().isZero()));
    }

    FakeNotebook notebook() {
        return notebook;
    }

    VmReport report() {
        return report;
    }

    @Override
    public void close() {
        kit.shutdownTestKit();
    }

    private final class Grown implements Volumes {
        @Override
        public CompletionStage<Optional<Found>> find(String path) {
            String file = Path.of(path).getFileName().toString();
            VolumeId id = new VolumeId(file.replace(".qcow2", ""));
            return done(Optional.ofNullable(sizes.get(id)).map(size -> new Found(id, id.value(), size, bounded)));
        }

        @Override
        public CompletionStage<String> activate(VolumeId volume) {
            throw new UnsupportedOperationException("nobody activates a volume here");
        }

        @Override
        public CompletionStage<Void> deactivate(VolumeId volume) {
            throw new UnsupportedOperationException("nobody deactivates a volume here");
        }

        @Override
        public CompletionStage<Bytes> refresh(VolumeId volume) {
            return done(sizes.get(volume));
        }

        @Override
        public CompletionStage<Bytes> imageEnd(VolumeId volume) {
            return done(Bytes.mebi(1));
        }

        private <T> CompletionStage<T> done(T value) {
            return CompletableFuture.completedFuture(value);
        }
    }
}
