package io.headroom.port;

import io.headroom.mailbox.Damage;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** A host's end of the mailbox on the shared storage. */
public interface HostMail {
    /** Writes one of the host's own blocks; durable when done. Repeating it is harmless. */
    CompletionStage<Void> post(OutgoingBlock block);

    /** Rings the bell block, for the SPM that no network reaches. A lost ring costs time, nothing else. */
    CompletionStage<Void> ring();

    /**
     * Reads the header and the host's first {@code blocks} incoming blocks.
     *
     * @param blocks 0 to read the header alone
     */
    CompletionStage<Arrived> read(int blocks);

    /** Reads what the previous incarnation of this host left in its own first block. */
    CompletionStage<Left> previous();

    /**
     * @param header empty where none was ever written or it cannot be believed
     * @param blocks the blocks that were ever written and can be believed
     */
    record Arrived(Optional<Header> header, List<IncomingBlock> blocks, List<Damage> damages) {}

    /** @param block empty where the host is new to the pool or its block cannot be believed */
    record Left(Optional<OutgoingBlock> block, Optional<Damage> damage) {}
}
