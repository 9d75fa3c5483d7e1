package io.headroom.spm;

import io.headroom.ledger.Audit;
import io.headroom.ledger.LedgerActor;
import io.headroom.model.HostId;
import io.headroom.model.OverTheWire;
import io.headroom.model.PoolId;
import io.headroom.port.AuditTrail;
import io.headroom.port.Bell;
import io.headroom.port.Cause;
import io.headroom.port.Clock;
import io.headroom.port.HeaderStore;
import io.headroom.port.PoolLease;
import io.headroom.port.PoolLog;
import io.headroom.port.SpmMail;
import io.headroom.port.Tenure;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.slf4j.Logger;

/**
 * The storage pool manager: carries out what {@link Spm} decides. It is a cluster singleton, which says who may try;
 * the lease says who may change the pool. While it serves it feeds the ledger, its child.
 */
public final class SpmActor extends AbstractBehavior<SpmActor.Command> {
    /** Usual for {@link Settings#tick()}: what is due is found this late at most, and an idle SPM wakes up this often. */
    public static final Duration TICK = Duration.ofMillis(40);

    /** How long the SPM waits before it tries again after a tenure that ended without its doing. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** How long the ledger may take to prepare an audit. */
    private static final Duration LEDGER_LIMIT = Duration.ofSeconds(5);

    public sealed interface Command {}

    /** A host has mail. */
    public record Rung(HostId host) implements Command, OverTheWire {}

    public record Describe(ActorRef<SpmReport> replyTo) implements Command, OverTheWire {}

    public record ReadAudit(Audit.Query query, ActorRef<AuditAnswer> replyTo) implements Command, OverTheWire {}

    /**
     * Have the order carried out; see {@link Order}. Who hears nothing in time gives it again.
     *
     * @param by who gives it, for the audit
     * @param pretend nothing is changed: the answer says what would be
     */
    public record Carry(Order order, String by, boolean pretend, ActorRef<Order.Answer> replyTo)
            implements Command, OverTheWire {}

    public record ListVolumes(ActorRef<VolumesReport> replyTo) implements Command, OverTheWire {}

    /** End the tenure in order and stop. */
    public record StepDown() implements Command, OverTheWire {}

    /** @param problem why there is no page, and what to do; empty where there is one */
    public record AuditAnswer(Optional<Audit.Page> page, String problem) implements OverTheWire {}

    /** @param to who asked: what answers a former life is too late */
    private record Answered(Spm to, Spm.Input input) implements Command {}

    private record Taken(Spm to, Spm.Step step, PoolLease.Acquisition.Taken acquisition) implements Command {}

    private record LedgerSaid(LedgerActor.Word word) implements Command {}

    private record Tick() implements Command {}

    private record Again() implements Command {}

    /**
     * @param address where this node is reached, {@code host:port}
     * @param limits from which level on the pool is short of space
     */
    public record Settings(
            PoolId pool, HostId host, String address, Spm.Timing timing, Levels.Limits limits, Duration tick) {}

    /**
     * @param mail a fresh one for every tenure: it remembers what it has returned
     * @param hosts rings a host over the network
     * @param ledger makes the ledger, given who feeds it
     */
    public record Surroundings(
            Supplier<SpmMail> mail,
            HeaderStore headers,
            PoolLog log,
            PoolLease lease,
            Bell hosts,
            AuditTrail audit,
            Function<ActorRef<LedgerActor.Word>, Behavior<LedgerActor.Command>> ledger,
            Clock clock) {}

    /** The ports that a step goes to, for whoever runs an {@link Spm}. */
    public record StepPorts(SpmMail mail, HeaderStore headers, PoolLog log, Supplier<Tenure> tenure) {
        /** Carries out one step; {@link Spm.Acquire} is not among them, since it makes the tenure. */
        public CompletionStage<?> perform(Spm.Step step) {
            if (step instanceof Spm.ReadTruth) {
                Tenure held = tenure.get();
                return headers.read()
                        .thenCompose(header -> log.read()
                                .thenCombine(
                                        held.inspect(), (log, inventory) -> new Spm.Truth(header, log, inventory)));
            } else if (step instanceof Spm.Append append) {
                return log.write(append.placed().place(), append.placed().entry());
            } else if (step instanceof Spm.Tag tag) {
                return tenure.get().tag(tag.epoch());
            } else if (step instanceof Spm.ReadHeader) {
                return headers.read();
            } else if (step instanceof Spm.WriteHeader write) {
                return headers.write(write.header());
            } else if (step instanceof Spm.Scan) {
                return mail.scan();
            } else if (step instanceof Spm.Collect collect) {
                return mail.collect(collect.host());
            } else if (step instanceof Spm.ReadBell) {
                return mail.bell();
            } else if (step instanceof Spm.Change change) {
                return tenure.get().change(change.to());
            } else if (step instanceof Spm.Inspect) {
                return tenure.get().inspect();
            } else if (step instanceof Spm.Answer answer) {
                return mail.answer(answer.block());
            } else if (step instanceof Spm.ReadStanding standing) {
                return mail.standing(standing.host(), standing.index());
            } else if (step instanceof Spm.Release) {
                return tenure.get().release();
            }
            throw new AssertionError("unhandled " + step);
        }
    }

