package io.headroom.store.mailbox;

import io.headroom.mailbox.Damage;
import io.headroom.mailbox.Header;
import io.headroom.port.HeaderStore;
import io.headroom.store.block.Blocks;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The header in its block. */
final class StorageHeader implements HeaderStore {
    private final Blocks device;
    private final Identity identity;

    StorageHeader(Blocks device, Identity identity) {
        this.device = device;
        this.identity = identity;
    }

    @Override
    public CompletionStage<Found> read() {
        return device.read(Layout.HEADER, 1).thenApply(bytes -> found(HeaderCodec.decode(bytes, identity.pool())));
    }

    static Found found(Decoded<Header> decoded) {
        if (decoded instanceof Decoded.Good<Header> good) {
            return new Found(Optional.of(good.value()), Optional.empty());
        }
        if (decoded instanceof Decoded.Bad<Header> bad) {
            return new Found(Optional.empty(), Optional.of(new Damage("header", bad.cause())));
        }
        return new Found(Optional.empty(), Optional.empty());
    }

    @Override
    public CompletionStage<Void> write(Header header) {
        if (!header.pool().equals(identity.pool())) {
            throw new IllegalArgumentException("a header of pool " + header.pool() + " for pool " + identity.pool());
        }
        return device.write(Layout.HEADER, HeaderCodec.encode(header));
    }
}
