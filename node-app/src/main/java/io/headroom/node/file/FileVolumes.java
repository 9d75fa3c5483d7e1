package io.headroom.node.file;

import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import io.headroom.node.process.Blocking;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import io.headroom.port.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** The volumes of a file pool as one host sees them. A size counts when the catalogue and the file both have it. */
public final class FileVolumes implements Volumes {
    private final PoolFiles files;
    private final Catalogue catalogue;
    private final QemuImg qemuImg;
    private final Blocking blocking;

    /** Names by identity, which never changes its volume. */
    private final Map<VolumeId, String> names = new ConcurrentHashMap<>();

    /** @param executor runs what blocks; a check of a large image takes seconds */
    public FileVolumes(PoolFiles files, QemuImg qemuImg, Executor executor) {
        this.files = files;
        this.catalogue = new Catalogue(files.catalogue());
        this.qemuImg = qemuImg;
        this.blocking = new Blocking(executor);
    }

    @Override
    public CompletionStage<Optional<Found>> find(String path) {
        return blocking.stage(() -> {
            Optional<String> name = volumeAt(path);
            Optional<Volume> entry = name.isEmpty() ? Optional.empty() : catalogue.named(name.get());
            if (entry.isEmpty()) {
                return Optional.empty();
            }
            names.put(entry.get().id(), entry.get().name());
            return Optional.of(new Found(entry.get().id(), entry.get().name(), measured(entry.get()), false));
        });
    }

    @Override
    public CompletionStage<String> activate(VolumeId volume) {
        return blocking.stage(() -> {
            Volume found = entry(volume);
            if (found.state() != State.READY) {
                throw new UnusablePool("volume " + found.name() + " is "
                        + (found.state() == State.CONDEMNED ? "being deleted" : "unfinished")
                        + " and cannot be used; see: headroom volume list");
            }
            return files.image(found.name()).toString();
        });
    }

    /** A file is there for every host, always. */
    @Override
    public CompletionStage<Void> deactivate(VolumeId volume) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Bytes> refresh(VolumeId volume) {
        return blocking.stage(() -> measured(entry(volume)));
    }

    @Override
    public CompletionStage<Bytes> imageEnd(VolumeId volume) {
        return blocking.stage(() -> qemuImg.endOffset(files.image(entry(volume).name())));
    }

    /** Which volume's image the path leads to, through whatever links. */
    private Optional<String> volumeAt(String path) throws IOException {
        try {
            Path real = Path.of(path).toRealPath();
            boolean inPool = real.getParent().equals(files.volumes().toRealPath());
            return Optional.of(PoolFiles.volumeOf(real)).filter(name -> inPool && !name.isEmpty());
        } catch (NoSuchFileException | InvalidPathException notAFile) {
            return Optional.empty();
        }
    }

    private Volume entry(VolumeId volume) throws IOException {
        String name = names.get(volume);
        if (name == null) {
            catalogue.all().forEach(entry -> names.put(entry.id(), entry.name()));
            name = names.get(volume);
        }
        Optional<Volume> entry = name == null ? Optional.empty() : catalogue.named(name);
        return entry.filter(found -> found.id().equals(volume))
                .orElseThrow(() -> new UnusablePool(
                        "the catalogue " + files.catalogue() + " has no volume " + volume + "; was it removed?"));
    }

    private Bytes measured(Volume entry) throws IOException {
        return entry.size().min(Bytes.of(Files.size(files.image(entry.name()))));
    }
}
