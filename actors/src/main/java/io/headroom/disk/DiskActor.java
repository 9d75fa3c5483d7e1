package io.headroom.disk;

import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Cause;
import io.headroom.port.Clock;
import io.headroom.port.Qemu;
import io.headroom.port.Volumes;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/** Tends one thin disk: carries out what {@link Disk} decides. */
public final class DiskActor extends AbstractBehavior<DiskActor.Command> {
    /** What is owed is done again this often. */
    private static final Duration TICK = Duration.ofSeconds(1);

    public sealed interface Command {}

    /** QEMU's view of the disk, whenever somebody looked; see {@link Disk.Looked}. */
    public record Looked(Qemu.Disk disk, boolean stoppedByIoError, boolean missed) implements Command {}

    /** A write ended at {@code pointer}, past the threshold. */
    public record ThresholdCrossed(Bytes pointer) implements Command {}

    /** A write failed for want of space. */
    public record NoSpace() implements Command {}

    /** The request stands on the storage. */
    public record Posted() implements Command {}

    public record Replied(Reply reply) implements Command {}

    private record Answered(Disk.Input input, String problem) implements Command {}

    private record Tick() implements Command {}

    /** What a disk says to its VM, which passes the mail on to the host. */
    public sealed interface Said {
        VolumeId volume();
    }

    public record SpaceWanted(VolumeId volume, VmName vm, Bytes size, Why why, Urgency urgency, ActorRef<Command> disk)
            implements Said {}

    /** The device has its size and the next threshold is armed. */
    public record SpaceTaken(VolumeId volume, Bytes size, LastDone.Steps steps) implements Said {}

    public record RequestWithdrawn(VolumeId volume) implements Said {}

    public record DiskStarved(VolumeId volume) implements Said {}

    public record DiskGrown(VolumeId volume) implements Said {}

    public record DiskDescribed(VolumeId volume, DiskReport report) implements Said {}

    private final VmName vm;
    private final Volumes.Found volume;
    private final Disk disk;
    private final Qemu qemu;
    private final Volumes volumes;
    private final Clock clock;
    private final ActorRef<Said> told;
    private Qemu.Disk seen;
    private String problem = "";
    private Reply.Status lastReply = Reply.Status.GRANTED;

    private DiskActor(ActorContext<Command> context, VmName vm, Volumes.Found volume, Surroundings around) {
        super(context);
        this.vm = vm;
        this.volume = volume;
        this.disk = new Disk(around.policy(), volume.size());
        this.qemu = around.qemu();
        this.volumes = around.volumes();
        this.clock = around.clock();
        this.told = around.told();
    }

    /** What a disk needs of the world around it. */
    public record Surroundings(GrowthPolicy policy, Qemu qemu, Volumes volumes, Clock clock, ActorRef<Said> told) {}

