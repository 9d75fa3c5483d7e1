package io.headroom.store.mailbox;

import io.headroom.store.block.BlockDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.zip.CRC32C;

/**
 * What every block of the area has in common, little-endian:
 *
 * <pre>
 *    0  magic     4  "HDRM"
 *    4  version   2  1
 *    6  kind      2  see {@link Kind}
 *    8  checksum  4  CRC32C of all 4096 bytes, with zeroes here
 *   12  zeroes    4
 *   16  pool     41  text: one byte of length, ASCII, zeroes up to its longest
 *   57  zeroes    7
 *   64  what the kind says, and zeroes to the end
 * </pre>
 *
 * <p>The first 12 bytes keep their meaning in every version, so that a block from a newer one can say so. A block is
 * one unit: where the storage tears a write at a sector, the checksum tells.
 */
final class Frame {
    static final int SIZE = BlockDevice.BLOCK;

    private static final int MAGIC = 'H' | 'D' << 8 | 'R' << 16 | 'M' << 24;
    private static final int VERSION = 1;
    private static final int CHECKSUM_AT = 8;
    private static final int CHECKSUM_SIZE = 4;
    private static final ByteBuffer ZEROES = ByteBuffer.allocate(SIZE).asReadOnlyBuffer();

    private Frame() {}

    /** The code is stored; it never changes its meaning. */
    enum Kind {
        IDENTITY(1),
        HEADER(2),
        OUTGOING(3),
        INCOMING(4),
        LOG(5);

        private final int code;

        Kind(int code) {
            this.code = code;
        }
    }

    /** A fresh block; {@code body} begins with the pool. */
    static ByteBuffer encode(Kind kind, Consumer<BlockWriter> body) {
        ByteBuffer block = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        BlockWriter out = new BlockWriter(block);
        out.u32(MAGIC);
        out.u16(VERSION);
        out.u16(kind.code);
        out.zeroes(CHECKSUM_SIZE + 4);
        body.accept(out);
        block.rewind();
        block.putInt(CHECKSUM_AT, checksum(block));
        return block;
    }

    /** Never throws for what the bytes say: all that {@code body} refuses is {@link Decoded.Bad}. */
    static <T> Decoded<T> decode(Kind kind, ByteBuffer bytes, Function<BlockReader, T> body) {
        ByteBuffer block = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (block.remaining() != SIZE) {
            throw new IllegalArgumentException("a block has " + SIZE + " bytes, not " + block.remaining());
        }
        if (block.mismatch(ZEROES) < 0) {
            return new Decoded.Blank<>();
        }
        BlockReader in = new BlockReader(block);
        try {
            in.require(in.u32() == MAGIC, "it is not a block of Headroom: the magic number is not there");
            int version = in.u16();
            int code = in.u16();
            in.require(in.u32() == checksum(block), "torn or damaged: the checksum does not fit the bytes");
            in.require(
                    version == VERSION,
                    "written in version " + version + " of the format, this program knows " + VERSION
                            + (version > VERSION ? "; upgrade this node" : ""));
            in.require(code == kind.code, "it is a block of kind " + code + ", not " + kind.code);
            in.zeroes(4);
            T value = body.apply(in);
            in.zeroesToTheEnd();
            return new Decoded.Good<>(value);
        } catch (BlockReader.Refused refused) {
            return new Decoded.Bad<>(refused.getMessage());
        } catch (IllegalArgumentException | ArithmeticException outOfRange) {
            return new Decoded.Bad<>("a value is out of range: " + outOfRange.getMessage());
        }
    }

    private static int checksum(ByteBuffer block) {
        CRC32C crc = new CRC32C();
        crc.update(block.slice(0, CHECKSUM_AT));
        crc.update(ZEROES.slice(0, CHECKSUM_SIZE));
        int rest = CHECKSUM_AT + CHECKSUM_SIZE;
        crc.update(block.slice(rest, SIZE - rest));
        return (int) crc.getValue();
    }
}
