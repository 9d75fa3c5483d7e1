package io.headroom.cluster;

import io.headroom.mailbox.Header;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Slot;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import java.util.Collections;

/** Mail of hosts that ask for nothing. */
final class Blocks {
    static final PoolId POOL = new PoolId("pool");

    private Blocks() {}

    static OutgoingBlock of(int host, long sequence, String address) {
        return of(host, 1, sequence, address);
    }

    static OutgoingBlock of(int host, int incarnation, long sequence, String address) {
        return new OutgoingBlock(
                POOL,
                new HostId(host),
                0,
                1,
                new Incarnation(incarnation, 7),
                sequence,
                Epoch.NONE,
                address,
                Collections.nCopies(Limits.SLOTS_PER_BLOCK, Slot.FREE));
    }

    static Header header(long epoch, long beat, int spm, String address) {
        return new Header(POOL, new Epoch(epoch), beat, new HostId(spm), address, "", 0, LogPosition.START);
    }
}
