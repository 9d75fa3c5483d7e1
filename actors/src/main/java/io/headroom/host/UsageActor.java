package io.headroom.host;

import io.headroom.disk.DiskReport;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Cause;
import io.headroom.port.Claims;
import io.headroom.port.Clock;
import io.headroom.port.Volumes;
import io.headroom.vm.VmReport;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/** Makes volumes available on this host and gives them back: carries out what {@link Usage} decides. */
public final class UsageActor extends AbstractBehavior<UsageActor.Command> {
    /** How often the host is asked which VMs it has, and what is owed is looked at. */
    private static final Duration TICK = Duration.ofSeconds(2);

    public sealed interface Command {}

    /** Have the volume available to QEMU here. @param shared beside another host, for a migration */
    public record Activate(VolumeId volume, boolean shared, ActorRef<Told> replyTo) implements Command {}

    /** Take the volume away from this host. */
    public record Deactivate(VolumeId volume, ActorRef<Told> replyTo) implements Command {}

    /** What does not work now, each with its next step. */
    public record TellProblems(ActorRef<List<String>> replyTo) implements Command {}

    /**
     * @param path what QEMU opens; empty after a deactivation
     * @param refusal why the order was not carried out, and what to do; empty where it was
     */
    public record Told(String path, Optional<String> refusal) {}

    private record Reported(HostReport report) implements Command {}

    private record Ended(Usage.Step step, Outcome outcome) implements Command {}

    private record Tick() implements Command {}

    /** @param path what QEMU opens, where the step makes that known */
    private record Outcome(boolean isDone, boolean isCertain, String path, String cause) {
        static Outcome done(String path) {
            return new Outcome(true, true, path, "");
        }

        static Outcome of(Optional<String> refusal) {
            return refusal.map(cause -> new Outcome(false, true, "", cause)).orElseGet(() -> done(""));
        }

        static Outcome unknown(Throwable failure) {
            return new Outcome(false, false, "", Cause.of(failure));
        }
    }

    /** What the actor needs of the world around it. */
    public record Surroundings(ActorRef<HostActor.Command> vms, Volumes volumes, Claims claims, Clock clock) {}

    private final Surroundings around;
    private final ActorRef<HostReport> reports;
    private final Usage usage = new Usage();
    private final Map<Long, ActorRef<Told>> askers = new HashMap<>();
    private long tickets;

    private UsageActor(ActorContext<Command> context, Surroundings around) {
        super(context);
        context.setLoggerName(UsageActor.class);
        this.around = around;
        this.reports = context.messageAdapter(HostReport.class, Reported::new);
    }

    public static Behavior<Command> create(Surroundings around) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(new Tick(), Duration.ZERO, TICK);
            return new UsageActor(context, around);
        }));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Tick.class, this::tick)
                .onMessage(Reported.class, m -> reported(m.report()))
                .onMessage(Activate.class, this::activate)
                .onMessage(Deactivate.class, this::deactivate)
                .onMessage(Ended.class, this::ended)
                .onMessage(TellProblems.class, this::tellProblems)
                .build();
    }

    private Behavior<Command> tick(Tick tick) {
        around.vms().tell(new HostActor.Describe(reports));
        return this;
    }

    private Behavior<Command> reported(HostReport report) {
        Map<VmName, Set<VolumeId>> vms = report.vms().stream()
                .filter(vm -> !vm.hasEnded())
                .collect(Collectors.toMap(
                        VmReport::name,
                        vm -> vm.disks().stream().map(DiskReport::volume).collect(Collectors.toSet())));
        Set<VmName> silent = report.vms().stream()
                .filter(vm -> !vm.connected())
                .map(VmReport::name)
                .collect(Collectors.toSet());
        return step(new Usage.Reported(vms, silent, around.clock().now()));
    }

    private Behavior<Command> activate(Activate activate) {
        askers.put(++tickets, activate.replyTo());
        return step(new Usage.Activate(
                tickets, activate.volume(), activate.shared(), around.clock().now()));
    }

    private Behavior<Command> deactivate(Deactivate deactivate) {
        askers.put(++tickets, deactivate.replyTo());
        return step(new Usage.Deactivate(
                tickets, deactivate.volume(), around.clock().now()));
    }

    private Behavior<Command> ended(Ended ended) {
        Outcome outcome = ended.outcome();
        if (outcome.isDone()) {
            getContext()
                    .getLog()
                    .info(
                            "volume {}: {} done",
                            ended.step().volume(),
                            ended.step().kind());
            return step(
                    new Usage.Done(ended.step(), outcome.path(), around.clock().now()));
        }
        getContext()
                .getLog()
                .warn(
                        "volume {}: {} not done: {}",
                        ended.step().volume(),
                        ended.step().kind(),
                        outcome.cause());
        return step(new Usage.Failed(
                ended.step(),
                outcome.isCertain(),
                outcome.cause(),
                around.clock().now()));
    }

    private Behavior<Command> tellProblems(TellProblems tell) {
        tell.replyTo().tell(usage.problems());
        return this;
    }

    private Behavior<Command> step(Usage.Input input) {
        for (Usage.Effect effect : usage.on(input)) {
            if (effect instanceof Usage.Told told) {
                askers.remove(told.ticket()).tell(new Told(told.path(), told.refusal()));
            } else if (effect instanceof Usage.Step step) {
                getContext()
                        .pipeToSelf(
                                perform(step),
                                (outcome, failure) ->
                                        new Ended(step, failure == null ? outcome : Outcome.unknown(failure)));
            } else {
                throw new AssertionError("unhandled " + effect);
            }
        }
        return this;
    }

    private CompletionStage<Outcome> perform(Usage.Step step) {
        switch (step.kind()) {
            case CLAIM:
                return around.claims().claim(step.volume(), step.shared()).thenApply(Outcome::of);
            case OPEN:
                return around.volumes().activate(step.volume()).thenApply(Outcome::done);
            case CLOSE:
                return around.volumes().deactivate(step.volume()).thenApply(closed -> Outcome.done(""));
            case RELEASE:
                return around.claims().release(step.volume()).thenApply(Outcome::of);
            default:
                throw new AssertionError("unhandled " + step);
        }
    }
}
