package io.headroom.ledger;

import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.VolumeId;
import java.util.List;

/**
 * What an order does to the pool: enough to tell from the storage whether it was done. It is a stored format, inside
 * of the {@link PoolEvent}s about orders.
 */
public sealed interface Deed {
    record Creation(String name, Bytes size, Bytes virtualSize) implements Deed {}

    /** @param size that is given back to the pool @param wipe the data are overwritten before */
    record Deletion(VolumeId volume, String name, Bytes size, boolean wipe) implements Deed {}

    /** From one virtual size to another. */
    record Resize(VolumeId volume, Bytes from, Bytes to) implements Deed {}

    /** The hosts that might use the volume, and those that may; in order. */
    record Assignment(VolumeId volume, List<HostId> from, List<HostId> to) implements Deed {
        public Assignment {
            from = from.stream().sorted().toList();
            to = to.stream().sorted().toList();
        }
    }

    /** @param size zero where the device itself says it @param force whatever it held was given up */
    record NewLun(String device, Bytes size, boolean force) implements Deed {}

    /** @param size zero where the device itself says it */
    record LargerLun(String device, Bytes size) implements Deed {}
}
