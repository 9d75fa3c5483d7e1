package io.headroom.store.mailbox;

import io.headroom.mailbox.Header;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import java.nio.ByteBuffer;

/**
 * The bytes of the header, after the {@link Frame}:
 *
 * <pre>
 *    64  SPM        4  host id
 *    68  zeroes     4
 *    72  epoch      8
 *    80  beat       8
 *    88  address   73  text
 *   161  journal   41  text
 *   202  zeroes     6
 *   208  journaled  8
 *   216  ledgered  16  an entry of the pool log: epoch 8, sequence 8
 * </pre>
 */
final class HeaderCodec {
    private HeaderCodec() {}

    static ByteBuffer encode(Header header) {
        return Frame.encode(Frame.Kind.HEADER, out -> {
            out.pool(header.pool());
            out.u32(header.spm().value());
            out.zeroes(4);
            out.i64(header.epoch().value());
            out.count(header.beat());
            out.text(header.address(), Limits.ADDRESS_LENGTH);
            out.text(header.journal(), Limits.POOL_ID_LENGTH);
            out.zeroes(6);
            out.count(header.journaled());
            out.i64(header.ledgered().epoch().value());
            out.count(header.ledgered().sequence());
        });
    }

    static Decoded<Header> decode(ByteBuffer block, PoolId expected) {
        return Frame.decode(Frame.Kind.HEADER, block, in -> {
            PoolId pool = in.pool(expected);
            HostId spm = new HostId(in.u32());
            in.zeroes(4);
            Epoch epoch = new Epoch(in.i64());
            long beat = in.count();
            String address = in.text(Limits.ADDRESS_LENGTH);
            String journal = in.text(Limits.POOL_ID_LENGTH);
            in.zeroes(6);
            long journaled = in.count();
            LogPosition ledgered = new LogPosition(new Epoch(in.i64()), in.count());
            return new Header(pool, epoch, beat, spm, address, journal, journaled, ledgered);
        });
    }
}
