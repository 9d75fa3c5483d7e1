package io.headroom.node.file;

import io.headroom.cluster.Metadata;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.VolumeId;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The metadata of a file pool for one tenure, during which nobody else writes it. A change that is cut short leaves the
 * volume as it was, unfinished or condemned; the same change made again ends it.
 */
public final class FileMetadata implements Metadata {
    private final PoolFiles files;
    private final Images images;
    private final Catalogue catalogue;
    private final Map<VolumeId, Volume> known = new HashMap<>();
    private FilePool pool;
    private Bytes allocated = Bytes.ZERO;

    private FileMetadata(PoolFiles files, QemuImg qemuImg) {
        this.files = files;
        this.images = new Images(files, qemuImg);
        this.catalogue = new Catalogue(files.catalogue());
    }

    /** @throws UnusablePool where the pool or its catalogue cannot be read */
    public static FileMetadata open(PoolFiles files, QemuImg qemuImg) throws IOException {
        FileMetadata metadata = new FileMetadata(files, qemuImg);
        metadata.look();
        return metadata;
    }

    @Override
    public Inventory inspect() throws IOException {
        look();
        return new Inventory(
                pool.capacity(), free(), pool.extent(), catalogue.tag(), List.copyOf(known.values()), luns());
    }

    /** Which grant a volume's space comes from means nothing; the first ones are counted as used first. */
    private List<Lun> luns() {
        List<Lun> luns = new ArrayList<>();
        Bytes used = pool.capacity().minus(free());
        for (FilePool.Grant lun : pool.luns()) {
            Bytes here = used.min(lun.size());
            used = used.minus(here);
            luns.add(new Lun(lun.name(), lun.name(), lun.size(), lun.size().minus(here), ""));
        }
        return luns;
    }

    @Override
    public void tag(Epoch epoch) throws IOException {
        catalogue.tag(epoch);
    }

    @Override
    public Outcome change(Change change) throws IOException {
        if (change instanceof Change.Extend extend) {
            return known(extend.volume(), volume -> extend(volume, extend.size()));
        } else if (change instanceof Change.Create create) {
            return create(create);
        } else if (change instanceof Change.Resize resize) {
            return known(resize.volume(), volume -> resize(volume, resize.virtualSize()));
        } else if (change instanceof Change.Assign assign) {
            return known(assign.volume(), volume -> assign(volume, assign.hosts()));
        } else if (change instanceof Change.Condemn condemn) {
            return known(condemn.volume(), this::condemn);
        } else if (change instanceof Change.Wipe wipe) {
            return known(wipe.volume(), volume -> wipe(volume, wipe));
        } else if (change instanceof Change.Remove remove) {
            return remove(remove.volume());
        } else if (change instanceof Change.AddLun add) {
            return addLun(add);
        } else if (change instanceof Change.GrowLun grow) {
            return growLun(grow);
        }
        throw new AssertionError("unhandled " + change);
    }

    private Outcome known(VolumeId id, Changing changing) throws IOException {
        if (!known.containsKey(id)) {
            look();
        }
        Volume volume = known.get(id);
        return volume == null ? new Outcome.UnknownVolume() : changing.change(volume);
    }

    @FunctionalInterface
    private interface Changing {
        Outcome change(Volume volume) throws IOException;
    }

    private Outcome extend(Volume volume, Bytes size) throws IOException {
        if (volume.state() != State.READY) {
            return isNotReady(volume);
        }
        Bytes target = size.roundedUpTo(pool.extent());
        if (volume.size().isAtLeast(target)) {
            return new Outcome.Extended(volume.size());
        }
        if (target.isOver(volume.limit().roundedUpTo(pool.extent()))) {
            return new Outcome.Refused(
                    "volume " + volume.name() + " may have at most " + volume.limit() + ", not " + size);
        }
        if (!images.exists(volume)) {
            return isMissing(volume);
        }
        Bytes more = target.minus(volume.size());
        if (!hasFree(more)) {
            return new Outcome.NoSpace(free());
        }
        // The file first: nobody may be told of space that is not there.
        images.lengthen(volume, target);
        put(volume.withSize(target));
        return new Outcome.Extended(target);
    }

    /** The record first: a file without one is somebody else's. */
    private Outcome create(Change.Create create) throws IOException {
        look();
        Optional<Volume> there = named(create.name());
        if (there.isPresent() && there.get().state() != State.UNFINISHED) {
            boolean isIt = there.get().state() == State.READY
                    && there.get().virtualSize().equals(create.virtualSize());
            return isIt
                    ? new Outcome.Done()
                    : new Outcome.Refused("there is a volume " + create.name() + " already: " + there.get());
        }
        Path image = files.image(create.name());
        if (there.isEmpty() && Files.exists(image)) {
            return new Outcome.Refused("there is a file " + image + " that is none of the pool's; move it away");
        }
        Bytes size = create.size().roundedUpTo(pool.extent());
        if (there.isEmpty() && !hasFree(size)) {
            return new Outcome.NoSpace(free());
        }
        VolumeId id = there.map(Volume::id)
                .orElseGet(() -> new VolumeId(UUID.randomUUID().toString()));
        Volume begun = Volume.ready(
                        id,
                        create.name(),
                        there.map(Volume::size).orElse(size),
                        create.virtualSize(),
                        images.limit(create.virtualSize()))
                .withState(State.UNFINISHED);
        put(begun);
        images.make(begun, pool.extent());
        put(begun.withState(State.READY));
        return new Outcome.Done();
    }

