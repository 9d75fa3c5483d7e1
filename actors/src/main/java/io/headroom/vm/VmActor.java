package io.headroom.vm;

import io.headroom.disk.DiskActor;
import io.headroom.disk.DiskReport;
import io.headroom.disk.GrowthPolicy;
import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Cause;
import io.headroom.port.Clock;
import io.headroom.port.Notebook;
import io.headroom.port.Qemu;
import io.headroom.port.Volumes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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

    private static final Qemu.View NOTHING = new Qemu.View("", List.of());

    public sealed interface Command {}

    /** The VM is gone from this host. */
    public record Leave() implements Command {}

    /** A person holds the VM, or lets it go; answered when that is durable. Repeating it is harmless. */
    public record Hold(boolean held, ActorRef<HoldAnswer> replyTo) implements Command {}

    /** @param problem why the order is not durable, and what that means; empty where it is */
    public record HoldAnswer(String problem) {}

    private record Heard(Qemu.Event event) implements Command {}

    /** @param problem why nothing was seen; empty where it was */
    private record Looked(Qemu.View view, String problem) implements Command {}

    /** @param problem why there is no sighting; empty where there is one */
    private record Sighted(Qemu.Disk disk, Sighting sighting, String problem) implements Command {}

    private record Heed(DiskActor.Said said) implements Command {}

    private record ResumeEnded(String problem) implements Command {}

    private record NotebookSaid(NotebookActor.Said said) implements Command {}

    private record Tick() implements Command {}

    /** What a VM needs of the world around it. */
    public record Surroundings(
            GrowthPolicy policy,
            Volumes volumes,
            Clock clock,
            ActorRef<DiskActor.Said> mail,
            ActorRef<VmReport> told) {}

    private final VmName name;
    private final Surroundings around;
    private final Qemu qemu;
    private final ActorRef<DiskActor.Said> heed;
    private final ActorRef<NotebookActor.Command> notebook;
    private final Vm vm = new Vm();
    private final Attached<ActorRef<DiskActor.Command>> attached = new Attached<>();
    private final Map<VolumeId, DiskReport> reports = new TreeMap<>();
    private Pause pause = Pause.NONE;
    private Qemu.View view = NOTHING;
    private final Looks looks = new Looks();
    /** Since the last look QEMU said something that no disk heard: without a connection, or before it was found. */
    private boolean missedEvents;

    private int ticks;
    private final Problems problems;

    private VmActor(
            ActorContext<Command> context,
            VmName name,
            Surroundings around,
            Notebook notebook,
            Function<Consumer<Qemu.Event>, Qemu> monitor) {
        super(context);
        this.name = name;
        this.around = around;
        // One that fails takes its VM's actor with it, which comes back and reads the notes anew.
        this.notebook = context.spawnAnonymous(
                NotebookActor.create(notebook, context.messageAdapter(NotebookActor.Said.class, NotebookSaid::new)));
        context.watch(this.notebook);
        this.heed = context.messageAdapter(DiskActor.Said.class, Heed::new);
        ActorRef<Command> self = context.getSelf();
        this.problems = new Problems("vm " + name, context.getLog());
        problems.first("monitor", "has not answered yet");
        this.qemu = monitor.apply(event -> self.tell(new Heard(event)));
    }

    /**
     * @param notebook the VM's own
     * @param monitor opens the VM's monitor, which tells its events to the consumer from any thread
     */
    public static Behavior<Command> create(
            VmName name, Surroundings around, Notebook notebook, Function<Consumer<Qemu.Event>, Qemu> monitor) {
        return Behaviors.supervise(Behaviors.<Command>setup(context -> Behaviors.withTimers(timers -> {
                    timers.startTimerWithFixedDelay(new Tick(), TICK);
                    return new VmActor(context, name, around, notebook, monitor);
                })))
                .onFailure(SupervisorStrategy.restartWithBackoff(TICK, TICK.multipliedBy(10), 0.2));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Heard.class, m -> heard(m.event()))
                .onMessage(Looked.class, this::looked)
                .onMessage(Sighted.class, this::sighted)
                .onMessage(Heed.class, m -> heed(m.said()))
                .onMessage(ResumeEnded.class, this::resumeEnded)
                .onMessage(Hold.class, this::hold)
                .onMessage(NotebookSaid.class, m -> notebookSaid(m.said()))
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
            ioFailed(failed);
        } else if (event instanceof Qemu.Event.Connected) {
            looks.connected(true);
            step(new Vm.MayLive());
            missedEvents = true;
            look();
        } else if (event instanceof Qemu.Event.Disconnected lost) {
            looks.connected(false);
            problems.note("monitor", "does not answer: " + lost.cause());
            step(new Vm.MayLive());
        } else if (event instanceof Qemu.Event.Deserted) {
            step(new Vm.Deserted(around.clock().now()));
        } else if (event instanceof Qemu.Event.Stopped) {
            look();
        } else if (event instanceof Qemu.Event.Resumed) {
            step(new Vm.WentOn());
            look();
        } else if (event instanceof Qemu.Event.ShuttingDown) {
            getContext().getLog().info("vm {}: shuts down", name);
        } else {
            throw new AssertionError("unhandled " + event);
        }
        return described();
    }

    private void ioFailed(Qemu.Event.IoFailed failed) {
        if (failed.stops() && failed.noSpace() && !attached.isLeftAlone(failed.node())) {
            tell(failed.node(), new DiskActor.NoSpace());
        } else if (failed.stops()) {
            String what = failed.noSpace() ? "no space below a disk that is not of the pool" : "an I/O error";
            step(new Vm.OtherwiseFailed(what + ", node " + failed.node()));
        }
    }

    private void tell(String node, DiskActor.Command message) {
        Optional<Attached.Tended<ActorRef<DiskActor.Command>>> tended = attached.at(node);
        if (tended.isPresent()) {
            tended.get().by().tell(message);
        } else if (!attached.isLeftAlone(node)) {
            missedEvents = true;
            look();
        }
    }

    private void look() {
        if (looks.wanted()) {
            getContext()
                    .pipeToSelf(
                            qemu.look(), (seen, failure) -> new Looked(seen, failure == null ? "" : Cause.of(failure)));
        }
    }

    private Behavior<Command> looked(Looked looked) {
        if (!looked.problem().isEmpty()) {
            looks.ended();
            problems.note("monitor", "could not be asked: " + looked.problem());
            return described();
        }
        problems.note("monitor", "");
        Qemu.View seen = looked.view();
        detachOthers(seen);
        for (Qemu.Disk disk : seen.disks()) {
            attached.at(disk.node())
                    .ifPresent(tended ->
                            tended.by().tell(new DiskActor.Looked(disk, seen.isStoppedByIoError(), missedEvents)));
            if (attached.isStrange(disk)) {
                find(disk);
            }
        }
        missedEvents &= !attached.areAllFound();
        if (looks.ended()) {
            look();
        } else {
            step(new Vm.Looked(seen.status(), around.clock().now()));
        }
        return described();
    }

    private void detachOthers(Qemu.View seen) {
        view = seen;
        Attached.Gone<ActorRef<DiskActor.Command>> gone = attached.detachOthers(seen.disks());
        gone.tended().forEach(this::forget);
        gone.leftAlone().forEach(other -> problems.note(other.node(), ""));
    }

    private void forget(Attached.Tended<ActorRef<DiskActor.Command>> gone) {
        Qemu.Disk disk = gone.first();
        getContext().getLog().info("vm {}: {} ({}) is gone", name, disk.node(), disk.path());
        reports.remove(gone.volume());
        getContext().unwatch(gone.by());
        getContext().stop(gone.by());
        around.mail().tell(new DiskActor.RequestWithdrawn(gone.volume()));
        step(new Vm.DiskGone(gone.volume()));
    }

    private void find(Qemu.Disk disk) {
        getContext()
                .pipeToSelf(
                        around.volumes()
                                .find(disk.path())
                                .thenCombine(
                                        around.volumes().nearest(disk.backing()),
                                        (found, below) -> new Sighting(disk, found, below)),
                        (sighted, failure) -> new Sighted(disk, sighted, failure == null ? "" : Cause.of(failure)));
    }

    private Behavior<Command> sighted(Sighted sighted) {
        Qemu.Disk disk = sighted.disk();
        Sighting sighting = sighted.sighting();
        if (!attached.found(disk)) {
            return this; // the VM has it no longer
        }
        if (!sighted.problem().isEmpty()) {
            problems.note(disk.node(), "cannot tell whether " + disk.path() + " is a volume: " + sighted.problem());
            return described();
        }
        Optional<String> whyNot = sighting.whyLeftAlone();
        String trouble = whyNot.map(why -> "(" + disk.path() + ") " + why).orElse("");
        problems.note(disk.node(), sighting.isTrouble() ? trouble : "");
        if (whyNot.isPresent()) {
            attached.leaveAlone(disk, whyNot.get());
            getContext().getLog().info("vm {}: {} ({}) {}; left alone", name, disk.node(), disk.path(), whyNot.get());
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
        attached.attach(disk, volume.volume(), actor);
        actor.tell(new DiskActor.Looked(disk, view.isStoppedByIoError(), false));
        tellWhatIsNoted(volume.volume(), actor);
        return this;
    }

    /** The disk may have grown since its guest stopped: then nothing but the note tells why it did. */
    private void tellWhatIsNoted(VolumeId volume, ActorRef<DiskActor.Command> disk) {
        if (view.isStoppedByIoError() && vm.isPausedFor(volume)) {
            disk.tell(new DiskActor.NoSpace());
        }
    }

    private Behavior<Command> heed(DiskActor.Said said) {
        if (attached.of(said.volume()).isEmpty()) {
            return this; // of a disk that was detached meanwhile
        }
        if (said instanceof DiskActor.DiskStarved starved) {
            step(new Vm.DiskStarved(starved.volume(), around.clock().now()));
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
            } else if (effect instanceof Vm.Ended) {
                problems.note("monitor", "is deserted: QEMU has ended; remove the socket that it left behind");
                detachOthers(NOTHING);
            } else if (effect instanceof Vm.Note note) {
                notebook.tell(new NotebookActor.Write(note.notes()));
            } else {
                throw new AssertionError("unhandled " + effect);
            }
        }
    }

    private Behavior<Command> resumeEnded(ResumeEnded ended) {
        problems.note("resume", ended.problem().isEmpty() ? "" : "could not be resumed: " + ended.problem());
        step(ended.problem().isEmpty() ? new Vm.Resumed() : new Vm.ResumeFailed());
        return described();
    }

    private Behavior<Command> notebookSaid(NotebookActor.Said said) {
        if (said instanceof NotebookActor.Troubled troubled) {
            problems.note("notes", troubled.problem());
        } else if (said instanceof NotebookActor.Recalled recalled) {
            step(new Vm.Recalled(recalled.notes()));
            for (VolumeId volume : recalled.notes().starved()) {
                attached.of(volume).ifPresent(tended -> tellWhatIsNoted(volume, tended.by()));
            }
        } else {
            throw new AssertionError("unhandled " + said);
        }
        return described();
    }

    private Behavior<Command> hold(Hold order) {
        if (!vm.hasRecalled()) {
            order.replyTo().tell(new HoldAnswer("nothing was done: the VM's notes could not be read yet; try again"));
            return this;
        }
        getContext().getLog().info("vm {}: {} by a person", name, order.held() ? "held" : "released");
        step(new Vm.Hold(order.held()));
        notebook.tell(new NotebookActor.Confirm(order.replyTo()));
        return described();
    }

    private Behavior<Command> tick() {
        ticks++;
        if (!looks.isUnderWay()) {
            step(new Vm.Tick(around.clock().now()));
        }
        if (!looks.isUnderWay() && ticks % TICKS_PER_LOOK == 0) {
            look();
        }
        return this;
    }

    private Behavior<Command> leave() {
        reports.keySet().forEach(volume -> around.mail().tell(new DiskActor.RequestWithdrawn(volume)));
        return Behaviors.stopped();
    }

    private Behavior<Command> closed() {
        qemu.close();
        return this;
    }

    private Behavior<Command> described() {
        around.told().tell(report());
        return this;
    }

    private VmReport report() {
        Pause now = vm.pause(volume ->
                Optional.ofNullable(reports.get(volume)).map(DiskReport::name).orElse(volume.value()));
        if (!now.equals(pause)) {
            pause = now;
            getContext().getLog().info("vm {}: {}", name, now);
        }
        List<DiskReport> disks = List.copyOf(reports.values());
        return VmReport.of(name, looks.areConnected(), vm, pause, disks, attached.leftAlone(), problems.words());
    }
}
