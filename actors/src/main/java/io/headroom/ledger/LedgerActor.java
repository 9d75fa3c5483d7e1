package io.headroom.ledger;

import io.headroom.ledger.LedgerEvent.JournalOpened;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.BackoffSupervisorStrategy;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.RecoveryFailed;
import org.apache.pekko.persistence.typed.SnapshotFailed;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/**
 * The event-sourced half of the SPM: takes every record of the pool log exactly once, in order, and keeps it for ever.
 *
 * <p>It pulls. After recovery, after each batch that is durable, and again when nothing came for a while, it tells the
 * feeder a {@link Demand}, which is also the receipt for everything before it. A journal that is away is tried for
 * ever, at most {@link #LONGEST_PAUSE} apart, and its tables are made again where they are gone; meanwhile it demands
 * nothing and answers nothing. A journal whose rows have a hole is not written to: no demand is made, {@link
 * Summary#damage()} says what to do, and the journal is read again now and then, since somebody may have done it.
 *
 * <p>Before each write, and now and then, it looks whether its last events are still there ({@link JournalWatch}); where
 * somebody has restored or emptied the database beneath it, it reads the journal again instead of writing over a hole.
 */
public final class LedgerActor extends EventSourcedBehavior<LedgerActor.Command, LedgerEvent, Ledger> {
    /** The most records of one feed, written in one transaction. */
    public static final int FEED_LIMIT = 200;

    static final Duration DEMAND_AGAIN = Duration.ofSeconds(2);
    static final Duration SHORTEST_PAUSE = Duration.ofMillis(200);
    static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final Duration DAMAGED_AGAIN = Duration.ofSeconds(20);

    static final int EVENTS_PER_SNAPSHOT = 1_000;

    private static final double PAUSES_VARY = 0.2;
    private static final int SNAPSHOTS_KEPT = 2;
    private static final String KIND = "ledger";
    private static final String DEMAND_TIMER = "demand-again";
    private static final String DAMAGE_TIMER = "read-again";

    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final PoolId pool;
    private final ActorRef<Word> feeder;
    private final JournalAccess access;
    private final JournalWatch watch = new JournalWatch();

    /** Both outlive a restart on purpose: an outage is told once, not at every try. */
    private boolean failed;

    private boolean toldAway;

    /** Why the present life ends is told already. */
    private boolean unreadable;

    public sealed interface Command {}

    /**
     * Records of the pool log, the answer to a demand.
     *
     * @param events as the demand said; a feed for a later state than the present one is not taken
     * @param entries as {@link Progress#wanted} picked them
     */
    public record Feed(long events, List<LogEntry> entries) implements Command {
        public Feed {
            entries = List.copyOf(entries);
        }
    }

    public record Summarize(ActorRef<Summary> replyTo) implements Command {}

    /** Asks for a reading of the history, to be handed to {@code port.AuditTrail}. */
    public record PrepareAudit(Audit.Query query, ActorRef<Audit> replyTo) implements Command {}

    private record OpenJournal() implements Command {}

    private record DemandAgain() implements Command {}

    private record ReadAgain() implements Command {}

    /** @param found how many events were counted; empty where they could not be read */
    private record Looked(JournalWatch.Look look, Optional<Long> found) implements Command {}

    record JournalPrepared(Optional<Throwable> failure) implements Command {}

    record PrepareAgain() implements Command {}

    /** What the ledger says to its feeder. */
    public sealed interface Word {}

    /** The journal cannot be read or written now; the next {@link Demand} says that it is back. */
    public record Away(String cause) implements Word {}

    /**
     * The ledger durably has what {@code progress} says, and wants what comes after: one feed for one demand, now or
     * when there is something new.
     *
     * @param limit the most records of one feed
     * @param journal the journal's identity
     * @param events how many events the journal holds
     */
    public record Demand(Progress progress, int limit, String journal, long events, ActorRef<Command> ledger)
            implements Word {}

    /**
     * @param position everything up to here is taken, or known to be missing
     * @param damage why the ledger does not run, and what to do; empty while it runs
     */
    public record Summary(
            LogPosition position, long events, String journal, Ledger.Totals totals, Optional<String> damage) {}

    /**
     * What the ledger needs of the database under its journal, besides the reading and writing of events.
     *
     * @param prepare makes the journal ready, its tables for instance; called until it succeeds, and again whenever the
     *     journal could not be read
     * @param eventsFrom how many events with this number or a higher one the journal has now
     * @param damagedAgain after so long a journal with a hole is read again, as a whole
     */
    public record JournalAccess(
            Supplier<CompletionStage<Void>> prepare,
            LongFunction<CompletionStage<Long>> eventsFrom,
            Duration damagedAgain) {
        public JournalAccess(Supplier<CompletionStage<Void>> prepare, LongFunction<CompletionStage<Long>> eventsFrom) {
            this(prepare, eventsFrom, DAMAGED_AGAIN);
        }
    }

