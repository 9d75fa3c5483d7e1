package io.headroom.store.journal;

import io.headroom.ledger.Audit;
import io.headroom.ledger.LedgerActor;
import io.headroom.ledger.LedgerEvent;
import io.headroom.model.PoolId;
import io.headroom.port.AuditTrail;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.jdbc.query.javadsl.JdbcReadJournal;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.stream.javadsl.Sink;

/**
 * Reads the ledger's journal backwards, a few hundred events at a time. The journal is first opened by the first
 * reading, so a node that never reads never opens it.
 */
public final class JournalAuditTrail implements AuditTrail {
    /** One query of the journal; not more than its own batch, which ends early at a hole in the rows. */
    private static final int EVENTS_PER_QUERY = 400;

    private final ActorSystem<?> system;
    private final String persistenceId;

    /** @param system with the configuration of {@link JournalSettings#config()} */
    public JournalAuditTrail(ActorSystem<?> system, PoolId pool) {
        this.system = system;
        this.persistenceId = LedgerActor.persistenceId(pool).id();
    }

    @Override
    public CompletionStage<Audit.Page> read(Audit audit) {
        return readBelow(audit.newest(), audit);
    }

    private CompletionStage<Audit.Page> readBelow(long last, Audit audit) {
        if (last < 1) {
            audit.end();
        }
        if (!audit.isOpen()) {
            return CompletableFuture.completedFuture(audit.page());
        }
        long first = Math.max(1, last - EVENTS_PER_QUERY + 1);
        return journal()
                .currentEventsByPersistenceId(persistenceId, first, last)
                .runWith(Sink.seq(), system)
                .thenCompose(events -> {
                    show(events, audit);
                    return readBelow(first - 1, audit);
                });
    }

    /**
     * How many events with this number or a higher one the journal has now. They are read one by one: ask for few. A failed
     * stage means that the journal could not be read.
     */
    public CompletionStage<Long> eventsFrom(long first) {
        return journal()
                .currentEventsByPersistenceId(persistenceId, first, Long.MAX_VALUE)
                .runWith(Sink.fold(0L, (count, event) -> count + 1), system);
    }

    private JdbcReadJournal journal() {
        return PersistenceQuery.get(system).getReadJournalFor(JdbcReadJournal.class, JdbcReadJournal.Identifier());
    }

    private static void show(List<EventEnvelope> events, Audit audit) {
        for (int i = events.size() - 1; i >= 0; i--) {
            EventEnvelope envelope = events.get(i);
            audit.show(envelope.sequenceNr(), (LedgerEvent) envelope.event());
        }
    }
}
