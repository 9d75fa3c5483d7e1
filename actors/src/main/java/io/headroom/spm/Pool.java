package io.headroom.spm;

import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.model.Bytes;
import io.headroom.model.PoolLevel;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the pool has, and what a request for more of it comes to. */
final class Pool {
    private final Map<VolumeId, Tenure.Volume> volumes = new HashMap<>();
    private Bytes capacity = Bytes.ZERO;
    private Bytes free = Bytes.ZERO;
    /** What of it can be had: all, where no change has shown that it is less. */
    private Bytes usable = Bytes.ZERO;

    private Bytes extent = Bytes.of(1);
    private List<Tenure.Lun> luns = List.of();
    private final Levels levels;
    private final Deque<Levels.Change> changes = new ArrayDeque<>();

    sealed interface Decision {}

    /**
     * @param partly less than what was asked for: others want some of it too, or the pool keeps it for worse times
     * @param why where it is less; empty otherwise
     */
    record Extend(Bytes from, Bytes to, boolean partly, String why) implements Decision {}

    record AlreadyLargeEnough(Bytes size) implements Decision {}

    /** No change: the pool has no space, or the request cannot be served at all. */
    record Hold(Reply.Status status, Bytes size, String cause) implements Decision {}

    Pool(Levels levels) {
        this.levels = levels;
    }

    /** The storage's own truth replaces what was believed. */
    void learn(Tenure.Inventory inventory) {
        volumes.clear();
        inventory.volumes().forEach(volume -> volumes.put(volume.id(), volume));
        capacity = inventory.capacity();
        free = inventory.free();
        usable = free;
        extent = inventory.extent();
        luns = inventory.luns();
        levels.on(capacity, free).ifPresent(changes::add);
    }

    /** @param unserved every request that is not served yet, this one among them: what is scarce is shared */
    Decision decide(Request request, Collection<Request> unserved) {
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
        if (usable.isAtLeast(extent)) {
            Distribution.Share share = share(request.volume(), unserved);
            if (!share.isNothing()) {
                boolean partly = wanted.isOver(share.to());
                return new Extend(volume.size(), share.to(), partly, partly ? share.told(volume.name()) : "");
            }
        }
        return new Hold(
                Reply.Status.WAITING,
                volume.size(),
                "the pool has " + usable + " free, volume " + volume.name() + " needs " + wanted.minus(volume.size()));
    }

    /**
     * Who would be given what at first if the pool had {@code more}, one sentence each, the most urgent first. Who gets
     * a part of what he asks for, since the pool would still be critical, asks for the rest when he has it.
     */
    List<String> shares(Bytes more, Collection<Request> unserved) {
        Levels then = levels.with(capacity.plus(more), free.plus(more));
        return shares(usable.plus(more).roundedDownTo(extent), then, unserved).stream()
                .map(share -> share.told(volumes.get(share.claim().volume()).name()))
                .toList();
    }

    /** What all of these lack in all. */
    Bytes lacking(Collection<Request> unserved) {
        return shares(Bytes.ZERO, levels, unserved).stream()
                .map(share -> share.claim().asked().minus(share.claim().size()))
                .reduce(Bytes.ZERO, Bytes::plus);
    }

    private Distribution.Share share(VolumeId volume, Collection<Request> unserved) {
        return shares(usable, levels, unserved).stream()
                .filter(share -> share.claim().volume().equals(volume))
                .findFirst()
                .orElseThrow();
    }

    private List<Distribution.Share> shares(Bytes available, Levels at, Collection<Request> unserved) {
        List<Distribution.Claim> claims = unserved.stream()
                .flatMap(request -> claim(request, at).stream())
                .toList();
        return Distribution.of(available, extent, claims);
    }

    /** Empty where the request cannot be served, or needs nothing. */
    private Optional<Distribution.Claim> claim(Request request, Levels at) {
        return Optional.ofNullable(volumes.get(request.volume()))
                .filter(volume -> volume.state() == Tenure.State.READY)
                .map(volume -> {
                    Bytes most = volume.limit().roundedUpTo(extent);
                    Bytes more = request.size().roundedUpTo(extent).min(most).minusOrZero(volume.size());
                    Bytes given = at.part(more, request.urgency().paused()).roundedUpTo(extent);
                    return new Distribution.Claim(
                            volume.id(),
                            volume.size(),
                            volume.size().plus(given),
                            volume.size().plus(more),
                            request.urgency());
                })
                .filter(claim -> claim.wanted().isOver(claim.size()));
    }

    void extended(VolumeId id, Bytes size) {
        Tenure.Volume volume = volumes.get(id);
        if (volume != null && size.isOver(volume.size())) {
            Bytes more = size.minus(volume.size());
            free = free.minusOrZero(more);
            usable = usable.minusOrZero(more);
            volumes.put(id, volume.withSize(size));
            levels.on(capacity, free).ifPresent(changes::add);
        }
    }

    /**
     * A change showed that no more can be had, whatever the metadata say: LVM counts as free what nothing may be
     * allocated from. It is believed until the storage is looked at again.
     */
    void yieldsAtMost(Bytes most) {
        usable = usable.min(most);
    }

    /** Why less can be given than is free; empty where it cannot be told, or all can. */
    Optional<String> problem() {
        return usable.equals(free)
                ? Optional.empty()
                : Optional.of(
                        "of " + free + " that is free only " + usable
                                + " can be allocated: see whether a LUN is barred from it (pvs shows it, pvchange -x y ends it)");
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

    /** The level that the pool entered since this was asked last; empty where it stays where it is. */
    Optional<Levels.Change> levelChange() {
        return Optional.ofNullable(changes.poll());
    }

    PoolLevel level() {
        return levels.level();
    }

    /** What no new volume is given. */
    Bytes reserve() {
        return levels.reserve(capacity);
    }

    /** What would be free if every guest filled its disk; zero where more is promised than there is. */
    Bytes guaranteedFree() {
        Bytes limits = volumes.values().stream().map(Tenure.Volume::limit).reduce(Bytes.ZERO, Bytes::plus);
        return capacity.minusOrZero(limits);
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
