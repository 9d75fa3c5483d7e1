package io.headroom.spm;

import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the pool has, and what a request for more of it comes to. */
final class Pool {
    private final Map<VolumeId, Tenure.Volume> volumes = new HashMap<>();
    private Bytes capacity = Bytes.ZERO;
    private Bytes free = Bytes.ZERO;
    private Bytes extent = Bytes.of(1);
    private List<Tenure.Lun> luns = List.of();

    sealed interface Decision {}

    /** @param partly less than what was asked for: the pool has no more */
    record Extend(Bytes from, Bytes to, boolean partly) implements Decision {}

    record AlreadyLargeEnough(Bytes size) implements Decision {}

    /** No change: the pool has no space, or the request cannot be served at all. */
    record Hold(Reply.Status status, Bytes size, String cause) implements Decision {}

    /** The storage's own truth replaces what was believed. */
    void learn(Tenure.Inventory inventory) {
        volumes.clear();
        inventory.volumes().forEach(volume -> volumes.put(volume.id(), volume));
        capacity = inventory.capacity();
        free = inventory.free();
        extent = inventory.extent();
        luns = inventory.luns();
    }

    Decision decide(Request request) {
        Tenure.Volume volume = volumes.get(request.volume());
        if (volume == null) {
            return new Hold(Reply.Status.UNKNOWN_VOLUME, Bytes.ZERO, "the pool has no volume " + request.volume());
        }
        if (volume.state() != Tenure.State.READY) {
            String state = volume.state() == Tenure.State.CONDEMNED ? "being deleted" : "unfinished";
            return new Hold(Reply.Status.STORAGE_REFUSED, volume.size(), "volume " + volume.name() + " is " + state);
        }
        Bytes wanted = request.size().roundedUpTo(extent);
        if (volume.size().isAtLeast(wanted)) {
            return new AlreadyLargeEnough(volume.size());
        }
        Bytes limit = volume.limit().roundedUpTo(extent);
        if (wanted.isOver(limit)) {
            return new Hold(
                    Reply.Status.OVER_LIMIT,
                    volume.size(),
                    "volume " + volume.name() + " may have at most " + limit + ", not " + wanted);
        }
        Bytes affordable = wanted.min(volume.size().plus(free).roundedDownTo(extent));
        if (affordable.isOver(volume.size())) {
            return new Extend(volume.size(), affordable, wanted.isOver(affordable));
        }
        return new Hold(
                Reply.Status.WAITING,
                volume.size(),
                "the pool has " + free + " free, volume " + volume.name() + " needs " + wanted.minus(volume.size()));
    }

    void extended(VolumeId id, Bytes size) {
        Tenure.Volume volume = volumes.get(id);
        if (volume != null && size.isOver(volume.size())) {
            free = free.minusOrZero(size.minus(volume.size()));
            volumes.put(id, volume.withSize(size));
        }
    }

    Optional<Bytes> size(VolumeId id) {
        return get(id).map(Tenure.Volume::size);
    }

    /** By its name, or else by its id. */
    Optional<Tenure.Volume> find(String volume) {
        return volumes.values().stream()
                .filter(known -> known.name().equals(volume))
                .findFirst()
                .or(() -> volumes.values().stream()
                        .filter(known -> known.id().value().equals(volume))
                        .findFirst());
    }

    Optional<Tenure.Volume> get(VolumeId volume) {
        return Optional.ofNullable(volumes.get(volume));
    }

    Collection<Tenure.Volume> volumes() {
        return volumes.values();
    }

    /** By its id, or by its device. */
    Optional<Tenure.Lun> lun(String lun) {
        return luns.stream()
                .filter(known -> known.id().equals(lun) || known.device().equals(lun))
                .findFirst();
    }

    List<Tenure.Lun> luns() {
        return luns;
    }

    Bytes extent() {
        return extent;
    }

    Bytes capacity() {
        return capacity;
    }

    Bytes free() {
        return free;
    }

    Bytes allocated() {
        return volumes.values().stream().map(Tenure.Volume::size).reduce(Bytes.ZERO, Bytes::plus);
    }

    /** What the pool would need if every guest filled its disk. */
    Bytes committed() {
        return volumes.values().stream().map(Tenure.Volume::virtualSize).reduce(Bytes.ZERO, Bytes::plus);
    }

    int count() {
        return volumes.size();
    }
}
