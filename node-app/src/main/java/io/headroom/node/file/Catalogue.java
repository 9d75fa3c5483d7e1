package io.headroom.node.file;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.VolumeId;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The volumes of a pool, one small file each, so that a change costs the same with two volumes or two thousand. Only
 * the one who holds the lease writes; anybody reads, and sees each file as it was before or after a change.
 */
final class Catalogue {
    private static final int FORMAT = 1;
    private static final String VOLUME = ".volume.json";
    private static final String TAG = "tag.json";

    private final Path directory;

    Catalogue(Path directory) {
        this.directory = directory;
    }

    /**
     * One volume.
     *
     * @param size allocated, a multiple of the pool's extent
     * @param limit the most that it may ever have
     */
    record Entry(VolumeId id, String name, Bytes size, Bytes virtualSize, Bytes limit) {
        private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

        Entry {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("not a volume's name: \"" + name
                        + "\"; allowed are 1 to 64 letters, digits and . _ - with a letter or digit first");
            }
        }

        Entry withSize(Bytes newSize) {
            return new Entry(id, name, newSize, virtualSize, limit);
        }
    }

    /** @throws UnusablePool where any of them cannot be read: without all, the free space is unknown */
    List<Entry> all() throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + VOLUME)) {
            for (Path file : files) {
                entries.add(read(file));
            }
        }
        return entries;
    }

    Optional<Entry> named(String name) throws IOException {
        try {
            return Optional.of(read(directory.resolve(name + VOLUME)));
        } catch (NoSuchFileException unknown) {
            return Optional.empty();
        }
    }

    void put(Entry entry) throws IOException {
        ObjectNode json = JsonFile.object(FORMAT);
        json.put("volume", entry.id().value());
        json.put("name", entry.name());
        json.put("size_bytes", entry.size().value());
        json.put("virtual_size_bytes", entry.virtualSize().value());
        json.put("limit_bytes", entry.limit().value());
        DurableFile.replace(directory.resolve(entry.name() + VOLUME), JsonFile.bytes(json));
    }

    Epoch tag() throws IOException {
        Path file = directory.resolve(TAG);
        return Files.exists(file)
                ? JsonFile.read(file, FORMAT, json -> new Epoch(JsonFile.number(json, "epoch")))
                : Epoch.NONE;
    }

    void tag(Epoch epoch) throws IOException {
        DurableFile.replace(
                directory.resolve(TAG), JsonFile.bytes(JsonFile.object(FORMAT).put("epoch", epoch.value())));
    }

    private static Entry read(Path file) throws IOException {
        return JsonFile.read(file, FORMAT, json -> {
            Entry entry = new Entry(
                    new VolumeId(JsonFile.text(json, "volume")),
                    JsonFile.text(json, "name"),
                    Bytes.of(JsonFile.number(json, "size_bytes")),
                    Bytes.of(JsonFile.number(json, "virtual_size_bytes")),
                    Bytes.of(JsonFile.number(json, "limit_bytes")));
            if (!file.getFileName().toString().equals(entry.name() + VOLUME)) {
                throw new IllegalArgumentException("it is the record of volume " + entry.name());
            }
            return entry;
        });
    }
}
