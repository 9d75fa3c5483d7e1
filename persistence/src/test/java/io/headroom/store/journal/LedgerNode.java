package io.headroom.store.journal;

import com.typesafe.config.ConfigFactory;
import io.headroom.ledger.Audit;
import io.headroom.ledger.LedgerActor;
import io.headroom.ledger.LedgerActor.Command;
import io.headroom.ledger.LedgerActor.Demand;
import io.headroom.ledger.LedgerEvent;
import io.headroom.ledger.LogEntry;
import io.headroom.model.PoolId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.jdbc.query.javadsl.JdbcReadJournal;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.awaitility.Awaitility;

/** One node's actor system with the ledger in it. */
final class LedgerNode {
    private static final PoolId POOL = new PoolId("pool-1");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Often, for a test that mends the journal waits for it. */
    private static final Duration DAMAGED_AGAIN = Duration.ofSeconds(1);

    private final ActorSystem<Command> system;
    private final PoolWriter log;
    private boolean stopped;

    private LedgerNode(ActorSystem<Command> system, PoolWriter log) {
        this.system = system;
        this.log = log;
    }

    static LedgerNode start(JournalSettings settings, PoolWriter log) {
        log.forget();
        Behavior<Command> ledger = Behaviors.setup(context -> {
            ActorRef<LedgerActor.Word> feeder = context.getSystem().systemActorOf(spm(log), "spm", Props.empty());
            JournalSchema schema = new JournalSchema(
                    settings, context.getSystem().dispatchers().lookup(DispatcherSelector.blocking()));
            JournalAuditTrail trail = new JournalAuditTrail(context.getSystem(), POOL);
            return LedgerActor.create(
                    POOL, feeder, new LedgerActor.JournalAccess(schema::create, trail::eventsFrom, DAMAGED_AGAIN));
        });
        return new LedgerNode(
                ActorSystem.create(
                        ledger,
                        "node",
                        settings.config()
                                .withFallback(ConfigFactory.parseString("pekko.actor.allow-java-serialization=off"))
                                .withFallback(ConfigFactory.load())),
                log);
    }

    private static Behavior<LedgerActor.Word> spm(PoolWriter log) {
        return Behaviors.receive(LedgerActor.Word.class)
                .onMessage(Demand.class, demand -> {
                    log.demanded(demand);
                    return Behaviors.same();
                })
                .onMessage(LedgerActor.Away.class, away -> {
                    log.toldAway();
                    return Behaviors.same();
                })
                .build();
    }

    PoolWriter log() {
        return log;
    }

    LedgerActor.Summary summary() {
        return join(AskPattern.<Command, LedgerActor.Summary>ask(
                system, LedgerActor.Summarize::new, PATIENCE, system.scheduler()));
    }

    Audit.Page audit(Audit.Query query) {
        return read(() -> AskPattern.<Command, Audit>ask(
                        system, replyTo -> new LedgerActor.PrepareAudit(query, replyTo), PATIENCE, system.scheduler())
                .thenCompose(new JournalAuditTrail(system, POOL)::read));
    }

    /** The records in the journal, in the order in which they were taken. */
    List<LogEntry> recorded() {
        return read(() -> PersistenceQuery.get(system)
                .getReadJournalFor(JdbcReadJournal.class, JdbcReadJournal.Identifier())
                .currentEventsByPersistenceId(LedgerActor.persistenceId(POOL).id(), 0, Long.MAX_VALUE)
                .map(envelope -> envelope.event())
                .filter(LedgerEvent.Recorded.class::isInstance)
                .map(event -> ((LedgerEvent.Recorded) event).entry())
                .runWith(Sink.seq(), system));
    }

    void stop() {
        if (!stopped) {
            stopped = true;
            system.terminate();
            join(system.getWhenTerminated());
        }
    }

    /** A starved machine may cost a reading its connection: then it is read again. */
    private static <T> T read(Supplier<CompletionStage<T>> reading) {
        return Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> done(reading.get()), read -> true);
    }

    private static <T> T join(CompletionStage<T> stage) {
        try {
            return done(stage);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("no answer", e);
        }
    }

    private static <T> T done(CompletionStage<T> stage)
            throws InterruptedException, ExecutionException, TimeoutException {
        return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
}
