package io.headroom.node.file;

import io.headroom.cluster.Metadata;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The metadata of a file pool for one tenure, during which nobody else writes it. */
public final class FileMetadata implements Metadata {
    private final PoolFiles files;
    private final Catalogue catalogue;
    private final Map<VolumeId, Catalogue.Entry> known = new HashMap<>();
    private FilePool pool;
    private Bytes allocated = Bytes.ZERO;

    private FileMetadata(PoolFiles files) {
        this.files = files;
        this.catalogue = new Catalogue(files.catalogue());
    }

    /** @throws UnusablePool where the pool or its catalogue cannot be read */
    public static FileMetadata open(PoolFiles files) throws IOException {
        FileMetadata metadata = new FileMetadata(files);
        metadata.look();
        return metadata;
    }

    @Override
    public Inventory inspect() throws IOException {
        look();
        List<Volume> volumes = known.values().stream()
                .map(entry -> Volume.ready(entry.id(), entry.name(), entry.size(), entry.virtualSize(), entry.limit()))
                .toList();
        return new Inventory(pool.capacity(), free(), pool.extent(), catalogue.tag(), volumes, List.of());
    }

    @Override
    public void tag(Epoch epoch) throws IOException {
        catalogue.tag(epoch);
    }

    @Override
    public Outcome change(Change change) throws IOException {
        if (change instanceof Change.Extend extend) {
            return extend(extend.volume(), extend.size());
        }
        throw new AssertionError("unhandled " + change);
    }

    Outcome extend(VolumeId volume, Bytes size) throws IOException {
        Catalogue.Entry entry = known.get(volume);
        if (entry == null) {
            look();
            entry = known.get(volume);
        }
        if (entry == null) {
            return new Outcome.UnknownVolume();
        }
        Bytes target = size.roundedUpTo(pool.extent());
        if (entry.size().isAtLeast(target)) {
            return new Outcome.Extended(entry.size());
        }
        if (target.isOver(entry.limit().roundedUpTo(pool.extent()))) {
            return new Outcome.Refused(
                    "volume " + entry.name() + " may have at most " + entry.limit() + ", not " + size);
        }
        Path image = files.image(entry.name());
        if (!Files.exists(image)) {
            return new Outcome.Refused("the image " + image + " is missing; put it back where it was");
        }
        Bytes more = target.minus(entry.size());
        if (more.isOver(free())) {
            look();
        }
        return more.isOver(free()) ? new Outcome.NoSpace(free()) : grow(entry, image, target);
    }

    /** The file first: nobody may be told of space that is not there. */
    private Outcome grow(Catalogue.Entry entry, Path image, Bytes target) throws IOException {
        DurableFile.lengthen(image, target.value());
        Catalogue.Entry grown = entry.withSize(target);
        catalogue.put(grown);
        known.put(grown.id(), grown);
        allocated = allocated.plus(target.minus(entry.size()));
        return new Outcome.Extended(target);
    }

    private void look() throws IOException {
        FilePool found = FilePool.open(files);
        Map<VolumeId, Catalogue.Entry> entries = new HashMap<>();
        Bytes sum = Bytes.ZERO;
        for (Catalogue.Entry entry : catalogue.all()) {
            Catalogue.Entry other = entries.put(entry.id(), entry);
            if (other != null) {
                throw new UnusablePool("the catalogue " + files.catalogue() + " names two volumes with the identity "
                        + entry.id() + ": " + other.name() + " and " + entry.name() + "; nothing was changed");
            }
            sum = sum.plus(entry.size().roundedUpTo(found.extent()));
        }
        known.clear();
        known.putAll(entries);
        allocated = sum;
        pool = found;
    }

    private Bytes free() {
        return pool.capacity().minusOrZero(allocated).roundedDownTo(pool.extent());
    }
}
