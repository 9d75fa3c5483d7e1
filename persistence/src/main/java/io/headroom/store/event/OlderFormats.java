package io.headroom.store.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import java.util.function.Consumer;

/** Formats that are no longer written, and what each of them lacks of its successor. */
final class OlderFormats {
    private record Upgrade(String successor, Consumer<ObjectNode> missing) {}

    private static final Map<String, Upgrade> UPGRADES = Map.of(
            "coalesced.1", new Upgrade("coalesced.2", OlderFormats::addAfter),
            "ledger.1", new Upgrade("ledger.2", OlderFormats::dropUnsealed));

    private OlderFormats() {}

    @FunctionalInterface
    interface Source {
        JsonNode tree() throws IOException;
    }

    static boolean has(String manifest) {
        return UPGRADES.containsKey(manifest);
    }

    static String successor(String manifest) {
        return UPGRADES.get(manifest).successor();
    }

    /** @throws UnreadableEvent where the bytes are not what the manifest promises */
    static JsonNode upgraded(String manifest, Source source) {
        try {
            ObjectNode tree = source.tree().deepCopy();
            UPGRADES.get(manifest).missing().accept(tree);
            return tree;
        } catch (IOException | RuntimeException damaged) {
            throw new UnreadableEvent(manifest, String.valueOf(damaged.getMessage()), damaged);
        }
    }

    /** A range that began an epoch did not tell what came before it: the ledger names a hole rather than guess. */
    private static void addAfter(ObjectNode coalesced) {
        ObjectNode after = coalesced.putObject("after");
        after.set("epoch", coalesced.required("epoch"));
        after.put("sequence", coalesced.required("first").longValue() - 1);
    }

    private static void dropUnsealed(ObjectNode ledger) {
        ObjectNode progress = (ObjectNode) ledger.required("progress");
        progress.required("ahead").forEach(coalesced -> addAfter((ObjectNode) coalesced));
        progress.remove("unsealed");
    }
}
