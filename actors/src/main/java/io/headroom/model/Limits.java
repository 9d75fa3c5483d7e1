package io.headroom.model;

/** Every limit that the stored formats and the queues rest on, in one place, with how they relate. */
public final class Limits {
    /** Hosts of one pool, as many as a sanlock lockspace holds. */
    public static final int HOSTS = 2_000;

    /** Slots in one mailbox block. */
    public static final int SLOTS_PER_BLOCK = 20;

    /** Mailbox blocks of one host in each direction. */
    public static final int BLOCKS_PER_HOST = 16;

    /** Disks of one host that can wait at the same time: one slot each. */
    public static final int DISKS_PER_HOST = SLOTS_PER_BLOCK * BLOCKS_PER_HOST;

    /** Characters, ASCII. An LVM UUID has 38 with its dashes. */
    public static final int VOLUME_ID_LENGTH = 40;

    /** Characters, ASCII. */
    public static final int POOL_ID_LENGTH = 40;

    /** Characters, ASCII. */
    public static final int VM_NAME_LENGTH = 64;

    /** Characters, ASCII: a host name and a port. */
    public static final int ADDRESS_LENGTH = 72;

    /** Characters of a cause that are kept: six bytes each at the most, and the event fits its place in the pool log. */
    public static final int CAUSE_LENGTH = 500;

    /** Characters that are kept of whoever gave an order. */
    public static final int BY_LENGTH = 64;

    /** Characters, ASCII: a device's path, or a LUN's name. */
    public static final int DEVICE_LENGTH = 255;

    private Limits() {}
}