    private final Settings settings;
    private final Surroundings around;
    private final Runnable again;
    private final ActorRef<LedgerActor.Word> ledgerWords;
    private Spm spm;
    private SpmMail mail;
    private Optional<Tenure> tenure = Optional.empty();
    private Optional<ActorRef<LedgerActor.Command>> ledger = Optional.empty();
    private final Map<Long, ActorRef<Order.Answer>> orderedBy = new HashMap<>();
    private long orders;
    private boolean stopping;

    private SpmActor(ActorContext<Command> context, Settings settings, Surroundings around, Runnable again) {
        super(context);
        context.setLoggerName(SpmActor.class);
        this.settings = settings;
        this.around = around;
        this.again = again;
        this.ledgerWords = context.messageAdapter(LedgerActor.Word.class, LedgerSaid::new);
        begin();
    }

    public static Behavior<Command> create(Settings settings, Surroundings around) {
        return Behaviors.supervise(Behaviors.<Command>setup(context -> Behaviors.withTimers(timers -> {
                    timers.startTimerWithFixedDelay(new Tick(), settings.tick());
                    return new SpmActor(context, settings, around, () -> timers.startSingleTimer(new Again(), PAUSE));
                })))
                .onFailure(SupervisorStrategy.restartWithBackoff(PAUSE, PAUSE.multipliedBy(10), 0.2));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Answered.class, m -> m.to() == spm ? step(m.input()) : this)
                .onMessage(Taken.class, this::taken)
                .onMessage(Tick.class, m -> step(new Spm.Tick()))
                .onMessage(Rung.class, m -> step(new Spm.Rung(m.host())))
                .onMessage(LedgerSaid.class, m -> heard(m.word()))
                .onMessage(Describe.class, this::describe)
                .onMessage(ReadAudit.class, this::readAudit)
                .onMessage(Carry.class, this::carry)
                .onMessage(ListVolumes.class, this::listVolumes)
                .onMessage(StepDown.class, m -> stepDown())
                .onMessage(Again.class, m -> begin())
                .onSignal(PostStop.class, signal -> left())
                .onSignal(PreRestart.class, signal -> left())
                .build();
    }

    private Behavior<Command> begin() {
        spm = new Spm(settings.pool(), settings.host(), settings.address(), settings.timing(), settings.limits());
        mail = around.mail().get();
        return step(new Spm.Tick());
    }

    private Behavior<Command> step(Spm.Input input) {
        boolean ended = false;
        for (Spm.Effect effect :
                spm.on(input, around.clock().now(), around.clock().time())) {
            if (effect instanceof Spm.Step step) {
                perform(step);
            } else if (effect instanceof Spm.Ring ring) {
                around.hosts().ring(ring.host());
            } else if (effect instanceof Spm.Feed feed) {
                ledger.ifPresent(to -> to.tell(new LedgerActor.Feed(feed.events(), feed.entries())));
            } else if (effect instanceof Spm.Respond respond) {
                orderedBy.remove(respond.ticket()).tell(respond.answer());
            } else if (effect instanceof Spm.Note note) {
                getContext().getLog().info("spm: {}", note.text());
            } else if (effect instanceof Spm.Ended end) {
                getContext()
                        .getLog()
                        .info(
                                "spm: the tenure of epoch {} is over: {}",
                                spm.report().epoch(),
                                end.why());
                ended = true;
            } else {
                throw new AssertionError("unhandled " + effect);
            }
        }
        if (spm.phase() == Spm.Phase.SERVING && ledger.isEmpty()) {
            ledger = Optional.of(getContext().spawnAnonymous(around.ledger().apply(ledgerWords)));
        }
        return ended ? ended() : this;
    }

    private Behavior<Command> ended() {
        ledger.ifPresent(child -> getContext().stop(child));
        ledger = Optional.empty();
        tenure = Optional.empty();
        if (stopping) {
            return Behaviors.stopped();
        }
        again.run();
        return this;
    }

    private void perform(Spm.Step step) {
        Spm asks = spm;
        if (step instanceof Spm.Acquire) {
            getContext().pipeToSelf(around.lease().acquire(), (acquisition, failure) -> {
                if (failure != null) {
                    return failed(asks, step, failure);
                }
                return acquisition instanceof PoolLease.Acquisition.Taken taken
                        ? new Taken(asks, step, taken)
                        : new Answered(asks, new Spm.Done(step, acquisition));
            });
        } else {
            getContext()
                    .pipeToSelf(
                            ports().perform(step),
                            (answer, failure) -> failure == null
                                    ? new Answered(asks, new Spm.Done(step, answer))
                                    : failed(asks, step, failure));
        }
    }

    private static Answered failed(Spm asks, Spm.Step step, Throwable failure) {
        return new Answered(asks, new Spm.Failed(step, Cause.of(failure)));
    }

    private StepPorts ports() {
        return new StepPorts(mail, around.headers(), around.log(), this::held);
    }

    private Tenure held() {
        return tenure.orElseThrow(() -> new IllegalStateException("a step that needs the lease came without it"));
    }

    private Behavior<Command> taken(Taken taken) {
        Tenure held = taken.acquisition().tenure();
        if (taken.to() != spm) {
            giveBack(held);
            return this;
        }
        tenure = Optional.of(held);
        getContext()
                .pipeToSelf(
                        held.lost(),
                        (cause, failure) -> new Answered(
                                taken.to(), new Spm.LeaseLost(failure == null ? cause : Cause.of(failure))));
        return step(new Spm.Done(taken.step(), taken.acquisition()));
    }

    private Behavior<Command> heard(LedgerActor.Word word) {
        if (word instanceof LedgerActor.Demand demand) {
            return step(new Spm.LedgerAsked(demand.progress(), demand.limit(), demand.journal(), demand.events()));
        } else if (word instanceof LedgerActor.Away away) {
            return step(new Spm.LedgerAway(away.cause()));
        }
        throw new AssertionError("unhandled " + word);
    }

    private Behavior<Command> describe(Describe describe) {
        describe.replyTo().tell(spm.report());
        return this;
    }

    private Behavior<Command> carry(Carry carry) {
        orderedBy.put(++orders, carry.replyTo());
        return step(new Spm.Ordered(orders, carry.order(), carry.by(), carry.pretend()));
    }

    private Behavior<Command> listVolumes(ListVolumes list) {
        list.replyTo().tell(spm.volumes());
        return this;
    }

    private Behavior<Command> readAudit(ReadAudit read) {
        if (ledger.isEmpty()) {
            read.replyTo()
                    .tell(new AuditAnswer(
                            Optional.empty(), "the SPM does not serve yet, and the ledger is its; ask again shortly"));
            return this;
        }
        AskPattern.<LedgerActor.Command, Audit>ask(
                        ledger.get(),
                        replyTo -> new LedgerActor.PrepareAudit(read.query(), replyTo),
                        LEDGER_LIMIT,
                        getContext().getSystem().scheduler())
                .thenCompose(around.audit()::read)
                .whenComplete((page, failure) -> read.replyTo()
                        .tell(
                                failure == null
                                        ? new AuditAnswer(Optional.of(page), "")
                                        : new AuditAnswer(
                                                Optional.empty(),
                                                "the ledger's database does not answer: " + Cause.of(failure)
                                                        + "; growth goes on without it, ask again when it is back")));
        return this;
    }

    private Behavior<Command> stepDown() {
        stopping = true;
        if (spm.phase() == Spm.Phase.ENDED) {
            return Behaviors.stopped();
        }
        return step(new Spm.StepDown("in order"));
    }

    /** Whatever ends this actor, the lease does not outlive it. */
    private Behavior<Command> left() {
        tenure.ifPresent(this::giveBack);
        return this;
    }

    private void giveBack(Tenure held) {
        Logger log = getContext().getSystem().log();
        held.release().exceptionally(failure -> {
            log.warn("the lease could not be given back: {}", Cause.of(failure));
            return null;
        });
    }
}
