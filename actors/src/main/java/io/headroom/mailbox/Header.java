package io.headroom.mailbox;

import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.model.PoolId;

/**
 * The mailbox's header, written by the SPM alone: who serves, and its heartbeat.
 *
 * @param beat grows with every write; its change on the reader's own clock is the SPM's sign of life
 * @param address where the SPM's node is reached, {@code host:port}
 * @param journal the identity of the ledger's journal; empty until the ledger has told it
 * @param journaled how many events the journal held when it was last told
 */
public record Header(PoolId pool, Epoch epoch, long beat, HostId spm, String address, String journal, long journaled) {
    public Header {
        if (address.length() > Limits.ADDRESS_LENGTH || journal.length() > Limits.POOL_ID_LENGTH) {
            throw new IllegalArgumentException("over the longest: address \"" + address + "\" (" + Limits.ADDRESS_LENGTH
                    + "), journal \"" + journal + "\" (" + Limits.POOL_ID_LENGTH + ")");
        }
    }
}
