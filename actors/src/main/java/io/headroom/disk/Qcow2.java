package io.headroom.disk;

import io.headroom.model.Bytes;

/** Arithmetic of the qcow2 format. */
public final class Qcow2 {
    private static final long ENTRY = 8;
    private static final long REFCOUNT = 2;

    private Qcow2() {}

    /**
     * The size of an image whose every cluster is written, with its tables: what {@code qemu-img measure} calls fully
     * allocated. Bitmaps and internal snapshots come on top.
     *
     * @param cluster the image's cluster size, a power of two from 512 bytes to 2 MiB
     */
    public static Bytes fullyAllocated(Bytes virtualSize, Bytes cluster) {
        long size = cluster.value();
        if (size < 512 || size > 2 << 20 || Long.bitCount(size) != 1) {
            throw new IllegalArgumentException(
                    "not a cluster size: " + cluster + "; allowed is a power of two from 512 bytes to 2 MiB");
        }
        long data = ceilDiv(virtualSize.value(), size);
        long l2 = ceilDiv(data * ENTRY, size);
        long l1 = ceilDiv(l2 * ENTRY, size);
        long counted = 1 + l1 + l2 + data;
        long blocks = 0;
        long table = 0;
        while (true) {
            long nextBlocks = ceilDiv((counted + blocks + table) * REFCOUNT, size);
            long nextTable = ceilDiv(nextBlocks * ENTRY, size);
            if (nextBlocks == blocks && nextTable == table) {
                return cluster.times(counted + blocks + table);
            }
            blocks = nextBlocks;
            table = nextTable;
        }
    }

    private static long ceilDiv(long dividend, long divisor) {
        return Math.addExact(dividend, divisor - 1) / divisor;
    }
}
