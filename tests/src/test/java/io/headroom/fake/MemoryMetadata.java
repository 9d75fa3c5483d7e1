package io.headroom.fake;

import io.headroom.cluster.Metadata;
import io.headroom.disk.Qcow2;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** A pool's metadata in memory, which behaves as that of a real back end does: see {@code MetadataContract}. */
public final class MemoryMetadata implements Metadata {
    private static final Bytes CLUSTER = Bytes.of(64 * 1024);

    private final Bytes extent;
    private final Map<String, Bytes> luns = new TreeMap<>();
    private final Map<VolumeId, Volume> volumes = new TreeMap<>();
    private final Map<VolumeId, Bytes> wiped = new HashMap<>();
    private Epoch tag = Epoch.NONE;
    private int made;

    public MemoryMetadata(Bytes capacity, Bytes extent) {
        this.extent = extent;
        luns.put("lun-0", capacity);
    }

    /** Puts a volume there as it is, or in the place of the one that it was. */
    public void put(Volume volume) {
        volumes.put(volume.id(), volume);
    }

    /** The first LUN has this much more. */
    public void addCapacity(Bytes more) {
        luns.merge("lun-0", more, Bytes::plus);
    }

    public Map<VolumeId, Volume> volumes() {
        return volumes;
    }

    public Epoch tag() {
        return tag;
    }

    public Bytes capacity() {
        return luns.values().stream().reduce(Bytes.ZERO, Bytes::plus);
    }

    public Bytes allocated() {
        return volumes.values().stream().map(Volume::size).reduce(Bytes.ZERO, Bytes::plus);
    }

    public Bytes free() {
        return capacity().minusOrZero(allocated());
    }

    /** Whether this much of the volume, from its beginning, was wiped. */
    public boolean isWiped(VolumeId volume, Bytes upTo) {
        return wiped.getOrDefault(volume, Bytes.ZERO).isAtLeast(upTo);
    }

    /** Begins to make a volume, and is interrupted. */
    public void beginToMake(Change.Create create) {
        if (named(create.name()).isEmpty() && !create.size().roundedUpTo(extent).isOver(free())) {
            put(new Volume(
                    new VolumeId("made-" + ++made),
                    create.name(),
                    create.size().roundedUpTo(extent),
                    Bytes.ZERO,
                    Bytes.ZERO,
                    State.UNFINISHED,
                    Set.of()));
        }
    }

    @Override
    public Inventory inspect() {
        List<Lun> seen = new ArrayList<>();
        Bytes used = allocated();
        for (Map.Entry<String, Bytes> lun : luns.entrySet()) {
            Bytes here = used.min(lun.getValue());
            used = used.minus(here);
            seen.add(new Lun(
                    lun.getKey(), lun.getKey(), lun.getValue(), lun.getValue().minus(here), ""));
        }
        return new Inventory(capacity(), free(), extent, tag, List.copyOf(volumes.values()), seen);
    }

    @Override
    public void tag(Epoch epoch) {
        tag = epoch;
    }

    @Override
    public Outcome change(Change change) {
        if (change instanceof Change.Create create) {
            return create(create);
        } else if (change instanceof Change.AddLun add) {
            return addLun(add);
        } else if (change instanceof Change.GrowLun grow) {
            return growLun(grow);
        } else if (change instanceof Change.Extend extend) {
            return known(extend.volume(), volume -> extend(volume, extend.size()));
        } else if (change instanceof Change.Resize resize) {
            return known(resize.volume(), volume -> resize(volume, resize.virtualSize()));
        } else if (change instanceof Change.Assign assign) {
            return known(assign.volume(), volume -> assign(volume, assign.hosts()));
        } else if (change instanceof Change.Condemn condemn) {
            return known(condemn.volume(), this::condemn);
        } else if (change instanceof Change.Wipe wipe) {
            return known(wipe.volume(), volume -> wipe(volume, wipe.from(), wipe.length()));
        } else if (change instanceof Change.Remove remove) {
            return remove(remove.volume());
        }
        throw new AssertionError("unhandled " + change);
    }

    private Outcome known(VolumeId id, Function<Volume, Outcome> change) {
        Volume volume = volumes.get(id);
        return volume == null ? new Outcome.UnknownVolume() : change.apply(volume);
    }

