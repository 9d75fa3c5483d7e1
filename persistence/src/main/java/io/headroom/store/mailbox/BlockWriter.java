package io.headroom.store.mailbox;

import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Writes the fields of a block one after the other. A value that the format has no room for is refused. */
final class BlockWriter {
    private static final Duration LONGEST = Duration.ofSeconds(Long.MAX_VALUE / 1_000_000);

    private final ByteBuffer block;

    BlockWriter(ByteBuffer block) {
        this.block = block;
    }

    void u8(int value) {
        block.put((byte) checked(value, 0xff));
    }

    void u16(int value) {
        block.putShort((short) checked(value, 0xffff));
    }

    void u32(int value) {
        block.putInt(value);
    }

    void i64(long value) {
        block.putLong(value);
    }

    /** A number that never falls below zero. */
    void count(long value) {
        if (value < 0) {
            throw new IllegalArgumentException(value + " is below zero");
        }
        block.putLong(value);
    }

    /** In whole microseconds; less than none is none, and more than 292,000 years are so many. */
    void micros(Duration value) {
        Duration kept = value.isNegative() ? Duration.ZERO : value.compareTo(LONGEST) > 0 ? LONGEST : value;
        block.putLong(kept.toSeconds() * 1_000_000 + kept.toNanosPart() / 1_000);
    }

    /** One byte of length, printable ASCII, zeroes up to the longest. */
    void text(String value, int longest) {
        if (value.length() > longest || !value.chars().allMatch(BlockReader::isPrintable)) {
            throw new IllegalArgumentException(
                    "the text \"" + value + "\"; allowed are up to " + longest + " printable ASCII characters");
        }
        u8(value.length());
        block.put(value.getBytes(StandardCharsets.US_ASCII));
        zeroes(longest - value.length());
    }

    void pool(PoolId pool) {
        text(pool.value(), Limits.POOL_ID_LENGTH);
        zeroes(7);
    }

    void bytes(byte[] value) {
        block.put(value);
    }

    void zeroes(int count) {
        block.position(block.position() + count);
    }

    /** Leaves zeroes up to the offset {@code to} of the block. */
    void zeroesTo(int to) {
        zeroes(to - block.position());
    }

    private static int checked(int value, int most) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(value + " is not within 0 to " + most);
        }
        return value;
    }
}
