package io.headroom.mailbox;

import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import java.util.List;
import java.util.Optional;

/**
 * A host's incoming block, written by the SPM alone and read by that host. Reply {@code n} answers slot {@code n} of
 * the outgoing block with the same index.
 *
 * @param answers the incarnation of the host that is answered; another one ignores the block
 * @param sequence grows with every write of this block in one epoch
 * @param replies exactly {@link Limits#SLOTS_PER_BLOCK}
 */
public record IncomingBlock(
        PoolId pool,
        HostId host,
        int index,
        Incarnation answers,
        long sequence,
        Epoch epoch,
        List<Optional<Reply>> replies) {
    public IncomingBlock {
        replies = List.copyOf(replies);
        if (replies.size() != Limits.SLOTS_PER_BLOCK) {
            throw new IllegalArgumentException(
                    "a block has " + Limits.SLOTS_PER_BLOCK + " replies, not " + replies.size());
        }
    }
}