    private Outcome extend(Volume volume, Bytes size) {
        if (volume.state() != State.READY) {
            return notReady(volume);
        }
        Bytes target = size.roundedUpTo(extent).max(volume.size());
        if (target.minus(volume.size()).isOver(free())) {
            return new Outcome.NoSpace(free());
        }
        put(volume.withSize(target));
        return new Outcome.Extended(target);
    }

    private Outcome create(Change.Create create) {
        Optional<Volume> there = named(create.name());
        if (there.filter(volume -> volume.state() == State.CONDEMNED).isPresent()) {
            return notReady(there.get());
        }
        if (there.filter(volume -> volume.state() == State.READY).isPresent()) {
            return there.get().virtualSize().equals(create.virtualSize())
                    ? new Outcome.Done()
                    : new Outcome.Refused("there is a volume " + create.name() + " already");
        }
        if (there.isEmpty() && create.size().roundedUpTo(extent).isOver(free())) {
            return new Outcome.NoSpace(free());
        }
        beginToMake(create);
        Volume begun = named(create.name()).orElseThrow();
        put(Volume.ready(begun.id(), begun.name(), begun.size(), create.virtualSize(), limit(create.virtualSize())));
        return new Outcome.Done();
    }

    private Outcome resize(Volume volume, Bytes virtualSize) {
        if (volume.state() != State.READY) {
            return notReady(volume);
        }
        Bytes size = virtualSize.max(volume.virtualSize());
        put(volume.withVirtualSize(size, limit(size).max(volume.limit())));
        return new Outcome.Done();
    }

    private Outcome assign(Volume volume, Set<HostId> hosts) {
        if (volume.state() != State.READY) {
            return notReady(volume);
        }
        put(volume.withHosts(hosts));
        return new Outcome.Done();
    }

    private Outcome condemn(Volume volume) {
        if (!volume.hosts().isEmpty()) {
            return new Outcome.Refused("volume " + volume.name() + " may be used by " + volume.hosts());
        }
        put(volume.withState(State.CONDEMNED));
        return new Outcome.Done();
    }

    private Outcome wipe(Volume volume, Bytes from, Bytes length) {
        if (volume.state() != State.CONDEMNED) {
            return new Outcome.Refused("volume " + volume.name() + " is not condemned");
        }
        if (wiped.getOrDefault(volume.id(), Bytes.ZERO).isAtLeast(from)) {
            wiped.merge(volume.id(), from.plus(length), Bytes::max);
        }
        return new Outcome.Done();
    }

    private Outcome remove(VolumeId id) {
        Volume volume = volumes.get(id);
        if (volume != null && volume.state() == State.READY) {
            return new Outcome.Refused("volume " + volume.name() + " is neither unfinished nor condemned");
        }
        volumes.remove(id);
        return new Outcome.Done();
    }

    private Outcome addLun(Change.AddLun add) {
        Bytes known = luns.get(add.device());
        if (known != null) {
            return known.equals(add.size()) ? new Outcome.Done() : new Outcome.Refused("it is a LUN already");
        }
        if (add.size().isZero()) {
            return new Outcome.Refused("a LUN in memory needs a size");
        }
        luns.put(add.device(), add.size());
        return new Outcome.Done();
    }

    private Outcome growLun(Change.GrowLun grow) {
        if (!luns.containsKey(grow.device())) {
            return new Outcome.Refused("the pool has no LUN " + grow.device());
        }
        luns.merge(grow.device(), grow.size(), Bytes::max);
        return new Outcome.Done();
    }

    private static Outcome notReady(Volume volume) {
        return new Outcome.Refused("volume " + volume.name() + " is " + volume.state());
    }

    private Optional<Volume> named(String name) {
        return volumes.values().stream()
                .filter(volume -> volume.name().equals(name))
                .findFirst();
    }

    private static Bytes limit(Bytes virtualSize) {
        return Qcow2.fullyAllocated(virtualSize, CLUSTER);
    }

    /** Everything that the pool has, for a test's messages. */
    @Override
    public String toString() {
        return List.of(volumes.values(), free(), tag).toString();
    }
}
