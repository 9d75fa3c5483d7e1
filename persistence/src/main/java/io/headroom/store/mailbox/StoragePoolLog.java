package io.headroom.store.mailbox;

import io.headroom.ledger.LogEntry;
import io.headroom.mailbox.Damage;
import io.headroom.port.PoolLog;
import io.headroom.store.block.Blocks;
import io.headroom.store.event.PoolEventCodec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The pool log in its places, one block each. */
final class StoragePoolLog implements PoolLog {
    private final Blocks device;
    private final Layout layout;
    private final LogPlaceCodec codec;

    StoragePoolLog(Blocks device, Identity identity, PoolEventCodec events) {
        this.device = device;
        this.layout = identity.layout();
        this.codec = new LogPlaceCodec(identity.pool(), events);
    }

    @Override
    public CompletionStage<Contents> read() {
        List<Placed> entries = new ArrayList<>();
        List<Damage> damages = new ArrayList<>();
        return device.scan(layout.log(), layout.segments() * layout.places(), (first, bytes) -> {
                    for (int i = 0; i < bytes.limit() / Frame.SIZE; i++) {
                        look(layout.placeAt(first + i), bytes.slice(i * Frame.SIZE, Frame.SIZE), entries, damages);
                    }
                })
                .thenApply(read -> new Contents(layout.segments(), layout.places(), entries, damages));
    }

    private void look(Place place, ByteBuffer bytes, List<Placed> entries, List<Damage> damages) {
        Decoded<LogEntry> decoded = codec.decode(bytes, place);
        if (decoded instanceof Decoded.Good<LogEntry> good) {
            entries.add(new Placed(place, good.value()));
        } else if (decoded instanceof Decoded.Bad<LogEntry> bad) {
            damages.add(new Damage("log " + place.segment() + "/" + place.slot(), bad.cause()));
        }
    }

    @Override
    public CompletionStage<Void> write(Place place, LogEntry entry) {
        return device.write(layout.log(place), codec.encode(place, entry));
    }
}
