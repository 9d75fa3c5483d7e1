package io.headroom.node.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headroom.model.Bytes;
import io.headroom.model.PoolId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a pool says of itself in {@code pool.json}. Format 2 names the LUNs; a pool of format 1 has one.
 *
 * @param luns what the pool has been granted
 * @param extent sizes are multiples of it
 */
public record FilePool(PoolId id, List<Grant> luns, Bytes extent, Instant created) {
    private static final int FORMAT = 2;

    /** The LUN that a pool begins with. */
    private static final String FIRST_LUN = "lun-0";

    public FilePool {
        luns = List.copyOf(luns);
    }

    /** What stands for a LUN where there is none: a name, and how much may be allocated for it. */
    public record Grant(String name, Bytes size) {}

    /** A pool with one LUN. */
    static FilePool ofOneLun(PoolId id, Bytes capacity, Bytes extent, Instant created) {
        return new FilePool(id, List.of(new Grant(FIRST_LUN, capacity)), extent, created);
    }

    /** What all volumes together may have. */
    public Bytes capacity() {
        return luns.stream().map(Grant::size).reduce(Bytes.ZERO, Bytes::plus);
    }

    Optional<Grant> lun(String name) {
        return luns.stream().filter(lun -> lun.name().equals(name)).findFirst();
    }

    /** The same with this LUN, in the place of the one of its name. */
    FilePool with(Grant lun) {
        List<Grant> changed = new ArrayList<>(luns);
        int at = lun(lun.name()).map(luns::indexOf).orElse(luns.size());
        if (at < luns.size()) {
            changed.set(at, lun);
        } else {
            changed.add(lun);
        }
        return new FilePool(id, changed, extent, created);
    }

    /** @throws UnusablePool saying what to do where there is no pool, or none that this version can read */
    public static FilePool open(PoolFiles files) throws IOException {
        if (!Files.isDirectory(files.directory())) {
            throw new UnusablePool("there is no directory " + files.directory()
                    + "; make the pool with: headroom pool create " + files.directory() + " --capacity SIZE");
        }
        if (!Files.exists(files.identity())) {
            throw new UnusablePool("there is no pool in " + files.directory() + "; make one with: headroom pool create "
                    + files.directory() + " --capacity SIZE");
        }
        return JsonFile.read(files.identity(), FORMAT, json -> {
            PoolId id = new PoolId(JsonFile.text(json, "pool"));
            Bytes extent = Bytes.of(JsonFile.number(json, "extent_bytes"));
            Instant created = Instant.parse(JsonFile.text(json, "created"));
            if (extent.isZero()) {
                throw new IllegalArgumentException("extent_bytes is 0");
            }
            return JsonFile.format(json) == 1
                    ? ofOneLun(id, Bytes.of(JsonFile.number(json, "capacity_bytes")), extent, created)
                    : new FilePool(id, grants(json), extent, created);
        });
    }

    private static List<Grant> grants(JsonNode json) {
        List<Grant> grants = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode lun : JsonFile.list(json, "luns")) {
            Grant grant = new Grant(JsonFile.text(lun, "name"), Bytes.of(JsonFile.number(lun, "size_bytes")));
            if (!names.add(grant.name())) {
                throw new IllegalArgumentException("luns has two of the name " + grant.name());
            }
            grants.add(grant);
        }
        return grants;
    }

    void write(Path identity) throws IOException {
        ObjectNode json = JsonFile.object(FORMAT);
        json.put("pool", id.value());
        ArrayNode grants = json.putArray("luns");
        for (Grant lun : luns) {
            grants.addObject()
                    .put("name", lun.name())
                    .put("size_bytes", lun.size().value());
        }
        json.put("extent_bytes", extent.value());
        json.put("created", created.toString());
        DurableFile.replace(identity, JsonFile.bytes(json));
    }
}
