package io.headroom.vm;

import io.headroom.disk.DiskActor;
import io.headroom.disk.DiskReport;
import io.headroom.disk.GrowthPolicy;
import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Cause;
import io.headroom.port.Clock;
import io.headroom.port.Qemu;
import io.headroom.port.Volumes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Tends one VM: owns its monitor, finds the disks that lie on the pool, passes events to them, and lets the VM go on
 * when {@link Vm} says so. Everything on the VM that is no thin disk of the pool is left alone.
 */
public final class VmActor extends AbstractBehavior<VmActor.Command> {
    private static final Duration TICK = Duration.ofSeconds(1);

    /** QEMU is looked at this often even when it is silent: an event may be lost, and a rate needs two readings. */
    private static final int TICKS_PER_LOOK = 2;

    public sealed interface Command {}

    /** The VM is gone from this host. */
    public record Leave() implements Command {}

    private record Heard(Qemu.Event event) implements Command {}

    private record Looked(Qemu.View view) implements Command {}

    private record LookFailed(String cause) implements Command {}

    private record Sighted(Sighting sighting) implements Command {}

    private record VolumeUnknown(Qemu.Disk disk, String cause) implements Command {}

    private record Heed(DiskActor.Said said) implements Command {}

    private record ResumeEnded(String problem) implements Command {}

    private record Tick() implements Command {}

    /** What a VM says to its host. */
    public record Described(VmReport report) {}

    /** What a VM needs of the world around it. */
    public record Surroundings(
            GrowthPolicy policy,
            Volumes volumes,
            Clock clock,
            ActorRef<DiskActor.Said> mail,
            ActorRef<Described> told) {}

    private final VmName name;
    private final Surroundings around;
    private final Qemu qemu;
    private final ActorRef<DiskActor.Said> heed;
    private final Vm vm = new Vm();
    private final Map<String, Tended> byNode = new HashMap<>();
    private final Map<String, VmReport.LeftAlone> leftAlone = new TreeMap<>();
    private final Set<String> beingFound = new HashSet<>();
    private final Map<VolumeId, DiskReport> reports = new TreeMap<>();
    private Qemu.View view = new Qemu.View("", List.of());
    private boolean connected;
    /** Since the last look QEMU said something that no disk heard: without a connection, or before it was found. */
    private boolean missedEvents;

    private boolean looking;
    /** Somebody wants to know what is true after a look had begun. */
    private boolean lookAgain;

    private int ticks;
    private final Problems problems;

    private record Tended(VolumeId volume, Qemu.Disk first, ActorRef<DiskActor.Command> disk) {}

    private VmActor(
            ActorContext<Command> context,
            VmName name,
            Surroundings around,
            Function<Consumer<Qemu.Event>, Qemu> monitor) {
        super(context);
        this.name = name;
        this.around = around;
        this.heed = context.messageAdapter(DiskActor.Said.class, Heed::new);
        ActorRef<Command> self = context.getSelf();
        this.problems = new Problems("vm " + name, context.getLog());
        problems.first("monitor", "has not answered yet");
        this.qemu = monitor.apply(event -> self.tell(new Heard(event)));
    }

