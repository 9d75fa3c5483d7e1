package io.headroom.model;

/** The number of a host in its pool, 1 to {@link Limits#HOSTS}; the host's blocks are found by it. */
public record HostId(int value) implements Comparable<HostId> {
    public HostId {
        if (value < 1 || value > Limits.HOSTS) {
            throw new IllegalArgumentException("not a host id: " + value + "; allowed is 1 to " + Limits.HOSTS);
        }
    }

    @Override
    public int compareTo(HostId other) {
        return Integer.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Integer.toString(value);
    }
}
