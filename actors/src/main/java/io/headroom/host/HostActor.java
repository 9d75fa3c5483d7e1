package io.headroom.host;

import io.headroom.disk.DiskActor;
import io.headroom.disk.GrowthPolicy;
import io.headroom.mailbox.Damage;
import io.headroom.mailbox.Header;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.PoolId;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Bell;
import io.headroom.port.Cause;
import io.headroom.port.Clock;
import io.headroom.port.HostMail;
import io.headroom.port.Notebook;
import io.headroom.port.Qemu;
import io.headroom.port.Volumes;
import io.headroom.vm.VmActor;
import io.headroom.vm.VmReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * One hypervisor: tends its VMs and carries out what {@link Outbox} decides. It needs nothing but the storage; a bell
 * makes it quick.
 */
public final class HostActor extends AbstractBehavior<HostActor.Command> {
    private static final String READING = "mailbox";

    /** A look may come this part of the hurry late; with one tick for each, every second one would come too early. */
    private static final int TICKS_PER_HURRY = 4;

    public sealed interface Command {}

    /**
     * A VM is on this host. Repeating it is harmless.
     *
     * @param notebook the VM's own
     * @param monitor opens the VM's monitor
     */
    public record VmFound(VmName name, Notebook notebook, Function<Consumer<Qemu.Event>, Qemu> monitor)
            implements Command {}

    /** The VM is no longer on this host. */
    public record VmGone(VmName name) implements Command {}

    /** The SPM rang: there is a reply. */
    public record Rung() implements Command {}

    public record Describe(ActorRef<HostReport> replyTo) implements Command {}

    /** A person holds a VM of this host, or lets it go; see {@link VmActor.Hold}. */
    public record HoldVm(VmName name, boolean held, ActorRef<VmActor.HoldAnswer> replyTo) implements Command {}

    private record Started(HostMail.Left left, HostMail.Arrived arrived) implements Command {}

    private record StartFailed(String cause) implements Command {}

    private record Retry() implements Command {}

    private record DiskSaid(DiskActor.Said said) implements Command {}

    private record VmSaid(VmReport report) implements Command {}

    /** @param work what was tried on the storage */
    private record Mail(Outbox.Input input, String work, String problem) implements Command {}

    private record Rang(String problem) implements Command {}

    private record Tick() implements Command {}

    /**
     * @param address where this node is reached, {@code host:port}
     * @param nonce a random number, fresh with every start of the process
     */
    public record Settings(
            PoolId pool, HostId host, String address, long nonce, Outbox.Timing timing, GrowthPolicy policy) {}

    /** @param spm rings the SPM over the network */
    public record Surroundings(HostMail mail, Volumes volumes, Bell spm, Clock clock) {}

    private final Settings settings;
    private final Surroundings around;
    private final Map<VmName, ActorRef<VmActor.Command>> vms = new HashMap<>();
    private final Map<VmName, VmReport> reports = new TreeMap<>();
    private final Map<VolumeId, ActorRef<DiskActor.Command>> disks = new HashMap<>();
    private final Map<String, String> problems = new TreeMap<>();
    private final ActorRef<DiskActor.Said> diskSaid;
    private final ActorRef<VmReport> vmSaid;
    private Outbox outbox;

    private HostActor(ActorContext<Command> context, Settings settings, Surroundings around) {
        super(context);
        this.settings = settings;
        this.around = around;
        this.diskSaid = context.messageAdapter(DiskActor.Said.class, DiskSaid::new);
        this.vmSaid = context.messageAdapter(VmReport.class, VmSaid::new);
        start();
    }

