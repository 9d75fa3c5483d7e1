package io.headroom.ledger;

import io.headroom.model.LogPosition;
import java.time.Instant;

/** What the ledger keeps for ever. It is a stored format: a change is a new version beside the old one. */
public sealed interface LedgerEvent {

    /**
     * The first event of every journal.
     *
     * @param journal the journal's identity, a random UUID; the pool's header remembers it
     */
    record JournalOpened(String journal, Instant at) implements LedgerEvent {}

    /**
     * A record of the pool log, taken once.
     *
     * @param known for {@link PoolEvent.Coalesced}: how many of the records that it stands for were taken before;
     *     0 for every other
     */
    record Recorded(LogEntry entry, long known) implements LedgerEvent {}

    /**
     * The pool log no longer has what lay between two places. How many records are missing is known only within one
     * epoch.
     *
     * @param after the last place before the hole
     * @param before the first place after the hole
     * @param at when the record was written that shows the hole
     */
    record Hole(LogPosition after, LogPosition before, String cause, Instant at) implements LedgerEvent {}

    /**
     * Records that were taken from a former SPM, and that its successor sealed off: they are void.
     *
     * @param after the last place that counts
     * @param last the last void one
     * @param at when the successor took over
     */
    record Voided(LogPosition after, LogPosition last, Instant at) implements LedgerEvent {}
}
