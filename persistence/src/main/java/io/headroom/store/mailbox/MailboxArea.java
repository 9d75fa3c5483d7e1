package io.headroom.store.mailbox;

import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.port.HeaderStore;
import io.headroom.port.HostMail;
import io.headroom.port.PoolLog;
import io.headroom.port.SpmMail;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.block.Blocks;
import io.headroom.store.block.DeviceException;
import io.headroom.store.event.PoolEventCodec;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The mailbox and the pool log of one pool on one device. The device is the caller's, who closes it. */
public final class MailboxArea {
    private static final int BLOCKS_AT_ONCE = BlockDevice.CHUNK / BlockDevice.BLOCK;

    private final Blocks device;
    private final Identity identity;

    private MailboxArea(Blocks device, Identity identity) {
        this.device = device;
        this.identity = identity;
    }

    /**
     * Makes the area of a new pool: every block is zeroed, so that a file has its space for good and no old bytes stand
     * anywhere, and the identity is written last, so that a half-made area is none. Refuses a device whose first block
     * is not all zeroes, and one that is too small; a file grows.
     */
    public static CompletionStage<MailboxArea> create(Blocks device, Identity identity) {
        return firstBlock(device)
                .thenCompose(first -> {
                    if (first instanceof Decoded.Good<Identity> taken) {
                        return refused(
                                device,
                                "has the mailbox of pool " + taken.value().pool()
                                        + " already; open that one, or name another device");
                    }
                    if (first instanceof Decoded.Bad<Identity>) {
                        return refused(
                                device,
                                "is not empty; if nothing on it is needed, zero its first " + BlockDevice.BLOCK
                                        + " bytes and try again");
                    }
                    return zero(device, identity.layout().blocks());
                })
                .thenCompose(zeroed -> device.write(Layout.IDENTITY, IdentityCodec.encode(identity)))
                .thenApply(written -> new MailboxArea(device, identity));
    }

    /** Opens the area of {@code pool}; fails with what is wrong where there is none, or not all of it. */
    public static CompletionStage<MailboxArea> open(Blocks device, PoolId pool) {
        return identify(device).thenCompose(identity -> {
            if (!identity.pool().equals(pool)) {
                return refused(
                        device,
                        "has the mailbox of pool " + identity.pool() + ", not of " + pool
                                + "; name the device of this pool");
            }
            return CompletableFuture.completedFuture(new MailboxArea(device, identity));
        });
    }

    /** Whose mailbox is on the device, all of whose blocks are there. */
    public static CompletionStage<Identity> identify(Blocks device) {
        return firstBlock(device).thenCompose(first -> {
            if (first instanceof Decoded.Blank<Identity>) {
                return refused(device, "has no mailbox; create the pool first, or name the device of its mailbox");
            }
            if (first instanceof Decoded.Bad<Identity> bad) {
                return refused(device, "has no mailbox that can be read: block 0: " + bad.cause());
            }
            return whole(device, ((Decoded.Good<Identity>) first).value());
        });
    }

    private static CompletionStage<Identity> whole(Blocks device, Identity identity) {
        try {
            long blocks = device.blocks();
            if (blocks < identity.layout().blocks()) {
                return refused(
                        device,
                        "ends after " + blocks + " blocks of " + BlockDevice.BLOCK
                                + " bytes, the mailbox on it has "
                                + identity.layout().blocks()
                                + "; it was cut off: restore its size, or create it anew");
            }
            return CompletableFuture.completedFuture(identity);
        } catch (DeviceException failed) {
            return CompletableFuture.failedFuture(failed);
        }
    }

    private static CompletionStage<Decoded<Identity>> firstBlock(Blocks device) {
        try {
            if (device.blocks() == 0) {
                return CompletableFuture.completedFuture(new Decoded.Blank<>());
            }
            return device.read(Layout.IDENTITY, 1).thenApply(IdentityCodec::decode);
        } catch (DeviceException failed) {
            return CompletableFuture.failedFuture(failed);
        }
    }

    private static CompletionStage<Void> zero(Blocks device, long blocks) {
        ByteBuffer zeroes = ByteBuffer.allocate(BlockDevice.CHUNK);
        CompletionStage<Void> done = CompletableFuture.completedFuture(null);
        for (long at = 0; at < blocks; at += BLOCKS_AT_ONCE) {
            long first = at;
            int length = (int) Math.min(BLOCKS_AT_ONCE, blocks - at) * BlockDevice.BLOCK;
            done = done.thenCompose(before -> device.write(first, zeroes.slice(0, length)));
        }
        return done;
    }

    private static <T> CompletionStage<T> refused(Blocks device, String why) {
        return CompletableFuture.failedFuture(new UnusableAreaException(device.name() + " " + why));
    }

    public Identity identity() {
        return identity;
    }

    /** The end of the mailbox of one host, to be used by that host alone. */
    public HostMail hostMail(HostId host) {
        return new StorageHostMail(device, identity, host);
    }

    /**
     * A new reader of what the hosts post, which has seen nothing yet. Any node may read with one of its own, such as
     * for the addresses and the signs of life of all hosts; only the SPM answers.
     */
    public SpmMail spmMail() {
        return new StorageSpmMail(device, identity);
    }

    public HeaderStore headerStore() {
        return new StorageHeader(device, identity);
    }

    public PoolLog poolLog(PoolEventCodec events) {
        return new StoragePoolLog(device, identity, events);
    }
}