    /** @param monitor opens the VM's monitor, which tells its events to the consumer from any thread */
    public static Behavior<Command> create(
            VmName name, Surroundings around, Function<Consumer<Qemu.Event>, Qemu> monitor) {
        return Behaviors.supervise(Behaviors.<Command>setup(context -> Behaviors.withTimers(timers -> {
                    timers.startTimerWithFixedDelay(new Tick(), TICK);
                    return new VmActor(context, name, around, monitor);
                })))
                .onFailure(SupervisorStrategy.restartWithBackoff(TICK, TICK.multipliedBy(10), 0.2));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Heard.class, m -> heard(m.event()))
                .onMessage(Looked.class, m -> looked(m.view()))
                .onMessage(LookFailed.class, this::lookFailed)
                .onMessage(Sighted.class, m -> sighted(m.sighting()))
                .onMessage(VolumeUnknown.class, this::volumeUnknown)
                .onMessage(Heed.class, m -> heed(m.said()))
                .onMessage(ResumeEnded.class, this::resumeEnded)
                .onMessage(Tick.class, m -> tick())
                .onMessage(Leave.class, m -> leave())
                .onSignal(PostStop.class, signal -> closed())
                .onSignal(PreRestart.class, signal -> closed())
                .build();
    }

    private Behavior<Command> heard(Qemu.Event event) {
        if (event instanceof Qemu.Event.ThresholdCrossed crossed) {
            Bytes pointer = crossed.threshold().plus(crossed.exceededBy());
            tell(crossed.storageNode(), new DiskActor.ThresholdCrossed(pointer));
        } else if (event instanceof Qemu.Event.IoFailed failed) {
            if (failed.noSpace() && failed.stops()) {
                tell(failed.node(), new DiskActor.NoSpace());
            }
        } else if (event instanceof Qemu.Event.Connected) {
            connected = true;
            missedEvents = true;
            look();
        } else if (event instanceof Qemu.Event.Disconnected lost) {
            connected = false;
            problems.note("monitor", "does not answer: " + lost.cause());
        } else if (event instanceof Qemu.Event.Stopped || event instanceof Qemu.Event.Resumed) {
            look();
        } else if (event instanceof Qemu.Event.ShuttingDown) {
            getContext().getLog().info("vm {}: shuts down", name);
        } else {
            throw new AssertionError("unhandled " + event);
        }
        return described();
    }

    private void tell(String node, DiskActor.Command message) {
        Tended tended = byNode.get(node);
        if (tended != null) {
            tended.disk().tell(message);
        } else if (!leftAlone.containsKey(node)) {
            missedEvents = true;
            look();
        }
    }

    private void look() {
        if (looking) {
            lookAgain = true;
        } else if (connected) {
            looking = true;
            getContext()
                    .pipeToSelf(
                            qemu.look(),
                            (seen, failure) -> failure == null ? new Looked(seen) : new LookFailed(Cause.of(failure)));
        }
    }

    private Behavior<Command> looked(Qemu.View seen) {
        looking = false;
        view = seen;
        problems.note("monitor", "");
        forgetOthers(seen.disks());
        for (Qemu.Disk disk : seen.disks()) {
            Tended tended = byNode.get(disk.node());
            if (tended != null) {
                tended.disk().tell(new DiskActor.Looked(disk, seen.isStoppedByIoError()));
                if (missedEvents) {
                    tellWhatWasMissed(disk, tended);
                }
            } else if (!leftAlone.containsKey(disk.node()) && beingFound.add(disk.node())) {
                find(disk);
            }
        }
        missedEvents &= !beingFound.isEmpty();
        if (lookAgain) {
            lookAgain = false;
            look();
        } else {
            step(new Vm.Looked(seen.status(), around.clock().now()));
        }
        return described();
    }

    /** The guest may have stopped for want of space when nobody listened; its disk may have grown since. */
    private void tellWhatWasMissed(Qemu.Disk disk, Tended tended) {
        if (view.isStoppedByIoError() && disk.ranOut()) {
            tended.disk().tell(new DiskActor.NoSpace());
        }
    }

    /** A disk that was unplugged, or whose node now is another disk, is not tended any longer. */
    private void forgetOthers(List<Qemu.Disk> disks) {
        Map<String, String> paths = new HashMap<>();
        disks.forEach(disk -> paths.put(disk.node(), disk.path()));
        for (VmReport.LeftAlone other : List.copyOf(leftAlone.values())) {
            if (!other.path().equals(paths.get(other.node()))) {
                leftAlone.remove(other.node());
                problems.note(other.node(), "");
            }
        }
        for (Tended tended : Set.copyOf(byNode.values())) {
            Qemu.Disk first = tended.first();
            if (!first.path().equals(paths.get(first.node()))) {
                getContext().getLog().info("vm {}: {} ({}) is gone", name, first.node(), first.path());
                byNode.values().removeIf(tended::equals);
                reports.remove(tended.volume());
                getContext().unwatch(tended.disk());
                getContext().stop(tended.disk());
                around.mail().tell(new DiskActor.RequestWithdrawn(tended.volume()));
                step(new Vm.DiskGone(tended.volume()));
            }
        }
    }

    private Behavior<Command> lookFailed(LookFailed failed) {
        looking = false;
        lookAgain = false;
        problems.note("monitor", "could not be asked: " + failed.cause());
        return described();
    }

    private void find(Qemu.Disk disk) {
        CompletionStage<Sighting> sighting = around.volumes()
                .find(disk.path())
                .thenCompose(found -> (found.isPresent() ? none() : nearest(disk.backing()))
                        .thenApply(below -> new Sighting(disk, found, below)));
        getContext()
                .pipeToSelf(
                        sighting,
                        (sighted, failure) ->
                                failure == null ? new Sighted(sighted) : new VolumeUnknown(disk, Cause.of(failure)));
    }

    /** The first of these that is a volume of the pool. */
    private CompletionStage<Optional<Volumes.Found>> nearest(List<String> paths) {
        return paths.isEmpty()
                ? none()
                : around.volumes()
                        .find(paths.get(0))
                        .thenCompose(found -> found.isPresent()
                                ? CompletableFuture.completedStage(found)
                                : nearest(paths.subList(1, paths.size())));
    }

    private static CompletionStage<Optional<Volumes.Found>> none() {
        return CompletableFuture.completedStage(Optional.empty());
    }

    private Behavior<Command> sighted(Sighting sighting) {
        Qemu.Disk disk = sighting.disk();
        beingFound.remove(disk.node());
        problems.note(disk.node(), "");
        Optional<String> whyNot = sighting.whyLeftAlone();
        if (whyNot.isPresent()) {
            leftAlone.put(disk.node(), new VmReport.LeftAlone(disk.node(), disk.path(), whyNot.get()));
            getContext().getLog().info("vm {}: {} ({}) {}; left alone", name, disk.node(), disk.path(), whyNot.get());
            problems.note(disk.node(), sighting.isTrouble() ? "(" + disk.path() + ") " + whyNot.get() : "");
            return described();
        }
        Volumes.Found volume = sighting.found().get();
        ActorRef<DiskActor.Command> actor = getContext()
                .spawnAnonymous(DiskActor.create(
                        name,
                        volume,
                        new DiskActor.Surroundings(around.policy(), qemu, around.volumes(), around.clock(), heed)));
        // A disk that fails takes its VM's actor with it, which comes back and finds every disk anew.
        getContext().watch(actor);
        Tended tended = new Tended(volume.volume(), disk, actor);
        byNode.put(disk.node(), tended);
        byNode.put(disk.storageNode(), tended);
        actor.tell(new DiskActor.Looked(disk, view.isStoppedByIoError()));
        tellWhatWasMissed(disk, tended);
        return this;
    }

    private Behavior<Command> volumeUnknown(VolumeUnknown unknown) {
        beingFound.remove(unknown.disk().node());
        problems.note(
                unknown.disk().node(),
                "cannot tell whether " + unknown.disk().path() + " is a volume: " + unknown.cause());
        return described();
    }

    private Behavior<Command> heed(DiskActor.Said said) {
        boolean isOfAFormerDisk =
                byNode.values().stream().noneMatch(tended -> tended.volume().equals(said.volume()));
        if (isOfAFormerDisk) {
            return this;
        }
        if (said instanceof DiskActor.DiskStarved starved) {
            step(new Vm.DiskStarved(starved.volume()));
        } else if (said instanceof DiskActor.DiskGrown grown) {
            step(new Vm.DiskGrown(grown.volume(), around.clock().now()));
        } else if (said instanceof DiskActor.DiskDescribed described) {
            reports.put(described.volume(), described.report());
        } else {
            around.mail().tell(said);
            return this;
        }
        return described();
    }

    private void step(Vm.Input input) {
        for (Vm.Effect effect : vm.on(input)) {
            if (effect instanceof Vm.Look) {
                look();
            } else if (effect instanceof Vm.Resume) {
                getContext().getLog().info("vm {}: every disk has space again; goes on", name);
                getContext()
                        .pipeToSelf(
                                qemu.resume(),
                                (done, failure) -> new ResumeEnded(failure == null ? "" : Cause.of(failure)));
            } else {
                throw new AssertionError("unhandled " + effect);
            }
        }
    }

    private Behavior<Command> resumeEnded(ResumeEnded ended) {
        problems.note("resume", ended.problem().isEmpty() ? "" : "could not be resumed: " + ended.problem());
        if (!ended.problem().isEmpty()) {
            step(new Vm.ResumeFailed());
        }
        return described();
    }

    private Behavior<Command> tick() {
        ticks++;
        if (!looking) {
            step(new Vm.Tick(around.clock().now()));
        }
        if (!looking && ticks % TICKS_PER_LOOK == 0) {
            look();
        }
        return this;
    }

    private Behavior<Command> leave() {
        List<VolumeId> mine = new ArrayList<>(reports.keySet());
        mine.forEach(volume -> around.mail().tell(new DiskActor.RequestWithdrawn(volume)));
        return Behaviors.stopped();
    }

    private Behavior<Command> closed() {
        qemu.close();
        return this;
    }

    private Behavior<Command> described() {
        around.told()
                .tell(new Described(new VmReport(
                        name,
                        connected,
                        view.status(),
                        vm.isStarved(),
                        List.copyOf(reports.values()),
                        List.copyOf(leftAlone.values()),
                        problems.words())));
        return this;
    }
}
