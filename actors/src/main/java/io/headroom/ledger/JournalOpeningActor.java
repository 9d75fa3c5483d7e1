package io.headroom.ledger;

import io.headroom.ledger.LedgerActor.Command;
import io.headroom.ledger.LedgerActor.JournalPrepared;
import io.headroom.ledger.LedgerActor.PrepareAgain;
import io.headroom.model.PoolId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/** The ledger's first steps: it tries for ever to prepare the journal, and becomes the ledger once that is done. */
final class JournalOpeningActor extends AbstractBehavior<Command> {
    private static final int MOST_WAITING = 100;
    private static final String TIMER = "prepare-again";

    private final TimerScheduler<Command> timers;
    private final StashBuffer<Command> waiting;
    private final PoolId pool;
    private final ActorRef<LedgerActor.Word> feeder;
    private final Supplier<CompletionStage<Void>> prepare;
    private final Behavior<Command> ledger;

    private Duration pause = LedgerActor.SHORTEST_PAUSE;
    private boolean told;

    /**
     * @param prepare makes the journal ready; called again after it failed
     * @param ledger what this becomes
     */
    static Behavior<Command> create(
            PoolId pool,
            ActorRef<LedgerActor.Word> feeder,
            Supplier<CompletionStage<Void>> prepare,
            Behavior<Command> ledger) {
        return Behaviors.withStash(
                MOST_WAITING,
                waiting -> Behaviors.withTimers(timers -> Behaviors.setup(
                        context -> new JournalOpeningActor(context, timers, waiting, pool, feeder, prepare, ledger))));
    }

    private JournalOpeningActor(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            StashBuffer<Command> waiting,
            PoolId pool,
            ActorRef<LedgerActor.Word> feeder,
            Supplier<CompletionStage<Void>> prepare,
            Behavior<Command> ledger) {
        super(context);
        this.timers = timers;
        this.waiting = waiting;
        this.pool = pool;
        this.feeder = feeder;
        this.prepare = prepare;
        this.ledger = ledger;
        prepare();
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(JournalPrepared.class, this::onPrepared)
                .onMessage(PrepareAgain.class, again -> {
                    prepare();
                    return this;
                })
                .onAnyMessage(this::onEarly)
                .build();
    }

    private void prepare() {
        getContext().pipeToSelf(prepare.get(), (done, failure) -> new JournalPrepared(Optional.ofNullable(failure)));
    }

    private Behavior<Command> onPrepared(JournalPrepared prepared) {
        if (prepared.failure().isEmpty()) {
            if (told) {
                getContext().getLog().info("ledger of pool {}: the journal can be opened now", pool);
            }
            return waiting.unstashAll(ledger);
        }
        String cause = rootOf(prepared.failure().get());
        feeder.tell(new LedgerActor.Away(cause));
        if (!told) {
            getContext()
                    .getLog()
                    .warn(
                            "ledger of pool {}: the journal cannot be opened and is tried again at least every {} s;"
                                    + " the pool works without it: {}",
                            pool,
                            LedgerActor.LONGEST_PAUSE.toSeconds(),
                            cause);
            told = true;
        }
        timers.startSingleTimer(TIMER, new PrepareAgain(), pause);
        pause = pause.multipliedBy(2).compareTo(LedgerActor.LONGEST_PAUSE) < 0
                ? pause.multipliedBy(2)
                : LedgerActor.LONGEST_PAUSE;
        return this;
    }

    /** The database's own words, below those of everybody who passed them on. */
    static String rootOf(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    /** Whoever asks too early waits, or hears nothing when too many do. */
    private Behavior<Command> onEarly(Command command) {
        if (!waiting.isFull()) {
            waiting.stash(command);
        }
        return this;
    }
}
