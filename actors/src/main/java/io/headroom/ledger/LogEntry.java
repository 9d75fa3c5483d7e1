package io.headroom.ledger;

import io.headroom.model.Epoch;
import java.time.Instant;

/**
 * An event as it stands in the pool log.
 *
 * @param sequence 1 for the first entry of an epoch, then one more each
 * @param at the SPM's wall clock, for people; nothing is decided by it
 */
public record LogEntry(Epoch epoch, long sequence, Instant at, PoolEvent event) {
    public Position position() {
        return new Position(epoch, sequence);
    }

    /** A place in the pool's history; the order of all entries. */
    public record Position(Epoch epoch, long sequence) implements Comparable<Position> {
        public static final Position START = new Position(Epoch.NONE, 0);

        @Override
        public int compareTo(Position other) {
            int byEpoch = epoch.compareTo(other.epoch);
            return byEpoch != 0 ? byEpoch : Long.compare(sequence, other.sequence);
        }

        public boolean isAfter(Position other) {
            return compareTo(other) > 0;
        }

        @Override
        public String toString() {
            return epoch + "." + sequence;
        }
    }
}
