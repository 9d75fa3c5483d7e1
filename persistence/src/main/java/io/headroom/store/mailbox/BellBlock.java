package io.headroom.store.mailbox;

import io.headroom.model.HostId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.CRC32C;

/**
 * The bell's bytes. Every host writes this block and none reads it for its content: other bytes than last time mean
 * that somebody rang, whatever they are.
 *
 * <pre>
 *    0  host   4  who rang, for people who look at the block
 *    4  nonce  8  random
 *   12  zeroes
 * </pre>
 */
final class BellBlock {
    private BellBlock() {}

    static ByteBuffer rung(HostId host) {
        ByteBuffer block = ByteBuffer.allocate(Frame.SIZE).order(ByteOrder.LITTLE_ENDIAN);
        block.putInt(0, host.value());
        block.putLong(4, ThreadLocalRandom.current().nextLong());
        return block;
    }

    /** A value that differs, but for one chance in four thousand million, when the bytes do. */
    static long value(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }
}
