package io.headroom.node.file;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headroom.model.Bytes;
import io.headroom.model.PoolId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * What a pool says of itself in {@code pool.json}.
 *
 * @param capacity what all volumes together may have
 * @param extent sizes are multiples of it
 */
public record FilePool(PoolId id, Bytes capacity, Bytes extent, Instant created) {
    private static final int FORMAT = 1;

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
            FilePool pool = new FilePool(
                    new PoolId(JsonFile.text(json, "pool")),
                    Bytes.of(JsonFile.number(json, "capacity_bytes")),
                    Bytes.of(JsonFile.number(json, "extent_bytes")),
                    Instant.parse(JsonFile.text(json, "created")));
            if (pool.extent().isZero()) {
                throw new IllegalArgumentException("extent_bytes is 0");
            }
            return pool;
        });
    }

    void write(Path identity) throws IOException {
        ObjectNode json = JsonFile.object(FORMAT);
        json.put("pool", id.value());
        json.put("capacity_bytes", capacity.value());
        json.put("extent_bytes", extent.value());
        json.put("created", created.toString());
        DurableFile.replace(identity, JsonFile.bytes(json));
    }
}
