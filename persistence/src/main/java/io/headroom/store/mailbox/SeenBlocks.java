package io.headroom.store.mailbox;

import io.headroom.mailbox.Damage;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import io.headroom.port.SpmMail;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one reader has seen of the outgoing blocks, and which of it is news. A block is news when its bytes differ from
 * those of its last good image; its last good image stays while it is bad. News stands until it is taken, so that a
 * scan that fails half-way loses none, and damage stands until it is mended.
 *
 * <p>Not thread-safe. A block that did not change costs a comparison and no memory.
 */
final class SeenBlocks {
    private static final ByteBuffer BLANK = ByteBuffer.allocate(Frame.SIZE).asReadOnlyBuffer();

    /** Unlike any block. */
    private static final ByteBuffer UNREADABLE = ByteBuffer.allocate(0);

    private final PoolId pool;
    private final ByteBuffer[] good;
    /** What was reported as bad; null where the block is not known to be bad. */
    private final ByteBuffer[] bad;

    private final int[] inUse;
    private final Map<Integer, OutgoingBlock> changed = new TreeMap<>();
    private final Map<Integer, Damage> damaged = new TreeMap<>();

    SeenBlocks(Identity identity) {
        int hosts = identity.layout().hosts();
        this.pool = identity.pool();
        this.good = new ByteBuffer[hosts * Limits.BLOCKS_PER_HOST];
        this.bad = new ByteBuffer[good.length];
        this.inUse = new int[hosts];
        Arrays.fill(good, BLANK);
        Arrays.fill(inUse, 1);
    }

    /** How many blocks the host uses, as its first one said. */
    int inUse(int host) {
        return inUse[host - 1];
    }

    /** Looks at the block that stands between position and limit of {@code bytes}. */
    void see(int host, int index, ByteBuffer bytes) {
        int at = (host - 1) * Limits.BLOCKS_PER_HOST + index;
        if (bytes.mismatch(good[at]) < 0) {
            if (bad[at] != null) {
                bad[at] = null;
                damaged.remove(at);
            }
        } else if (bad[at] == null || bytes.mismatch(bad[at]) >= 0) {
            note(at, new HostId(host), index, bytes);
        }
    }

    private void note(int at, HostId host, int index, ByteBuffer bytes) {
        Decoded<OutgoingBlock> decoded = OutgoingCodec.decode(bytes, pool, host, index);
        if (decoded instanceof Decoded.Good<OutgoingBlock> sound) {
            good[at] = copy(bytes);
            bad[at] = null;
            changed.put(at, sound.value());
            damaged.remove(at);
            if (index == 0) {
                use(host.value(), sound.value().inUse());
            }
        } else {
            bad[at] = copy(bytes);
            String cause = decoded instanceof Decoded.Bad<OutgoingBlock> unsound
                    ? unsound.cause()
                    : "it was written before and is all zeroes now";
            damaged.put(at, new Damage("outgoing " + host + "/" + index, cause));
        }
    }

    /** The device cannot read the block. */
    void miss(int host, int index, String cause) {
        int at = (host - 1) * Limits.BLOCKS_PER_HOST + index;
        bad[at] = UNREADABLE;
        damaged.put(
                at,
                new Damage("outgoing " + host + "/" + index, "the mail of host " + host + " cannot be read: " + cause));
    }

    private void use(int host, int blocks) {
        inUse[host - 1] = blocks;
        for (int index = blocks; index < Limits.BLOCKS_PER_HOST; index++) {
            int at = (host - 1) * Limits.BLOCKS_PER_HOST + index;
            bad[at] = null;
            damaged.remove(at);
        }
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(Frame.SIZE).put(bytes.duplicate()).flip();
    }

    /** The news since the last time, and what is damaged now, in the order of hosts and blocks. */
    SpmMail.Collected take() {
        SpmMail.Collected news =
                new SpmMail.Collected(new ArrayList<>(changed.values()), new ArrayList<>(damaged.values()));
        changed.clear();
        return news;
    }
}