    public static Behavior<Command> create(Settings settings, Surroundings around) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(
                    new Tick(), settings.timing().hurry().dividedBy(TICKS_PER_HURRY));
            return Behaviors.withStash(1_000, stash -> {
                HostActor host = new HostActor(context, settings, around);
                return Behaviors.receive(Command.class)
                        .onMessage(Started.class, started -> stash.unstashAll(host.started(started)))
                        .onMessage(StartFailed.class, failed -> host.startFailed(failed, timers::startSingleTimer))
                        .onMessage(Retry.class, retry -> host.start())
                        .onMessage(Tick.class, tick -> Behaviors.same())
                        .onMessage(Rung.class, rung -> Behaviors.same())
                        .onMessage(Describe.class, host::describe)
                        .onAnyMessage(message -> {
                            stash.stash(message);
                            return Behaviors.same();
                        })
                        .build();
            });
        }));
    }

    /** Before anything else the host finds out which incarnation of it this is. */
    private Behavior<Command> start() {
        CompletionStage<Started> read =
                around.mail().previous().thenCombine(around.mail().read(1), Started::new);
        getContext()
                .pipeToSelf(read, (started, failure) -> failure == null ? started : new StartFailed(Cause.of(failure)));
        return Behaviors.same();
    }

    @FunctionalInterface
    private interface Timer {
        void start(Command message, Duration after);
    }

    private Behavior<Command> startFailed(StartFailed failed, Timer timer) {
        problem(READING, "the mailbox cannot be read: " + failed.cause() + "; check the pool's storage");
        timer.start(new Retry(), settings.timing().scan());
        return Behaviors.same();
    }

    private Behavior<Command> started(Started started) {
        problem(READING, "");
        started.left().damage().ifPresent(this::damaged);
        Incarnation incarnation =
                Outbox.following(started.left().block(), started.arrived().blocks(), settings.nonce());
        getContext().getLog().info("host {} of pool {}: incarnation {}", settings.host(), settings.pool(), incarnation);
        outbox = new Outbox(settings.pool(), settings.host(), incarnation, settings.address(), settings.timing());
        step(new Outbox.Arrived(
                started.arrived().header(), List.of(), around.clock().now()));
        return this;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(VmFound.class, this::vmFound)
                .onMessage(VmGone.class, this::vmGone)
                .onMessage(HoldVm.class, this::holdVm)
                .onMessage(DiskSaid.class, m -> diskSaid(m.said()))
                .onMessage(VmSaid.class, this::vmSaid)
                .onMessage(Mail.class, this::mail)
                .onMessage(Rang.class, this::rang)
                .onMessage(Rung.class, m -> step(new Outbox.Rung()))
                .onMessage(Tick.class, m -> step(new Outbox.Tick(around.clock().now())))
                .onMessage(Describe.class, this::describe)
                .onMessage(Started.class, m -> this)
                .onMessage(StartFailed.class, m -> this)
                .onMessage(Retry.class, m -> this)
                .onSignal(Terminated.class, this::vmStopped)
                .build();
    }

    private Behavior<Command> vmFound(VmFound found) {
        if (!vms.containsKey(found.name())) {
            getContext().getLog().info("vm {}: found", found.name());
            VmActor.Surroundings of =
                    new VmActor.Surroundings(settings.policy(), around.volumes(), around.clock(), diskSaid, vmSaid);
            ActorRef<VmActor.Command> vm =
                    getContext().spawnAnonymous(VmActor.create(found.name(), of, found.notebook(), found.monitor()));
            getContext().watch(vm);
            vms.put(found.name(), vm);
        }
        return this;
    }

    private Behavior<Command> vmGone(VmGone gone) {
        ActorRef<VmActor.Command> vm = vms.remove(gone.name());
        reports.remove(gone.name());
        if (vm != null) {
            getContext().getLog().info("vm {}: gone", gone.name());
            vm.tell(new VmActor.Leave());
        }
        return this;
    }

    private Behavior<Command> holdVm(HoldVm order) {
        ActorRef<VmActor.Command> vm = vms.get(order.name());
        if (vm == null) {
            order.replyTo()
                    .tell(new VmActor.HoldAnswer("host " + settings.host() + " has no VM " + order.name() + "; it has "
                            + (vms.isEmpty() ? "none" : new TreeSet<>(vms.keySet())) + "; ask the VM's own host"));
        } else {
            vm.tell(new VmActor.Hold(order.held(), order.replyTo()));
        }
        return this;
    }

    private Behavior<Command> vmStopped(Terminated stopped) {
        if (vms.values().remove(stopped.getRef())) {
            getContext().getLog().error("{} ended without being told to; its disks are not guarded", stopped.getRef());
        }
        return this;
    }

    private Behavior<Command> vmSaid(VmSaid said) {
        if (vms.containsKey(said.report().name())) {
            reports.put(said.report().name(), said.report());
        }
        return this;
    }

    private Behavior<Command> diskSaid(DiskActor.Said said) {
        if (said instanceof DiskActor.SpaceWanted wanted) {
            disks.put(wanted.volume(), wanted.disk());
            return step(new Outbox.Wanted(wanted.volume(), wanted.vm(), wanted.size(), wanted.why(), wanted.urgency()));
        }
        if (said instanceof DiskActor.SpaceTaken taken) {
            return step(new Outbox.Taken(taken.volume(), taken.size(), taken.steps()));
        }
        if (said instanceof DiskActor.RequestWithdrawn withdrawn) {
            disks.remove(withdrawn.volume());
            return step(new Outbox.Withdrawn(withdrawn.volume()));
        }
        throw new AssertionError("unhandled " + said);
    }

    private Behavior<Command> mail(Mail mail) {
        problem(mail.work(), mail.problem());
        return step(mail.input());
    }

    private Behavior<Command> rang(Rang rang) {
        problem("bell", rang.problem());
        return this;
    }

    private Behavior<Command> step(Outbox.Input input) {
        List<Outbox.Effect> effects = outbox.on(input);
        if (input instanceof Outbox.Wanted && effects.stream().noneMatch(Outbox.NoSlot.class::isInstance)) {
            problem("slots", "");
        }
        effects.forEach(this::run);
        return this;
    }

    private void run(Outbox.Effect effect) {
        if (effect instanceof Outbox.Write write) {
            int index = write.block().index();
            long sequence = write.block().sequence();
            getContext()
                    .pipeToSelf(
                            around.mail().post(write.block()),
                            (done, failure) -> failure == null
                                    ? new Mail(
                                            new Outbox.Written(
                                                    index,
                                                    sequence,
                                                    around.clock().now()),
                                            "block " + index,
                                            "")
                                    : new Mail(
                                            new Outbox.WriteFailed(index),
                                            "block " + index,
                                            "a block could not be written: " + Cause.of(failure)));
        } else if (effect instanceof Outbox.Ring) {
            around.spm().ring(settings.host());
            getContext()
                    .pipeToSelf(
                            around.mail().ring(),
                            (done, failure) -> failure == null
                                    ? new Rang("")
                                    : new Rang("the bell block could not be written: " + Cause.of(failure)));
        } else if (effect instanceof Outbox.Read read) {
            getContext()
                    .pipeToSelf(
                            around.mail().read(read.blocks()),
                            (arrived, failure) -> failure == null
                                    ? arrived(arrived)
                                    : new Mail(
                                            new Outbox.ReadFailed(),
                                            READING,
                                            "the mailbox cannot be read: " + Cause.of(failure)));
        } else if (effect instanceof Outbox.Posted posted) {
            tell(posted.volume(), new DiskActor.Posted());
        } else if (effect instanceof Outbox.Deliver deliver) {
            tell(deliver.volume(), new DiskActor.Replied(deliver.reply()));
        } else if (effect instanceof Outbox.EpochSeen seen) {
            getContext()
                    .getLog()
                    .info(
                            "host {}: epoch {} -> {}, SPM is host {}",
                            settings.host(),
                            seen.from(),
                            seen.to(),
                            seen.spm());
        } else if (effect instanceof Outbox.NoSlot none) {
            problem(
                    "slots",
                    "every mailbox slot of this host is taken; the request of volume " + none.volume() + " waits");
        } else {
            throw new AssertionError("unhandled " + effect);
        }
    }

    private Mail arrived(HostMail.Arrived arrived) {
        String damage = arrived.damages().isEmpty() ? "" : "the mailbox cannot be believed: " + arrived.damages();
        return new Mail(
                new Outbox.Arrived(
                        arrived.header(), arrived.blocks(), around.clock().now()),
                READING,
                damage);
    }

    private void tell(VolumeId volume, DiskActor.Command message) {
        ActorRef<DiskActor.Command> disk = disks.get(volume);
        if (disk != null) {
            disk.tell(message);
        }
    }

    private Behavior<Command> describe(Describe describe) {
        Optional<Header> header = outbox == null ? Optional.empty() : outbox.header();
        List<String> wrong = new ArrayList<>(problems.values());
        reports.values().stream()
                .filter(vm -> !vm.problem().isEmpty())
                .forEach(vm -> wrong.add("vm " + vm.name() + ": " + vm.problem()));
        describe.replyTo()
                .tell(new HostReport(
                        settings.pool(),
                        settings.host(),
                        settings.address(),
                        outbox == null ? Incarnation.NONE : outbox.incarnation(),
                        outbox == null ? Epoch.NONE : outbox.epoch(),
                        header.map(Header::spm),
                        header.map(Header::address).orElse(""),
                        outbox == null
                                ? Optional.empty()
                                : outbox.spmSilent(around.clock().now()),
                        outbox == null ? 0 : outbox.openSlots(),
                        List.copyOf(reports.values()),
                        wrong));
        return Behaviors.same();
    }

    private void damaged(Damage damage) {
        getContext().getLog().warn("{}: {}; what it held is known from elsewhere", damage.block(), damage.cause());
    }

    private void problem(String about, String now) {
        String before = now.isEmpty() ? problems.remove(about) : problems.put(about, now);
        if (!now.isEmpty() && !now.equals(before)) {
            getContext().getLog().warn("host {}: {}; tries again", settings.host(), now);
        } else if (now.isEmpty() && before != null) {
            getContext().getLog().info("host {}: {} works again", settings.host(), about);
        }
    }
}
