package io.headroom.node.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headroom.model.Bytes;
import io.headroom.port.Qemu;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The disks of one QEMU, read from its answers.
 *
 * <p>A disk is a chain of nodes: filters (throttling, a running block job), the image format, and what stores it. What
 * stores the image of a thin disk is either the file or device at the bottom or a {@code raw} node with a
 * {@code size}, by which QEMU itself bounds the image. Backing files are read-only and no part of the chain.
 */
final class BlockGraph {
    private static final Set<String> FILTERS = Set.of(
            "throttle",
            "copy-on-read",
            "copy-before-write",
            "preallocate",
            "compress",
            "mirror_top",
            "commit_top",
            "blkdebug",
            "blklogwrites",
            "blkverify");
    private static final String OPTIONS = "json:";

    private final Map<String, JsonNode> nodes = new HashMap<>();

    /** @param nodes the answer to {@code query-named-block-nodes} */
    BlockGraph(JsonNode nodes) throws QmpException {
        for (JsonNode node : nodes) {
            this.nodes.put(Fields.text(node, "node-name"), node);
        }
    }

    /**
     * @param block the answer to {@code query-block}
     * @param stats the answer to {@code query-blockstats}, by device
     */
    List<Qemu.Disk> disks(JsonNode block, JsonNode stats) throws QmpException {
        List<Qemu.Disk> disks = new ArrayList<>();
        for (JsonNode device : block) {
            JsonNode medium = device.path("inserted");
            if (medium.isObject() && !medium.path("ro").asBoolean()) {
                String root = Fields.text(medium, "node-name");
                boolean ranOut = device.path("io-status").asText().equals("nospace");
                disks.add(disk(root, chain(statsOf(root, stats)), ranOut, backing(medium)));
            }
        }
        return disks;
    }

    private static List<String> backing(JsonNode medium) throws QmpException {
        List<String> backing = new ArrayList<>();
        JsonNode below = medium.path("image").path("backing-image");
        while (below.isObject()) {
            backing.add(path(Fields.text(below, "filename")));
            below = below.path("backing-image");
        }
        return backing;
    }

    private Qemu.Disk disk(String root, List<JsonNode> chain, boolean ranOut, List<String> backing)
            throws QmpException {
        int format = 0;
        while (format < chain.size() - 1 && FILTERS.contains(driver(chain.get(format)))) {
            format++;
        }
        JsonNode bottom = chain.get(chain.size() - 1);
        String bottomPath = Fields.text(image(bottom), "filename");
        JsonNode storage = bottom;
        for (JsonNode below : chain.subList(Math.min(format + 1, chain.size() - 1), chain.size())) {
            if (isSlice(node(below))) {
                storage = below;
                break;
            }
        }
        JsonNode image = image(chain.get(format));
        JsonNode stored = node(storage);
        boolean bounded = isSlice(stored);
        return new Qemu.Disk(
                root,
                Fields.text(storage, "node-name"),
                bottomPath,
                format == chain.size() - 1 ? "raw" : driver(chain.get(format)),
                Fields.size(image, "virtual-size"),
                image.has("cluster-size") ? Fields.size(image, "cluster-size") : Bytes.ZERO,
                bounded ? Fields.size(image(storage), "virtual-size") : Bytes.ZERO,
                bounded,
                pointer(storage),
                // Other clients can set a negative one, which never fires.
                Bytes.of(Math.max(0, Fields.number(stored, "write_threshold"))),
                ranOut,
                // A filter shows what it filters as if it lay below.
                backing.stream().filter(path -> !path.equals(bottomPath)).toList());
    }

