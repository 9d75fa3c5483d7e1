package io.headroom.model;

/** The name of a virtual machine, unique on its host: the name of its QMP socket without the ending. */
public record VmName(String value) implements Comparable<VmName> {
    public VmName {
        Name.checked("VM name", value, Limits.VM_NAME_LENGTH);
    }

    @Override
    public int compareTo(VmName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
