package io.headroom.store.mailbox;

import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import java.nio.ByteBuffer;

/**
 * The bytes of the identity, after the {@link Frame}:
 *
 * <pre>
 *   64  hosts             4
 *   68  segments          4
 *   72  places            4
 *   76  blocks of a host  2  16
 *   78  slots of a block  2  20
 * </pre>
 */
final class IdentityCodec {
    private IdentityCodec() {}

    static ByteBuffer encode(Identity identity) {
        return Frame.encode(Frame.Kind.IDENTITY, out -> {
            out.pool(identity.pool());
            out.u32(identity.layout().hosts());
            out.u32(identity.layout().segments());
            out.u32(identity.layout().places());
            out.u16(Limits.BLOCKS_PER_HOST);
            out.u16(Limits.SLOTS_PER_BLOCK);
        });
    }

    static Decoded<Identity> decode(ByteBuffer block) {
        return Frame.decode(Frame.Kind.IDENTITY, block, in -> {
            PoolId pool = in.pool();
            Layout layout = new Layout(in.u32(), in.u32(), in.u32());
            int blocks = in.u16();
            int slots = in.u16();
            in.require(
                    blocks == Limits.BLOCKS_PER_HOST && slots == Limits.SLOTS_PER_BLOCK,
                    "it was made with " + blocks + " blocks of " + slots + " slots for a host, this program knows "
                            + Limits.BLOCKS_PER_HOST + " of " + Limits.SLOTS_PER_BLOCK);
            return new Identity(pool, layout);
        });
    }
}
