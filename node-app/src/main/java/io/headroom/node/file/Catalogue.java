package io.headroom.node.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The volumes of a pool, one small file each, so that a change costs the same with two volumes or two thousand. Only
 * the one who holds the lease writes; anybody reads, and sees each file as it was before or after a change.
 *
 * <p>Format 2 has a volume's state and hosts; one of format 1 is ready and assigned to nobody.
 */
final class Catalogue {
    private static final int FORMAT = 2;
    private static final int TAG_FORMAT = 1;
    private static final String VOLUME = ".volume.json";
    private static final String TAG = "tag.json";

    /** What may be a part of a path, whatever was allowed as a name when the record was written. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,63}");

    private final Path directory;

    Catalogue(Path directory) {
        this.directory = directory;
    }

    /** @throws UnusablePool where any of them cannot be read: without all, the free space is unknown */
    List<Volume> all() throws IOException {
        List<Volume> volumes = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + VOLUME)) {
            for (Path file : files) {
                volumes.add(read(file));
            }
        }
        return volumes;
    }

    Optional<Volume> named(String name) throws IOException {
        try {
            return Optional.of(read(file(name)));
        } catch (NoSuchFileException unknown) {
            return Optional.empty();
        }
    }

    /** @throws IllegalArgumentException where the name cannot be a file's */
    void put(Volume volume) throws IOException {
        checked(volume.name());
        ObjectNode json = JsonFile.object(FORMAT);
        json.put("volume", volume.id().value());
        json.put("name", volume.name());
        json.put("size_bytes", volume.size().value());
        json.put("virtual_size_bytes", volume.virtualSize().value());
        json.put("limit_bytes", volume.limit().value());
        json.put("state", volume.state().name().toLowerCase(Locale.ROOT));
        ArrayNode hosts = json.putArray("hosts");
        volume.hosts().stream().sorted().forEach(host -> hosts.add(host.value()));
        DurableFile.replace(file(volume.name()), JsonFile.bytes(json));
    }

    /** Repeating it is harmless. */
    void remove(String name) throws IOException {
        Files.deleteIfExists(file(name));
        DurableFile.force(directory);
    }

    Epoch tag() throws IOException {
        Path file = directory.resolve(TAG);
        return Files.exists(file)
                ? JsonFile.read(file, TAG_FORMAT, json -> new Epoch(JsonFile.number(json, "epoch")))
                : Epoch.NONE;
    }

    void tag(Epoch epoch) throws IOException {
        DurableFile.replace(
                directory.resolve(TAG),
                JsonFile.bytes(JsonFile.object(TAG_FORMAT).put("epoch", epoch.value())));
    }

    private Path file(String name) {
        return directory.resolve(name + VOLUME);
    }

    private static Volume read(Path file) throws IOException {
        return JsonFile.read(file, FORMAT, json -> {
            String name = checked(JsonFile.text(json, "name"));
            if (!file.getFileName().toString().equals(name + VOLUME)) {
                throw new IllegalArgumentException("it is the record of volume " + name);
            }
            boolean isOfFormat1 = JsonFile.format(json) == 1;
            return new Volume(
                    new VolumeId(JsonFile.text(json, "volume")),
                    name,
                    Bytes.of(JsonFile.number(json, "size_bytes")),
                    Bytes.of(JsonFile.number(json, "virtual_size_bytes")),
                    Bytes.of(JsonFile.number(json, "limit_bytes")),
                    isOfFormat1 ? State.READY : state(JsonFile.text(json, "state")),
                    isOfFormat1 ? Set.of() : hosts(json));
        });
    }

    private static State state(String text) {
        return switch (text) {
            case "ready" -> State.READY;
            case "unfinished" -> State.UNFINISHED;
            case "condemned" -> State.CONDEMNED;
            default -> throw new IllegalArgumentException("\"" + text + "\" is no state of a volume");
        };
    }

    private static Set<HostId> hosts(JsonNode json) {
        Set<HostId> hosts = new HashSet<>();
        for (JsonNode host : JsonFile.list(json, "hosts")) {
            if (!host.isInt()) {
                throw new IllegalArgumentException("hosts has " + host + ", which is no number of a host");
            }
            hosts.add(new HostId(host.intValue()));
        }
        return hosts;
    }

    private static String checked(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("not a volume's name: \"" + name + "\"");
        }
        return name;
    }
}
