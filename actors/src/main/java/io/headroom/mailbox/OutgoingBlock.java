package io.headroom.mailbox;

import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import java.util.List;

/**
 * A host's outgoing block, written by that host alone and read by the SPM.
 *
 * @param index which of the host's blocks this is, 0 to {@link Limits#BLOCKS_PER_HOST} - 1
 * @param inUse how many blocks the host uses; the SPM reads no further
 * @param sequence grows with every write of this block by this incarnation; its change is the host's sign of life
 * @param epoch the highest epoch that the host has seen; the SPM serves only blocks that echo its own
 * @param address where the host's node is reached, {@code host:port}; a hint for forming the cluster, may be empty
 * @param slots exactly {@link Limits#SLOTS_PER_BLOCK}
 */
public record OutgoingBlock(
        PoolId pool,
        HostId host,
        int index,
        int inUse,
        Incarnation incarnation,
        long sequence,
        Epoch epoch,
        String address,
        List<Slot> slots) {
    public OutgoingBlock {
        slots = List.copyOf(slots);
        if (slots.size() != Limits.SLOTS_PER_BLOCK) {
            throw new IllegalArgumentException("a block has " + Limits.SLOTS_PER_BLOCK + " slots, not " + slots.size());
        }
        if (index < 0 || index >= inUse || inUse > Limits.BLOCKS_PER_HOST) {
            throw new IllegalArgumentException(
                    "block " + index + " of " + inUse + "; a host has at most " + Limits.BLOCKS_PER_HOST);
        }
        if (address.length() > Limits.ADDRESS_LENGTH) {
            throw new IllegalArgumentException(
                    "the address \"" + address + "\" is longer than " + Limits.ADDRESS_LENGTH + " characters");
        }
    }
}
