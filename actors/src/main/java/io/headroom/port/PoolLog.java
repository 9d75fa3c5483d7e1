package io.headroom.port;

import io.headroom.ledger.LogEntry;
import io.headroom.mailbox.Damage;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The pool log on the shared storage: a few segments, each a ring of places for one entry. Which segment and place an
 * entry goes to is decided by {@code spm.LogBook}.
 */
public interface PoolLog {
    /** Reads every segment; places that were never written are left out, damaged ones are named. */
    CompletionStage<Contents> read();

    /** Writes one entry to its place; durable when done. Repeating it is harmless. */
    CompletionStage<Void> write(Place place, LogEntry entry);

    /** @param slot 0 to the number of places of a segment - 1 */
    record Place(int segment, int slot) {}

    record Placed(Place place, LogEntry entry) {}

    /**
     * @param segments how many segments the log has
     * @param places how many places each segment has
     */
    record Contents(int segments, int places, List<Placed> entries, List<Damage> damages) {
        public Contents {
            entries = List.copyOf(entries);
            damages = List.copyOf(damages);
        }
    }
}
