package io.headroom.store.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headroom.ledger.Ledger;
import io.headroom.ledger.LedgerEvent;
import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.model.Epoch;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * The ledger's events and snapshots as JSON for the journal. A record of the pool log keeps its own manifest behind
 * the envelope's: {@code recorded.1/volume-extended.1}. Neither the manifests nor {@link #identifier()} ever change
 * their meaning.
 */
public final class LedgerEventSerializer extends SerializerWithStringManifest {
    private static final int IDENTIFIER = 722_001;
    private static final String RECORDED = "recorded.1/";

    private static final Map<Class<?>, String> WRITTEN = Map.of(
            LedgerEvent.JournalOpened.class, "journal-opened.1",
            LedgerEvent.Hole.class, "hole.1",
            LedgerEvent.Voided.class, "voided.1",
            Ledger.class, "ledger.2");

    private static final Map<String, Class<?>> READABLE = Map.of(
            "journal-opened.1", LedgerEvent.JournalOpened.class,
            "hole.1", LedgerEvent.Hole.class,
            "voided.1", LedgerEvent.Voided.class,
            "ledger.2", Ledger.class);

    private final PoolEventCodec events = new PoolEventCodec();
    private final ObjectMapper json = EventJson.mapper();

    /** The stored form of {@link LedgerEvent.Recorded}. */
    private record Recorded(Epoch epoch, long sequence, Instant at, long known, JsonNode event) {}

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object value) {
        if (value instanceof LedgerEvent.Recorded recorded) {
            return RECORDED + events.manifest(recorded.entry().event());
        }
        String manifest = WRITTEN.get(value.getClass());
        if (manifest == null) {
            throw new AssertionError("unhandled " + value.getClass());
        }
        return manifest;
    }

    @Override
    public byte[] toBinary(Object value) {
        try {
            return json.writeValueAsBytes(value instanceof LedgerEvent.Recorded recorded ? stored(recorded) : value);
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("cannot write " + value, impossible);
        }
    }

    /** @throws UnreadableEvent where the manifest is unknown or the bytes are not what it promises */
    @Override
    public Object fromBinary(byte[] bytes, String manifest) {
        if (manifest.startsWith(RECORDED)) {
            Recorded stored = read(manifest, () -> json.readValue(bytes, Recorded.class));
            PoolEvent event = events.decode(manifest.substring(RECORDED.length()), stored.event());
            return new LedgerEvent.Recorded(
                    new LogEntry(stored.epoch(), stored.sequence(), stored.at(), event), stored.known());
        }
        if (OlderFormats.has(manifest)) {
            JsonNode upgraded = OlderFormats.upgraded(manifest, () -> json.readTree(bytes));
            Class<?> kind = READABLE.get(OlderFormats.successor(manifest));
            return read(manifest, () -> json.treeToValue(upgraded, kind));
        }
        Class<?> kind = READABLE.get(manifest);
        if (kind == null) {
            throw new UnreadableEvent(manifest, "this version knows no such event; use a newer one", null);
        }
        return read(manifest, () -> json.readValue(bytes, kind));
    }

    @FunctionalInterface
    private interface Reading<T> {
        T read() throws IOException;
    }

    private static <T> T read(String manifest, Reading<T> reading) {
        try {
            T value = reading.read();
            if (value == null) {
                throw new IllegalArgumentException("it is null");
            }
            return value;
        } catch (IOException | RuntimeException damaged) {
            throw new UnreadableEvent(manifest, String.valueOf(damaged.getMessage()), damaged);
        }
    }

    private Recorded stored(LedgerEvent.Recorded recorded) {
        LogEntry entry = recorded.entry();
        return new Recorded(entry.epoch(), entry.sequence(), entry.at(), recorded.known(), events.tree(entry.event()));
    }
}
