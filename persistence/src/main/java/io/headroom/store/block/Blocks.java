package io.headroom.store.block;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;

/**
 * Shared storage in whole blocks of {@link BlockDevice#BLOCK} bytes. Reads happen in the order in which they were
 * asked for, and so do writes. A failed stage means that the outcome is unknown.
 */
public interface Blocks {
    /** Looks at a chunk. The bytes are valid until it returns. */
    @FunctionalInterface
    interface Look {
        /** @param first the number of the chunk's first block */
        void at(long first, ByteBuffer bytes);
    }

    /** What an operator calls it. */
    String name();

    /** How many whole blocks there are now. */
    long blocks() throws DeviceException;

    /** Reads {@code count} blocks into memory of their own. */
    CompletionStage<ByteBuffer> read(long first, int count);

    /**
     * Shows {@code count} blocks to {@code look}, chunk after chunk in order, without copying them. When the stage
     * fails, {@code look} has seen the chunks before the failure and will see no more.
     */
    CompletionStage<Void> scan(long first, int count, Look look);

    /**
     * Writes whole blocks, at most {@link BlockDevice#CHUNK} bytes; durable when done.
     *
     * @param content not to be changed until the stage is completed
     */
    CompletionStage<Void> write(long block, ByteBuffer content);
}