    /**
     * The options that {@code blockdev-reopen} needs to give a bounded node another size. Those that are left out fall
     * back to QEMU's defaults, so all are repeated that QEMU tells; {@code discard} it does not tell, and the node
     * then follows what the nodes above and below it were set to.
     *
     * @param stats the answer to {@code query-blockstats}, by node
     */
    ObjectNode resized(String slice, Bytes size, JsonNode stats) throws QmpException {
        JsonNode node = named(slice);
        if (!isSlice(node)) {
            throw new QmpException(
                    "node \"" + slice + "\" is no raw node with a size; only such a node is bounded by QEMU"
                            + " and can be told another size");
        }
        Bytes present = Fields.size(Fields.object(node, "image"), "virtual-size");
        if (present.isOver(size)) {
            throw new QmpException("node \"" + slice + "\" has " + present.value() + " bytes and cannot shrink to "
                    + size.value() + "; sizes only grow");
        }
        JsonNode below = Fields.object(statsOf(slice, stats), "parent");
        ObjectNode options = QmpCodec.arguments()
                .put("driver", "raw")
                .put("node-name", slice)
                .put("file", Fields.text(below, "node-name"))
                .put("size", size.value())
                .put("read-only", node.path("ro").asBoolean())
                .put("discard", "unmap")
                .put("detect-zeroes", Fields.text(node, "detect_zeroes"));
        JsonNode offset = options(node).path("offset");
        if (!offset.isMissingNode()) {
            options.set("offset", offset);
        }
        JsonNode cache = Fields.object(node, "cache");
        options.putObject("cache")
                .put("direct", cache.path("direct").asBoolean())
                .put("no-flush", cache.path("no-flush").asBoolean());
        return options;
    }

    /**
     * The end of the highest write to a node since QEMU opened it.
     *
     * @param stats the answer to {@code query-blockstats}, by node
     */
    static Bytes pointer(String name, JsonNode stats) throws QmpException {
        return pointer(statsOf(name, stats));
    }

    private static Bytes pointer(JsonNode nodeStats) throws QmpException {
        return Fields.size(Fields.object(nodeStats, "stats"), "wr_highest_offset");
    }

    private static JsonNode statsOf(String name, JsonNode stats) throws QmpException {
        for (JsonNode entry : stats) {
            if (entry.path("node-name").asText().equals(name)) {
                return entry;
            }
        }
        throw new QmpException("QEMU has no statistics of node \"" + name + "\": it is gone");
    }

    private static List<JsonNode> chain(JsonNode stats) {
        List<JsonNode> chain = new ArrayList<>();
        for (JsonNode node = stats; node.isObject(); node = node.path("parent")) {
            chain.add(node);
        }
        return chain;
    }

    private String driver(JsonNode stats) throws QmpException {
        return Fields.text(node(stats), "drv");
    }

    private JsonNode image(JsonNode stats) throws QmpException {
        return Fields.object(node(stats), "image");
    }

    private JsonNode node(JsonNode stats) throws QmpException {
        return named(Fields.text(stats, "node-name"));
    }

    private JsonNode named(String name) throws QmpException {
        JsonNode node = nodes.get(name);
        if (node == null) {
            throw new QmpException("QEMU has no node \"" + name + "\": it is gone");
        }
        return node;
    }

    private static boolean isSlice(JsonNode node) throws QmpException {
        return Fields.text(node, "drv").equals("raw") && options(node).has("size");
    }

    /** The file or device at the bottom of an image that QEMU names by its options. */
    private static String path(String filename) throws QmpException {
        if (!filename.startsWith(OPTIONS)) {
            return filename;
        }
        JsonNode options = QmpCodec.json(filename.substring(OPTIONS.length()));
        while (options.path("file").isObject()) {
            options = options.path("file");
        }
        return options.path("filename").asText(filename);
    }

    /** What a node was opened with, as far as QEMU puts it into the node's file name. */
    private static JsonNode options(JsonNode node) throws QmpException {
        String name = Fields.text(Fields.object(node, "image"), "filename");
        return name.startsWith(OPTIONS) ? QmpCodec.json(name.substring(OPTIONS.length())) : QmpCodec.arguments();
    }
}
