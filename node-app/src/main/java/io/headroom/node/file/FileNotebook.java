package io.headroom.node.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.node.process.Blocking;
import io.headroom.port.Notebook;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * A VM's notes in a file {@code NAME.notes.json} beside its monitor's socket: where the socket vanishes with the host,
 * the VM does too, and so do the notes. There is no file where there is nothing to note.
 */
public final class FileNotebook implements Notebook {
    /** Version 1 knew no other errors. */
    private static final int FORMAT = 2;

    private static final int WITHOUT_FAILURE = 1;

    private final Path file;
    private final Blocking blocking;

    /** @param socket the VM's monitor; its directory exists when there is something to note */
    public FileNotebook(Path socket, VmName vm, Executor executor) {
        this.file = socket.resolveSibling(vm + ".notes.json");
        this.blocking = new Blocking(executor);
    }

    @Override
    public CompletionStage<Notes> read() {
        return blocking.stage(() -> Files.exists(file) ? JsonFile.read(file, FORMAT, FileNotebook::notes) : Notes.NONE);
    }

    @Override
    public CompletionStage<Void> write(Notes notes) {
        return blocking.stage(() -> {
            if (!notes.equals(Notes.NONE)) {
                DurableFile.replace(file, bytes(notes));
            } else if (Files.deleteIfExists(file)) {
                DurableFile.force(file.toAbsolutePath().getParent());
            }
            return null;
        });
    }

    private static Notes notes(JsonNode json) {
        if (!json.path("held").isBoolean() || !json.path("starved").isArray()) {
            throw new IllegalArgumentException("held has to be true or false, and starved a list of volumes");
        }
        Set<VolumeId> starved = new TreeSet<>();
        json.get("starved").forEach(volume -> starved.add(new VolumeId(volume.asText())));
        String failure = JsonFile.format(json) == WITHOUT_FAILURE ? "" : JsonFile.text(json, "failure");
        return new Notes(json.get("held").booleanValue(), starved, failure);
    }

    private static byte[] bytes(Notes notes) {
        ObjectNode json = JsonFile.object(FORMAT).put("held", notes.held());
        ArrayNode starved = json.putArray("starved");
        new TreeSet<>(notes.starved()).forEach(volume -> starved.add(volume.value()));
        return JsonFile.bytes(json.put("failure", notes.failure()));
    }
}
