package io.headroom.node.mailbox;

import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.model.Epoch;
import io.headroom.port.PoolLog;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.event.PoolEventCodec;
import io.headroom.store.mailbox.Identity;
import io.headroom.store.mailbox.Layout;
import io.headroom.store.mailbox.MailboxArea;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** The mailbox of a pool that comes to be, with the first entries of its log. */
public final class NewMailbox {
    /** A pool comes to be before its first tenure. */
    private static final Epoch BEFORE_THE_FIRST = Epoch.NONE;

    private static final int SEGMENTS = 8;
    private static final int PLACES = 512;

    private NewMailbox() {}

    /**
     * @param hosts how many hosts it has blocks for, with the ids 1 to {@code hosts}
     * @param events how many the pool begins with
     * @throws IllegalArgumentException where either is too many
     */
    public static Layout layout(int hosts, int events) {
        int places = Math.max(PLACES, events);
        if (places > Layout.MOST_PLACES) {
            throw new IllegalArgumentException(
                    "a pool cannot begin with " + events + " events; allowed are " + Layout.MOST_PLACES);
        }
        return new Layout(hosts, SEGMENTS, places);
    }

    /** Writes all of it; until that is done, the device has no mailbox. Blocks. */
    public static void write(BlockDevice device, Identity identity, List<PoolEvent> events, Instant now)
            throws IOException {
        PoolLog log = done(MailboxArea.create(device, identity)).poolLog(new PoolEventCodec());
        for (int place = 0; place < events.size(); place++) {
            done(log.write(
                    new PoolLog.Place(0, place), new LogEntry(BEFORE_THE_FIRST, place + 1L, now, events.get(place))));
        }
    }

    private static <T> T done(CompletionStage<T> stage) throws IOException {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException failed) {
            throw new IOException(failed.getCause().getMessage(), failed.getCause());
        }
    }
}
