package io.headroom.store.mailbox;

import io.headroom.mailbox.Damage;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.port.Cause;
import io.headroom.port.HeaderStore;
import io.headroom.port.HostMail;
import io.headroom.store.block.Blocks;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** One host's blocks. */
final class StorageHostMail implements HostMail {
    private final Blocks device;
    private final PassableBlocks incoming;
    private final Identity identity;
    private final HostId host;

    StorageHostMail(Blocks device, Identity identity, HostId host) {
        this.device = device;
        this.incoming = new PassableBlocks(device);
        this.identity = identity;
        this.host = host;
        // Refuses a host that this mailbox has no blocks for.
        identity.layout().outgoing(host, 0);
    }

    @Override
    public CompletionStage<Void> post(OutgoingBlock block) {
        if (!block.host().equals(host) || !block.pool().equals(identity.pool())) {
            throw new IllegalArgumentException("a block of host " + block.host() + " in pool " + block.pool()
                    + " posted by host " + host + " in pool " + identity.pool());
        }
        return device.write(identity.layout().outgoing(host, block.index()), OutgoingCodec.encode(block));
    }

    @Override
    public CompletionStage<Void> ring() {
        return device.write(Layout.BELL, BellBlock.rung(host));
    }

    @Override
    public CompletionStage<Arrived> read(int blocks) {
        if (blocks < 0 || blocks > Limits.BLOCKS_PER_HOST) {
            throw new IllegalArgumentException(
                    "a host has " + Limits.BLOCKS_PER_HOST + " incoming blocks, not " + blocks);
        }
        Arriving arriving = new Arriving();
        CompletionStage<Void> done = device.scan(Layout.HEADER, 1, (at, bytes) -> arriving.header(bytes));
        if (blocks > 0) {
            done = done.thenCompose(header -> read(0, 1, arriving));
        }
        if (blocks > 1) {
            done = done.thenCompose(first -> read(1, blocks - 1, arriving));
        }
        return done.thenApply(all -> arriving.arrived());
    }

    private CompletionStage<Void> read(int firstIndex, int count, Arriving arriving) {
        long base = identity.layout().incoming(host, firstIndex);
        return incoming.scan(
                base,
                count,
                (at, bytes) -> arriving.blocks(firstIndex + (int) (at - base), bytes),
                (at, cause) -> arriving.miss(firstIndex + (int) (at - base), cause));
    }

    @Override
    public CompletionStage<Left> previous() {
        // A bad sector is mended by writing it, which only this host does: it must not keep the host from starting.
        return device.read(identity.layout().outgoing(host, 0), 1)
                .thenApply(this::left)
                .exceptionallyCompose(failure -> device.read(Layout.IDENTITY, 1)
                        .thenApply(deviceIsThere -> damaged("it cannot be read: " + Cause.of(failure))));
    }

    private Left left(ByteBuffer bytes) {
        Decoded<OutgoingBlock> left = OutgoingCodec.decode(bytes, identity.pool(), host, 0);
        if (left instanceof Decoded.Good<OutgoingBlock> good) {
            return new Left(Optional.of(good.value()), Optional.empty());
        }
        return left instanceof Decoded.Bad<OutgoingBlock> bad
                ? damaged(bad.cause())
                : new Left(Optional.empty(), Optional.empty());
    }

    private Left damaged(String cause) {
        return new Left(Optional.empty(), Optional.of(new Damage("outgoing " + host + "/0", cause)));
    }

    /** One reading, as far as it got. */
    private final class Arriving {
        private Optional<Header> header = Optional.empty();
        private final List<IncomingBlock> blocks = new ArrayList<>();
        private final List<Damage> damages = new ArrayList<>();

        void header(ByteBuffer bytes) {
            HeaderStore.Found found = StorageHeader.found(HeaderCodec.decode(bytes, identity.pool()));
            header = found.header();
            found.damage().ifPresent(damages::add);
        }

        /** A host's blocks always fit one chunk. */
        void blocks(int from, ByteBuffer bytes) {
            for (int i = 0; i < bytes.limit() / Frame.SIZE; i++) {
                int index = from + i;
                Decoded<IncomingBlock> decoded =
                        IncomingCodec.decode(bytes.slice(i * Frame.SIZE, Frame.SIZE), identity.pool(), host, index);
                if (decoded instanceof Decoded.Good<IncomingBlock> good) {
                    blocks.add(good.value());
                } else if (decoded instanceof Decoded.Bad<IncomingBlock> bad) {
                    damages.add(new Damage("incoming " + host + "/" + index, bad.cause()));
                }
            }
        }

        void miss(int index, String cause) {
            damages.add(new Damage("incoming " + host + "/" + index, "it cannot be read: " + cause));
        }

        Arrived arrived() {
            return new Arrived(header, List.copyOf(blocks), List.copyOf(damages));
        }
    }
}
