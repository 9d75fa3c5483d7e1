package io.headroom.store.mailbox;

import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.model.Epoch;
import io.headroom.model.PoolId;
import io.headroom.port.PoolLog;
import io.headroom.store.event.PoolEventCodec;
import io.headroom.store.event.UnreadableEvent;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;

/**
 * The bytes of one place of the pool log, after the {@link Frame}:
 *
 * <pre>
 *    64  segment      4
 *    68  slot         4
 *    72  epoch        8
 *    80  sequence     8  from 1
 *    88  at          12  seconds of 1970 8, nanoseconds 4
 *   100  length       4  of the event, bytes
 *   104  manifest    65  text: what the event is
 *   169  zeroes      27
 *   196  event     3900  JSON, zeroes behind it
 * </pre>
 */
final class LogPlaceCodec {
    private static final int EVENT_AT = 196;
    private static final int MANIFEST_LENGTH = 64;

    static {
        if (EVENT_AT + PoolEventCodec.LARGEST != Frame.SIZE) {
            throw new AssertionError("the event does not fill the block");
        }
    }

    private final PoolId pool;
    private final PoolEventCodec events;

    LogPlaceCodec(PoolId pool, PoolEventCodec events) {
        this.pool = pool;
        this.events = events;
    }

    /** @throws IllegalArgumentException when the event is larger than {@link PoolEventCodec#LARGEST} */
    ByteBuffer encode(PoolLog.Place place, LogEntry entry) {
        String manifest = events.manifest(entry.event());
        byte[] event = events.encode(entry.event());
        if (entry.sequence() < 1) {
            throw new IllegalArgumentException("the entry " + entry.position() + "; allowed are sequences from 1");
        }
        return Frame.encode(Frame.Kind.LOG, out -> {
            out.pool(pool);
            out.u32(place.segment());
            out.u32(place.slot());
            out.i64(entry.epoch().value());
            out.i64(entry.sequence());
            out.i64(entry.at().getEpochSecond());
            out.u32(entry.at().getNano());
            out.u32(event.length);
            out.text(manifest, MANIFEST_LENGTH);
            out.zeroesTo(EVENT_AT);
            out.bytes(event);
        });
    }

    Decoded<LogEntry> decode(ByteBuffer block, PoolLog.Place place) {
        return Frame.decode(Frame.Kind.LOG, block, in -> {
            in.pool(pool);
            PoolLog.Place said = new PoolLog.Place(in.u32(), in.u32());
            in.require(said.equals(place), "misplaced: it says that it is " + said);
            Epoch epoch = new Epoch(in.i64());
            long sequence = in.count();
            in.require(sequence > 0, "a sequence of 0, where the first is 1");
            Instant at = instant(in, in.i64(), in.u32());
            int length = in.u32();
            String manifest = in.text(MANIFEST_LENGTH);
            in.zeroesTo(EVENT_AT);
            return new LogEntry(epoch, sequence, at, event(in, manifest, in.bytes(length)));
        });
    }

    private static Instant instant(BlockReader in, long seconds, int nanos) {
        in.require(nanos >= 0 && nanos < 1_000_000_000, nanos + " nanoseconds of a second");
        try {
            return Instant.ofEpochSecond(seconds, nanos);
        } catch (DateTimeException outOfRange) {
            throw in.refused(outOfRange.getMessage());
        }
    }

    private PoolEvent event(BlockReader in, String manifest, byte[] json) {
        try {
            return events.decode(manifest, json);
        } catch (UnreadableEvent unreadable) {
            throw in.refused(unreadable.getMessage());
        }
    }
}
