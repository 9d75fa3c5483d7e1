package io.headroom.mailbox;

/** What made a disk ask for space. The code is stored; it never changes its meaning. */
public enum Why {
    /** QEMU reported that a write crossed the threshold. */
    THRESHOLD(1),
    /** The write pointer was already past the threshold when it was armed, or an event was missed. */
    PAST_THRESHOLD(2),
    /** The device was too small when the disk was first seen. */
    TOO_SMALL(3),
    /** The guest ran into the end of its device. */
    NO_SPACE(4),
    /** The last grant was less than what was asked for. */
    REST(5);

    private final int code;

    Why(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
