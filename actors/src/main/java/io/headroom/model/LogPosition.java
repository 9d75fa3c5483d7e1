package io.headroom.model;

/** A place in the pool's history; the order of all entries of the pool log. */
public record LogPosition(Epoch epoch, long sequence) implements Comparable<LogPosition> {
    /** Before the first entry. */
    public static final LogPosition START = new LogPosition(Epoch.NONE, 0);

    @Override
    public int compareTo(LogPosition other) {
        int byEpoch = epoch.compareTo(other.epoch);
        return byEpoch != 0 ? byEpoch : Long.compare(sequence, other.sequence);
    }

    public boolean isAfter(LogPosition other) {
        return compareTo(other) > 0;
    }

    @Override
    public String toString() {
        return epoch + "." + sequence;
    }
}
