package io.headroom.store.mailbox;

import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The bytes of a host's incoming block, after the {@link Frame}:
 *
 * <pre>
 *    64  host          4
 *    68  index         2
 *    70  zeroes        2
 *    72  answers      16  an incarnation: number 8, nonce 8
 *    88  sequence      8
 *    96  epoch         8
 *   104  zeroes      152
 *   256  replies    3840  20 of 192
 * </pre>
 *
 * A reply:
 *
 * <pre>
 *     0  status        1  0 no reply; the rest is then zero
 *     1  zeroes        7
 *     8  ticket        8
 *    16  size          8  bytes
 *    24  epoch         8
 *    32  zeroes      160
 * </pre>
 */
final class IncomingCodec {
    private static final int REPLIES_AT = 256;
    private static final int REPLY = 192;
    private static final int REPLY_IN_USE = 32;

    static {
        if (REPLIES_AT + REPLY * Limits.SLOTS_PER_BLOCK != Frame.SIZE) {
            throw new AssertionError("the replies do not fill the block");
        }
    }

    private IncomingCodec() {}

    static ByteBuffer encode(IncomingBlock block) {
        return Frame.encode(Frame.Kind.INCOMING, out -> {
            out.pool(block.pool());
            out.u32(block.host().value());
            out.u16(block.index());
            out.zeroes(2);
            out.i64(block.answers().number());
            out.i64(block.answers().nonce());
            out.count(block.sequence());
            out.i64(block.epoch().value());
            out.zeroesTo(REPLIES_AT);
            for (Optional<Reply> reply : block.replies()) {
                reply.ifPresentOrElse(given -> write(given, out), () -> out.zeroes(REPLY));
            }
        });
    }

    private static void write(Reply reply, BlockWriter out) {
        out.u8(reply.status().code());
        out.zeroes(7);
        out.i64(reply.ticket().value());
        out.i64(reply.size().value());
        out.i64(reply.epoch().value());
        out.zeroes(REPLY - REPLY_IN_USE);
    }

    static Decoded<IncomingBlock> decode(ByteBuffer block, PoolId pool, HostId host, int index) {
        return Frame.decode(Frame.Kind.INCOMING, block, in -> {
            in.pool(pool);
            in.place("incoming", host, index, in.u32(), in.u16());
            in.zeroes(2);
            Incarnation answers = new Incarnation(in.i64(), in.i64());
            long sequence = in.count();
            Epoch epoch = new Epoch(in.i64());
            in.zeroesTo(REPLIES_AT);
            List<Optional<Reply>> replies = new ArrayList<>(Limits.SLOTS_PER_BLOCK);
            for (int i = 0; i < Limits.SLOTS_PER_BLOCK; i++) {
                replies.add(readReply(in));
            }
            return new IncomingBlock(pool, host, index, answers, sequence, epoch, replies);
        });
    }

    private static Optional<Reply> readReply(BlockReader in) {
        int code = in.u8();
        if (code == 0) {
            in.zeroes(REPLY - 1);
            return Optional.empty();
        }
        in.zeroes(7);
        Ticket ticket = new Ticket(in.i64());
        Bytes size = Bytes.of(in.i64());
        Epoch epoch = new Epoch(in.i64());
        in.zeroes(REPLY - REPLY_IN_USE);
        return Optional.of(new Reply(ticket, status(in, code), size, epoch));
    }

    private static Reply.Status status(BlockReader in, int code) {
        for (Reply.Status status : Reply.Status.values()) {
            if (status.code() == code) {
                return status;
            }
        }
        throw in.refused("a reply of the unknown status " + code);
    }
}