    /** @param feeder who has the pool log */
    public static Behavior<Command> create(PoolId pool, ActorRef<Word> feeder, JournalAccess access) {
        Behavior<Command> ledger = Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new LedgerActor(context, timers, pool, feeder, access)));
        Behavior<Command> opening = JournalOpeningActor.create(pool, feeder, access.prepare(), ledger);
        Behavior<Command> readAgain = Behaviors.supervise(opening)
                .onFailure(DamagedJournal.class, SupervisorStrategy.restart().withLoggingEnabled(false));
        return Behaviors.supervise(readAgain).onFailure(RuntimeException.class, pauses());
    }

    /** Under this the journal knows the ledger of a pool. */
    public static PersistenceId persistenceId(PoolId pool) {
        return PersistenceId.of(KIND, pool.value());
    }

    /** Ends the present life, so that the next one reads the journal. */
    private static final class DamagedJournal extends RuntimeException {
        private static final long serialVersionUID = 1L;

        DamagedJournal(String damage) {
            super(damage);
        }
    }

    private LedgerActor(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            PoolId pool,
            ActorRef<Word> feeder,
            JournalAccess access) {
        super(persistenceId(pool), pauses().withLoggingEnabled(false));
        this.context = context;
        this.timers = timers;
        this.pool = pool;
        this.feeder = feeder;
        this.access = access;
    }

    private static BackoffSupervisorStrategy pauses() {
        return SupervisorStrategy.restartWithBackoff(SHORTEST_PAUSE, LONGEST_PAUSE, PAUSES_VARY)
                .withResetBackoffAfter(LONGEST_PAUSE);
    }

    @Override
    public Ledger emptyState() {
        return Ledger.EMPTY;
    }

    @Override
    public CommandHandler<Command, LedgerEvent, Ledger> commandHandler() {
        return newCommandHandlerBuilder()
                .forAnyState()
                .onCommand(Feed.class, this::onFeed)
                .onCommand(DemandAgain.class, (state, again) -> look(state, List.of()))
                .onCommand(Looked.class, this::onLooked)
                .onCommand(ReadAgain.class, (state, again) -> onReadAgain(state))
                .onCommand(OpenJournal.class, (state, open) -> onOpenJournal(state))
                .onCommand(
                        Summarize.class,
                        (state, ask) -> Effect()
                                .none()
                                .thenRun((Ledger now) -> ask.replyTo().tell(summary(now))))
                .onCommand(
                        PrepareAudit.class,
                        (state, ask) -> Effect()
                                .none()
                                .thenRun((Ledger now) -> ask.replyTo().tell(audit(now, ask.query()))))
                .build();
    }

    @Override
    public EventHandler<Ledger, LedgerEvent> eventHandler() {
        return newEventHandlerBuilder().forAnyState().onAnyEvent(Ledger::after);
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, SNAPSHOTS_KEPT);
    }

    @Override
    public SignalHandler<Ledger> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), this::onRecovered)
                .onSignal(
                        RecoveryFailed.class,
                        (state, failed) -> onUnreadable(JournalOpeningActor.rootOf(failed.getFailure())))
                .onSignal(PreRestart.class, (state, restart) -> onUnwritten())
                .onSignal(
                        SnapshotFailed.class,
                        (state, failed) -> context.getLog()
                                .warn(
                                        "ledger of pool {}: no snapshot, only the next start is slower: {}",
                                        pool,
                                        String.valueOf(failed.getFailure())))
                .build();
    }

    private Effect<LedgerEvent, Ledger> onFeed(Ledger state, Feed feed) {
        if (damage(state).isPresent() || state.journal().isEmpty() || feed.events() > state.events()) {
            return Effect().none();
        }
        return state.take(feed.entries()).isEmpty() ? Effect().none() : look(state, feed.entries());
    }

    private Effect<LedgerEvent, Ledger> look(Ledger state, List<LogEntry> before) {
        watch.look(state.events(), before)
                .ifPresent(look -> context.pipeToSelf(
                        access.eventsFrom().apply(look.first()),
                        (found, failure) -> new Looked(look, Optional.ofNullable(found))));
        return Effect().none();
    }

    private Effect<LedgerEvent, Ledger> onLooked(Ledger state, Looked looked) {
        JournalWatch.Look look = looked.look();
        JournalWatch.Verdict verdict = watch.looked(look, looked.found());
        if (verdict == JournalWatch.Verdict.LATE) {
            return Effect().none();
        }
        if (verdict == JournalWatch.Verdict.CHANGED) {
            String changed = "of the events from number " + look.first() + " on the journal has "
                    + looked.found().get() + ", not " + look.expected()
                    + ": it was restored or emptied, or another SPM writes; it is read again";
            context.getLog().warn("ledger of pool {}: {}", pool, changed);
            throw new DamagedJournal(changed);
        }
        List<LedgerEvent> taken = state.take(look.before());
        if (taken.isEmpty()) {
            return Effect().none().thenRun(verdict == JournalWatch.Verdict.SAME ? this::onBack : this::demand);
        }
        return Effect().persist(taken).thenRun((Ledger now) -> {
            tellWhatIsMissing(taken);
            onBack(now);
        });
    }

    private Effect<LedgerEvent, Ledger> onOpenJournal(Ledger state) {
        if (!state.journal().isEmpty() || damage(state).isPresent()) {
            return Effect().none();
        }
        return Effect()
                .persist(new JournalOpened(UUID.randomUUID().toString(), Instant.now()))
                .thenRun(this::onBack);
    }

    private Effect<LedgerEvent, Ledger> onReadAgain(Ledger state) {
        damage(state).ifPresent(damage -> {
            throw new DamagedJournal(damage);
        });
        return Effect().none();
    }

    private void onRecovered(Ledger state) {
        watch.read(state.events());
        Optional<String> damage = damage(state);
        if (damage.isPresent()) {
            feeder.tell(new Away(damage.get()));
            context.getLog().error("ledger of pool {}: {}", pool, damage.get());
            timers.startSingleTimer(DAMAGE_TIMER, new ReadAgain(), access.damagedAgain());
        } else if (state.journal().isEmpty()) {
            context.getSelf().tell(new OpenJournal());
        } else {
            demand(state);
        }
    }

    private void onUnreadable(String cause) {
        failed = true;
        unreadable = true;
        tellAway(cause);
        // Whether that helped, the next recovery tells: an emptied database has no tables.
        access.prepare().get();
    }

    /** The failure itself is not told here; if it lasts, the next recovery tells it. */
    private void onUnwritten() {
        if (failed && !unreadable) {
            tellAway("events cannot be written");
        }
        failed = true;
        unreadable = false;
    }

    private void tellAway(String cause) {
        feeder.tell(new Away(cause));
        if (!toldAway) {
            context.getLog()
                    .warn(
                            "ledger of pool {}: the journal is away and is tried again at least every {} s; the pool"
                                    + " works without it: {}",
                            pool,
                            LONGEST_PAUSE.toSeconds(),
                            cause);
            toldAway = true;
        }
    }

    /** A write that went well, or a while without a failure; that the events can be read proves too little. */
    private void onBack(Ledger state) {
        if (failed) {
            context.getLog()
                    .info(
                            "ledger of pool {}: the journal {}; {} events up to {}",
                            pool,
                            toldAway ? "is back" : "failed once and was read again",
                            state.events(),
                            state.progress().position());
        }
        failed = false;
        toldAway = false;
        demand(state);
    }

    private void demand(Ledger state) {
        if (damage(state).isEmpty() && !state.journal().isEmpty()) {
            feeder.tell(new Demand(state.progress(), FEED_LIMIT, state.journal(), state.events(), context.getSelf()));
            timers.startSingleTimer(DEMAND_TIMER, new DemandAgain(), DEMAND_AGAIN);
        }
    }

    private void tellWhatIsMissing(List<LedgerEvent> taken) {
        for (LedgerEvent event : taken) {
            if (event instanceof LedgerEvent.Hole || event instanceof LedgerEvent.Voided) {
                context.getLog().warn("ledger of pool {}: the history is incomplete: {}", pool, event);
            }
        }
    }

    private Summary summary(Ledger state) {
        return new Summary(state.progress().position(), state.events(), state.journal(), state.totals(), damage(state));
    }

    private Audit audit(Ledger state, Audit.Query query) {
        return new Audit(query, state.names(), lastSequenceNumber(context), damage(state));
    }

    private Optional<String> damage(Ledger state) {
        long last = lastSequenceNumber(context);
        if (last == state.events()) {
            return Optional.empty();
        }
        return Optional.of("the journal has events up to number " + last + ", but only " + state.events()
                + " of them can be read, so nothing is added to it. Restore the database from a backup, or empty it;"
                + " the pool works without it");
    }
}
