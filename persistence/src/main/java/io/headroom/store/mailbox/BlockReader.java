package io.headroom.store.mailbox;

import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;

/** Reads what {@link BlockWriter} writes, and refuses what it never writes. */
final class BlockReader {
    private final ByteBuffer block;

    BlockReader(ByteBuffer block) {
        this.block = block;
    }

    /** The block cannot be believed; {@link Frame#decode} makes it a value. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        private Refused(String cause) {
            super(cause, null, false, false);
        }
    }

    void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new Refused(otherwise);
        }
    }

    Refused refused(String cause) {
        return new Refused(cause);
    }

    int u8() {
        return Byte.toUnsignedInt(block.get());
    }

    int u16() {
        return Short.toUnsignedInt(block.getShort());
    }

    int u32() {
        return block.getInt();
    }

    long i64() {
        return block.getLong();
    }

    long count() {
        long value = block.getLong();
        require(value >= 0, "a number is below zero: " + value);
        return value;
    }

    Duration micros() {
        return Duration.of(count(), ChronoUnit.MICROS);
    }

    String text(int longest) {
        int length = u8();
        require(length <= longest, "a text of " + length + " characters where " + longest + " is the longest");
        byte[] ascii = new byte[length];
        block.get(ascii);
        zeroes(longest - length);
        String text = new String(ascii, StandardCharsets.ISO_8859_1);
        require(text.chars().allMatch(BlockReader::isPrintable), "a text with an unprintable character");
        return text;
    }

    static boolean isPrintable(int character) {
        return character >= ' ' && character <= '~';
    }

    /** The pool of the block, which has to be {@code expected}. */
    PoolId pool(PoolId expected) {
        PoolId pool = pool();
        require(pool.equals(expected), "it belongs to pool " + pool + ", not to " + expected);
        return pool;
    }

    PoolId pool() {
        PoolId pool = new PoolId(text(Limits.POOL_ID_LENGTH));
        zeroes(7);
        return pool;
    }

    /** Which block of which host this is, which has to be the one that was read. */
    void place(String direction, HostId host, int index, int saidHost, int saidIndex) {
        require(
                saidHost == host.value() && saidIndex == index,
                "misplaced: it says that it is " + direction + " " + saidHost + "/" + saidIndex);
    }

    byte[] bytes(int count) {
        require(count >= 0 && count <= block.remaining(), count + " bytes where " + block.remaining() + " are left");
        byte[] value = new byte[count];
        block.get(value);
        return value;
    }

    void zeroes(int count) {
        for (int i = 0; i < count; i++) {
            require(block.get() == 0, "bytes that are kept for later versions are not zero");
        }
    }

    void zeroesTo(int to) {
        zeroes(to - block.position());
    }

    void zeroesToTheEnd() {
        zeroes(block.remaining());
    }
}
