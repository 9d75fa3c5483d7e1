package io.headroom.mailbox;

import io.headroom.model.Bytes;
import io.headroom.model.Ticket;
import java.time.Duration;

/**
 * What an empty slot tells of the request that it held last: the host's own half of the audit.
 *
 * @param size the device's size as the host measured it
 */
public record LastDone(Ticket ticket, Bytes size, Steps steps) {

    /**
     * How long the host's own steps took, each from the end of the one before; stored in microseconds.
     *
     * @param posted from QEMU's event until the request stood on the storage
     * @param answered until the reply was seen
     * @param refreshed until the device had its new size
     * @param armed until the next threshold was armed and checked
     */
    public record Steps(Duration posted, Duration answered, Duration refreshed, Duration armed) {
        public static final Steps NONE = new Steps(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);

        /** From the event to re-armed. */
        public Duration total() {
            return posted.plus(answered).plus(refreshed).plus(armed);
        }
    }
}
