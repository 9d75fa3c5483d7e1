package io.headroom.model;

/** A pool's identity: the VG's UUID with LVM, a random UUID with the file back end. */
public record PoolId(String value) implements Comparable<PoolId> {
    public PoolId {
        Name.checked("pool id", value, Limits.POOL_ID_LENGTH);
    }

    @Override
    public int compareTo(PoolId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
