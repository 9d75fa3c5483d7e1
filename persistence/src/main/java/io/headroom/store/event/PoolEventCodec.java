package io.headroom.store.event;

import static java.util.Map.entry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headroom.ledger.PoolEvent;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A pool event as JSON with a manifest that names its kind and version, such as {@code volume-extended.1}: what the
 * pool log and the journal store. A manifest is never a class name, and is never given to another format. Durations
 * are kept in whole microseconds. Safe for use by several threads.
 */
public final class PoolEventCodec {
    /** The most bytes of one event, what a place in the pool log has room for. */
    public static final int LARGEST = 3_900;

    /** The present format of each kind. An older one is brought up to it by {@link OlderFormats}. */
    private static final Map<Class<? extends PoolEvent>, String> WRITTEN = Map.ofEntries(
            entry(PoolEvent.PoolCreated.class, "pool-created.1"),
            entry(PoolEvent.VolumeCreated.class, "volume-created.1"),
            entry(PoolEvent.TakeoverIntended.class, "takeover-intended.1"),
            entry(PoolEvent.TakenOver.class, "taken-over.1"),
            entry(PoolEvent.SteppedDown.class, "stepped-down.1"),
            entry(PoolEvent.ExtensionIntended.class, "extension-intended.1"),
            entry(PoolEvent.VolumeExtended.class, "volume-extended.1"),
            entry(PoolEvent.ExtensionFoundDone.class, "extension-found-done.1"),
            entry(PoolEvent.ExtensionAbandoned.class, "extension-abandoned.1"),
            entry(PoolEvent.RequestHeld.class, "request-held.1"),
            entry(PoolEvent.HostFinished.class, "host-finished.1"),
            entry(PoolEvent.OrderIntended.class, "order-intended.1"),
            entry(PoolEvent.OrderCarried.class, "order-carried.1"),
            entry(PoolEvent.OrderAbandoned.class, "order-abandoned.1"),
            entry(PoolEvent.OrderRecalled.class, "order-recalled.1"),
            entry(PoolEvent.LunLost.class, "lun-lost.1"),
            entry(PoolEvent.LunRecovered.class, "lun-recovered.1"),
            entry(PoolEvent.SizeFound.class, "size-found.1"),
            entry(PoolEvent.LevelChanged.class, "level-changed.1"),
            entry(PoolEvent.JournalReplaced.class, "journal-replaced.1"),
            entry(PoolEvent.Coalesced.class, "coalesced.2"));

    private static final Map<String, Class<? extends PoolEvent>> READABLE =
            WRITTEN.entrySet().stream().collect(Collectors.toUnmodifiableMap(Map.Entry::getValue, Map.Entry::getKey));

    private final ObjectMapper json = EventJson.mapper();

    /** The kind and version of the bytes that {@link #encode} makes of the event. */
    public String manifest(PoolEvent event) {
        String manifest = WRITTEN.get(event.getClass());
        if (manifest == null) {
            throw new AssertionError("unhandled " + event.getClass());
        }
        return manifest;
    }

    /**
     * @return at most {@link #LARGEST} bytes of UTF-8
     * @throws IllegalArgumentException where the event is larger than that
     */
    public byte[] encode(PoolEvent event) {
        byte[] bytes;
        try {
            bytes = json.writeValueAsBytes(event);
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("cannot write " + event, impossible);
        }
        if (bytes.length > LARGEST) {
            throw new IllegalArgumentException("an event of the kind " + manifest(event) + " has " + bytes.length
                    + " bytes; the most is " + LARGEST);
        }
        return bytes;
    }

    /** @throws UnreadableEvent where the manifest is unknown or the bytes are not what it promises */
    public PoolEvent decode(String manifest, byte[] bytes) {
        return OlderFormats.has(manifest)
                ? older(manifest, () -> json.readTree(bytes))
                : decode(manifest, kind -> json.readValue(bytes, kind));
    }

    JsonNode tree(PoolEvent event) {
        return json.valueToTree(event);
    }

    PoolEvent decode(String manifest, JsonNode tree) {
        return OlderFormats.has(manifest)
                ? older(manifest, () -> tree)
                : decode(manifest, kind -> json.treeToValue(tree, kind));
    }

    private PoolEvent older(String manifest, OlderFormats.Source tree) {
        return decode(OlderFormats.successor(manifest), OlderFormats.upgraded(manifest, tree));
    }

    private static PoolEvent decode(String manifest, Reading reading) {
        Class<? extends PoolEvent> kind = READABLE.get(manifest);
        if (kind == null) {
            throw new UnreadableEvent(manifest, "this version knows no such event; use a newer one", null);
        }
        try {
            PoolEvent event = reading.read(kind);
            if (event == null) {
                throw new IllegalArgumentException("it is null");
            }
            return event;
        } catch (IOException | RuntimeException damaged) {
            throw new UnreadableEvent(manifest, String.valueOf(damaged.getMessage()), damaged);
        }
    }

    @FunctionalInterface
    private interface Reading {
        PoolEvent read(Class<? extends PoolEvent> kind) throws IOException;
    }
}
