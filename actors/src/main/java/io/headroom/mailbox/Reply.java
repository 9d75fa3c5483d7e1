package io.headroom.mailbox;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.Ticket;

/**
 * The SPM's answer to the request with {@code ticket}. For the host it is a claim: the slot is closed when the device
 * has the size.
 *
 * @param size what the volume has now: the size asked for or more when {@link Status#GRANTED}, less when
 *     {@link Status#PARTLY}, the unchanged size otherwise (zero where the volume is unknown)
 * @param epoch the tenure under which it was written
 */
public record Reply(Ticket ticket, Status status, Bytes size, Epoch epoch) {

    /** The code is stored; it never changes its meaning. */
    public enum Status {
        /** The volume has at least the size asked for. */
        GRANTED(1),
        /** The volume grew, by less than was asked for; the disk asks anew for the rest. */
        PARTLY(2),
        /** The pool has no space; the request stands, and this is not its last answer. */
        WAITING(3),
        /** Refused: the pool has no such volume. */
        UNKNOWN_VOLUME(4),
        /** Refused: the size is over what the volume may ever have. */
        OVER_LIMIT(5),
        /** Refused: the storage said no; its own words are in the SPM's log and in the audit. */
        STORAGE_REFUSED(6);

        private final int code;

        Status(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }

        /** Whether the volume has more space than before, as far as the SPM can tell. */
        public boolean isGrant() {
            return this == GRANTED || this == PARTLY;
        }
    }
}