    /** The limit first: an image that is larger than its volume may become would stop its guest for good. */
    private Outcome resize(Volume volume, Bytes virtualSize) throws IOException {
        if (volume.state() != State.READY) {
            return isNotReady(volume);
        }
        if (volume.virtualSize().isAtLeast(virtualSize)) {
            return new Outcome.Done();
        }
        if (!images.exists(volume)) {
            return isMissing(volume);
        }
        if (images.isInUse(volume)) {
            return isInUse(volume);
        }
        Bytes limit = images.limit(virtualSize).max(images.end(volume)).max(volume.limit());
        Volume prepared = volume.withVirtualSize(volume.virtualSize(), limit);
        put(prepared);
        images.resize(prepared, virtualSize, pool.extent());
        put(prepared.withVirtualSize(virtualSize, limit));
        return new Outcome.Done();
    }

    private Outcome assign(Volume volume, Set<HostId> hosts) throws IOException {
        if (volume.state() != State.READY) {
            return isNotReady(volume);
        }
        put(volume.withHosts(hosts));
        return new Outcome.Done();
    }

    private Outcome condemn(Volume volume) throws IOException {
        if (!volume.hosts().isEmpty()) {
            return new Outcome.Refused("volume " + volume.name() + " is assigned to the hosts " + volume.hosts()
                    + "; release it there first");
        }
        if (images.exists(volume) && images.isInUse(volume)) {
            return isInUse(volume);
        }
        put(volume.withState(State.CONDEMNED));
        return new Outcome.Done();
    }

    private Outcome wipe(Volume volume, Change.Wipe wipe) throws IOException {
        if (volume.state() != State.CONDEMNED) {
            return new Outcome.Refused("volume " + volume.name() + " is not condemned, so it is not wiped");
        }
        images.wipe(volume, wipe.from(), wipe.length());
        return new Outcome.Done();
    }

    /** The image first: what has no record any more would be nobody's. */
    private Outcome remove(VolumeId id) throws IOException {
        look();
        Volume volume = known.get(id);
        if (volume == null) {
            return new Outcome.Done();
        }
        if (volume.state() == State.READY) {
            return new Outcome.Refused(
                    "volume " + volume.name() + " is neither unfinished nor condemned, so it is not removed");
        }
        images.remove(volume);
        catalogue.remove(volume.name());
        look();
        return new Outcome.Done();
    }

    private Outcome addLun(Change.AddLun add) throws IOException {
        look();
        Optional<FilePool.Grant> there = pool.lun(add.device());
        if (there.isPresent()) {
            return there.get().size().equals(add.size())
                    ? new Outcome.Done()
                    : new Outcome.Refused("the pool has a LUN " + add.device() + " already, of "
                            + there.get().size());
        }
        return add.size().isZero() ? isWithoutSize(add.device()) : grant(add.device(), add.size());
    }

    private Outcome growLun(Change.GrowLun grow) throws IOException {
        look();
        Optional<FilePool.Grant> there = pool.lun(grow.device());
        if (there.isEmpty()) {
            return new Outcome.Refused("the pool has no LUN " + grow.device());
        }
        if (grow.size().isZero()) {
            return isWithoutSize(grow.device());
        }
        return there.get().size().isAtLeast(grow.size()) ? new Outcome.Done() : grant(grow.device(), grow.size());
    }

    private Outcome grant(String name, Bytes size) throws IOException {
        pool.with(new FilePool.Grant(name, size)).write(files.identity());
        look();
        return new Outcome.Done();
    }

    private static Outcome isWithoutSize(String lun) {
        return new Outcome.Refused(
                "a LUN of a file pool is a grant, and says nothing by itself of its size; say --size" + " for " + lun);
    }

    private static Outcome isNotReady(Volume volume) {
        return new Outcome.Refused("volume " + volume.name()
                + (volume.state() == State.CONDEMNED ? " is being deleted" : " is unfinished"));
    }

    private Outcome isMissing(Volume volume) {
        return new Outcome.Refused("the image " + files.image(volume.name()) + " is missing; put it back where it was");
    }

    private Outcome isInUse(Volume volume) {
        return new Outcome.Refused(
                "somebody has the image " + files.image(volume.name()) + " open; stop the VM that uses it");
    }

    private void put(Volume volume) throws IOException {
        catalogue.put(volume);
        Volume before = known.put(volume.id(), volume);
        allocated = allocated
                .plus(volume.size().roundedUpTo(pool.extent()))
                .minus(before == null ? Bytes.ZERO : before.size().roundedUpTo(pool.extent()));
    }

    private Optional<Volume> named(String name) {
        return known.values().stream()
                .filter(volume -> volume.name().equals(name))
                .findFirst();
    }

    private void look() throws IOException {
        FilePool found = FilePool.open(files);
        Map<VolumeId, Volume> volumes = new HashMap<>();
        Bytes sum = Bytes.ZERO;
        for (Volume volume : catalogue.all()) {
            Volume other = volumes.put(volume.id(), volume);
            if (other != null) {
                throw new UnusablePool("the catalogue " + files.catalogue() + " names two volumes with the identity "
                        + volume.id() + ": " + other.name() + " and " + volume.name() + "; nothing was changed");
            }
            sum = sum.plus(volume.size().roundedUpTo(found.extent()));
        }
        known.clear();
        known.putAll(volumes);
        allocated = sum;
        pool = found;
    }

    /** What others granted meanwhile is found when it is needed. */
    private boolean hasFree(Bytes wanted) throws IOException {
        if (wanted.isOver(free())) {
            look();
        }
        return !wanted.isOver(free());
    }

    private Bytes free() {
        return pool.capacity().minusOrZero(allocated).roundedDownTo(pool.extent());
    }
}
