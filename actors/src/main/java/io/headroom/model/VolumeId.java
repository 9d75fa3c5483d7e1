package io.headroom.model;

/** A volume's identity, opaque and never used again: an LV's UUID with LVM, a UUID of the catalogue with the file back end. It is unique within its pool. */
public record VolumeId(String value) implements Comparable<VolumeId> {
    public VolumeId {
        Name.checked("volume id", value, Limits.VOLUME_ID_LENGTH);
    }

    @Override
    public int compareTo(VolumeId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