    public static Behavior<Command> create(VmName vm, Volumes.Found volume, Surroundings around) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(new Tick(), TICK);
            return new DiskActor(context, vm, volume, around);
        }));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Looked.class, this::looked)
                .onMessage(ThresholdCrossed.class, m -> step(new Disk.ThresholdCrossed(m.pointer(), clock.now())))
                .onMessage(NoSpace.class, m -> step(new Disk.NoSpace(clock.now())))
                .onMessage(Posted.class, m -> step(new Disk.Posted(clock.now())))
                .onMessage(Replied.class, m -> replied(m.reply()))
                .onMessage(Answered.class, this::answered)
                .onMessage(Tick.class, m -> step(new Disk.Tick(clock.now())))
                .build();
    }

    private Behavior<Command> looked(Looked looked) {
        seen = looked.disk();
        return step(new Disk.Looked(seen, looked.stoppedByIoError(), looked.missed(), clock.now()));
    }

    private Behavior<Command> replied(Reply reply) {
        lastReply = reply.status();
        return step(new Disk.Replied(reply, clock.now()));
    }

    private Behavior<Command> answered(Answered answered) {
        if (!answered.problem().equals(problem)) {
            problem = answered.problem();
            if (problem.isEmpty()) {
                getContext().getLog().info("disk {}/{}: works again", vm, volume.name());
            } else {
                getContext().getLog().warn("disk {}/{}: {}; tries again", vm, volume.name(), problem);
            }
        }
        return step(answered.input());
    }

    private Behavior<Command> step(Disk.Input input) {
        disk.on(input).forEach(this::run);
        if (seen != null) {
            told.tell(new DiskDescribed(volume.volume(), report()));
        }
        return this;
    }

    private void run(Disk.Effect effect) {
        if (effect instanceof Disk.Refresh) {
            ask(effect, refresh(), size -> new Disk.Refreshed(size, clock.now()));
        } else if (effect instanceof Disk.Arm arm) {
            ask(effect, qemu.arm(seen.storageNode(), arm.threshold()), end -> new Disk.Armed(end, clock.now()));
        } else if (effect instanceof Disk.MeasureImage) {
            ask(effect, volumes.imageEnd(volume.volume()), end -> new Disk.ImageMeasured(end, clock.now()));
        } else if (effect instanceof Disk.Ask ask) {
            told.tell(new SpaceWanted(
                    volume.volume(),
                    vm,
                    ask.size(),
                    ask.why(),
                    ask.urgency(),
                    getContext().getSelf()));
        } else if (effect instanceof Disk.Finish finish) {
            told.tell(new SpaceTaken(volume.volume(), finish.size(), finish.steps()));
        } else if (effect instanceof Disk.Withdraw) {
            told.tell(new RequestWithdrawn(volume.volume()));
        } else if (effect instanceof Disk.Starved) {
            told.tell(new DiskStarved(volume.volume()));
        } else if (effect instanceof Disk.Grown) {
            told.tell(new DiskGrown(volume.volume()));
        } else if (effect instanceof Disk.Moved moved) {
            getContext()
                    .getLog()
                    .info("disk {}/{}: {} -> {} ({})", vm, volume.name(), moved.from(), moved.to(), moved.why());
        } else {
            throw new AssertionError("unhandled " + effect);
        }
    }

    private CompletionStage<Bytes> refresh() {
        CompletionStage<Bytes> measured = volumes.refresh(volume.volume());
        if (!seen.bounded()) {
            return measured;
        }
        String node = seen.storageNode();
        return measured.thenCompose(size -> qemu.resize(node, size).thenApply(done -> size));
    }

    private <T> void ask(Disk.Effect effect, CompletionStage<T> stage, Function<T, Disk.Input> input) {
        getContext()
                .pipeToSelf(
                        stage,
                        (value, failure) -> failure == null
                                ? new Answered(input.apply(value), "")
                                : new Answered(
                                        new Disk.Failed(effect, clock.now()),
                                        effect + " failed: " + Cause.of(failure)));
    }

    private DiskReport report() {
        return new DiskReport(
                volume.volume(),
                volume.name(),
                seen.node(),
                disk.phase(),
                disk.device(),
                seen.virtualSize(),
                disk.limit(),
                disk.pointer(),
                disk.threshold(),
                disk.bytesPerSecond(),
                disk.left(),
                disk.extensions(),
                disk.lastTook(),
                problem.isEmpty() && disk.phase() == Disk.Phase.REFUSED ? refusal(lastReply) : problem);
    }

    private static String refusal(Reply.Status status) {
        switch (status) {
            case UNKNOWN_VOLUME:
                return "the SPM finds no such volume in the pool; was it removed by hand?";
            case OVER_LIMIT:
                return "the image may take more than its volume may have; was it enlarged through QEMU? stop the VM, then:"
                        + " headroom volume resize";
            default:
                return "the SPM says " + status + "; its log and headroom audit have the storage's words";
        }
    }
}
