package io.headroom.model;

/** The number that a request carries, growing within one incarnation of its host. {@link #NONE} is no request. */
public record Ticket(long value) implements Comparable<Ticket> {
    public static final Ticket NONE = new Ticket(0);

    public Ticket {
        if (value < 0) {
            throw new IllegalArgumentException("not a ticket: " + value + "; allowed is 0 and up");
        }
    }

    public Ticket next() {
        return new Ticket(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(Ticket other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
