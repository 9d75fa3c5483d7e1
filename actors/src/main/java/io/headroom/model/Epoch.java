package io.headroom.model;

/** The number of one tenure of the SPM; it grows with every takeover. {@link #NONE} is before the first. */
public record Epoch(long value) implements Comparable<Epoch> {
    public static final Epoch NONE = new Epoch(0);

    public Epoch {
        if (value < 0) {
            throw new IllegalArgumentException("not an epoch: " + value + "; allowed is 0 and up");
        }
    }

    public Epoch next() {
        return new Epoch(Math.addExact(value, 1));
    }

    public Epoch max(Epoch other) {
        return value >= other.value ? this : other;
    }

    public boolean isAfter(Epoch other) {
        return value > other.value;
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
