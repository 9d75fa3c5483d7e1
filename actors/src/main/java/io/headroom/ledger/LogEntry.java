package io.headroom.ledger;

import io.headroom.model.Epoch;
import io.headroom.model.LogPosition;
import java.time.Instant;

/**
 * An event as it stands in the pool log.
 *
 * @param sequence 1 for the first entry of an epoch, then one more each
 * @param at the SPM's wall clock, for people; nothing is decided by it
 */
public record LogEntry(Epoch epoch, long sequence, Instant at, PoolEvent event) {
    public LogPosition position() {
        return new LogPosition(epoch, sequence);
    }

    /** Where the history stands before this entry: nothing that counts lies between, as far as the entry tells. */
    public LogPosition after() {
        return event instanceof PoolEvent.TakeoverIntended takeover
                ? takeover.after(epoch)
                : new LogPosition(epoch, sequence - 1);
    }
}
