package io.headroom.ledger;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * What the ledger needs of the database under its journal, besides the reading and writing of events.
 *
 * @param prepare makes the journal ready, its tables for instance; called until it succeeds, and again whenever the journal
 *     could not be read
 * @param eventsFrom how many events with this number or a higher one the journal has now
 * @param damagedAgain after so long a journal with a hole is read again, as a whole
 */
public record JournalAccess(
        Supplier<CompletionStage<Void>> prepare,
        LongFunction<CompletionStage<Long>> eventsFrom,
        Duration damagedAgain) {
    private static final Duration DAMAGED_AGAIN = Duration.ofSeconds(20);

    public JournalAccess(Supplier<CompletionStage<Void>> prepare, LongFunction<CompletionStage<Long>> eventsFrom) {
        this(prepare, eventsFrom, DAMAGED_AGAIN);
    }
}
