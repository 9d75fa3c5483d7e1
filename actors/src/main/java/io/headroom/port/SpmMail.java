package io.headroom.port;

import io.headroom.mailbox.Damage;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.model.HostId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The SPM's end of the mailbox on the shared storage. One SPM uses one of these, one call at a time. */
public interface SpmMail {
    /** Reads every host's blocks and returns those that differ from what this object has returned before. */
    CompletionStage<Collected> scan();

    /** The same for one host: what a bell asks for. */
    CompletionStage<Collected> collect(HostId host);

    /** Reads the bell block; a value that differs from the last one means that some host rang. */
    CompletionStage<Long> bell();

    /** Writes one incoming block; durable when done. Repeating it is harmless. */
    CompletionStage<Void> answer(IncomingBlock block);

    /** What stands in an incoming block: the SPM looks whether its last word is still there. */
    CompletionStage<Optional<IncomingBlock>> standing(HostId host, int index);

    /**
     * @param blocks news only
     * @param damages every block that cannot be believed now, new or not, of those that were ever read
     */
    record Collected(List<OutgoingBlock> blocks, List<Damage> damages) {
        public Collected {
            blocks = List.copyOf(blocks);
            damages = List.copyOf(damages);
        }
    }
}
