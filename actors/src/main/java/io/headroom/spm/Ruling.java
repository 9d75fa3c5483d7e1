package io.headroom.spm;

import io.headroom.disk.Qcow2;
import io.headroom.ledger.Deed;
import io.headroom.mailbox.Request;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.LunName;
import io.headroom.model.PoolLevel;
import io.headroom.model.VolumeId;
import io.headroom.model.VolumeName;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/** What the SPM makes of an order, given what the pool has and who uses it. */
sealed interface Ruling {
    /** The order is to be carried out. */
    record Go(Deed deed) implements Ruling {}

    /** It was so before; nothing is to be done. */
    record Already(String what, Optional<Volume> volume) implements Ruling {}

    record No(String cause, String next) implements Ruling {}

    /** Sizes of an image are multiples of it. */
    Bytes SECTOR = Bytes.of(512);

    Bytes CLUSTER = Bytes.of(64 * 1024);

    /** Two hosts have a volume during a migration. */
    int MOST_HOSTS = 2;

    String SEE_VOLUMES = "see: headroom volume list";

    /**
     * What is known when the order's turn comes.
     *
     * @param guarded the hosts whose mail names a volume: a VM has it open there
     * @param unread why it is not known of every host what it uses; empty where it is
     * @param unserved every request that waits for space, or for its turn
     * @param wasDeleted whether the pool log tells that the volume with this name or id was deleted
     */
    record Known(
            Pool pool,
            Function<VolumeId, Set<HostId>> guarded,
            Optional<String> unread,
            List<Request> unserved,
            Predicate<String> wasDeleted) {
        public Known {
            unserved = List.copyOf(unserved);
        }
    }

    static Ruling on(Order order, Known known) {
        if (order instanceof Order.CreateVolume create) {
            return create(create, known);
        } else if (order instanceof Order.ResizeVolume resize) {
            return ofReady(resize.volume(), known, volume -> resize(resize, volume, known));
        } else if (order instanceof Order.DeleteVolume delete) {
            return delete(delete, known);
        } else if (order instanceof Order.AssignVolume assign) {
            return ofReady(assign.volume(), known, volume -> assign(assign, volume, known));
        } else if (order instanceof Order.ReleaseVolume release) {
            return ofReady(release.volume(), known, volume -> release(release, volume));
        } else if (order instanceof Order.AddLun add) {
            return addLun(add, known.pool());
        } else if (order instanceof Order.GrowLun grow) {
            return growLun(grow, known.pool());
        }
        throw new AssertionError("unhandled " + order);
    }

    private static Ruling create(Order.CreateVolume order, Known known) {
        Pool pool = known.pool();
        try {
            new VolumeName(order.name());
        } catch (IllegalArgumentException refused) {
            return new No(refused.getMessage(), "choose another name");
        }
        Optional<Ruling> wrongSize = wrongVirtualSize(order.virtualSize());
        if (wrongSize.isPresent()) {
            return wrongSize.get();
        }
        Optional<Volume> there = pool.find(order.name());
        if (there.isPresent() && there.get().state() != State.UNFINISHED) {
            return taken(order, there.get());
        }
        Bytes limit = Qcow2.fullyAllocated(order.virtualSize(), CLUSTER).roundedUpTo(pool.extent());
        Bytes least = Order.LEAST_SIZE.min(limit);
        Bytes size = order.size().orElse(Order.USUAL_SIZE.min(limit));
        if (size.isOver(limit) || least.isOver(size)) {
            return new No(
                    "volume " + order.name() + " cannot begin with " + size,
                    "allowed is " + least + " to " + limit + ", which is what its image takes when it is full");
        }
        if (there.isEmpty() && pool.level() == PoolLevel.CRITICAL) {
            return new No(
                    "the pool is critical, " + pool.free() + " of " + pool.capacity()
                            + " are free: what is left is for the guests that run",
                    "add a LUN, or delete what nobody needs");
        }
        Bytes rounded = size.roundedUpTo(pool.extent());
        Bytes awaited = pool.lacking(known.unserved());
        Bytes available = pool.free().minusOrZero(pool.reserve()).minusOrZero(awaited);
        if (there.isEmpty() && rounded.isOver(available)) {
            String reserve = pool.reserve().isZero() ? "" : " beside its reserve of " + pool.reserve();
            String owed = awaited.isZero() ? "" : ", where guests wait for " + awaited;
            return new No(
                    "the pool has " + available + " free" + reserve + owed + ", volume " + order.name() + " needs "
                            + rounded,
                    "add a LUN, delete what nobody needs, or begin with less: --size");
        }
        return new Go(new Deed.Creation(order.name(), rounded, order.virtualSize()));
    }

    private static Ruling taken(Order.CreateVolume order, Volume there) {
        if (there.state() == State.CONDEMNED) {
            return new No(
                    "a volume " + order.name() + " is being deleted", "ask again when it is gone, " + SEE_VOLUMES);
        }
        if (there.name().equals(order.name()) && there.virtualSize().equals(order.virtualSize())) {
            return new Already("volume " + order.name() + " is there already", Optional.of(there));
        }
        return new No(
                "there is a volume " + order.name() + " already, of " + there.virtualSize() + ", not "
                        + order.virtualSize(),
                "choose another name, or enlarge it: headroom volume resize");
    }

    private static Optional<Ruling> wrongVirtualSize(Bytes size) {
        boolean isAllowed = size.isAtLeast(Order.LEAST_VIRTUAL_SIZE)
                && Order.LARGEST_VIRTUAL_SIZE.isAtLeast(size)
                && size.roundedDownTo(SECTOR).equals(size);
        return isAllowed
                ? Optional.empty()
                : Optional.of(new No(
                        "an image cannot have " + size + " (" + size.value() + " bytes)",
                        "allowed is " + Order.LEAST_VIRTUAL_SIZE + " to " + Order.LARGEST_VIRTUAL_SIZE
                                + ", in multiples of " + SECTOR));
    }

    private static Ruling resize(Order.ResizeVolume order, Volume volume, Known known) {
        Optional<Ruling> wrongSize = wrongVirtualSize(order.virtualSize());
        if (wrongSize.isPresent()) {
            return wrongSize.get();
        }
        if (volume.virtualSize().equals(order.virtualSize())) {
            return new Already("the image is " + volume.virtualSize() + " large already", Optional.of(volume));
        }
        if (volume.virtualSize().isOver(order.virtualSize())) {
            return new No(
                    "the image of volume " + volume.name() + " is " + volume.virtualSize()
                            + " large, and is never made smaller, which would cut off what the guest wrote",
                    "name a size over that");
        }
        return inUse(volume, known)
                .orElseGet(() -> new Go(new Deed.Resize(volume.id(), volume.virtualSize(), order.virtualSize())));
    }

    private static Ruling delete(Order.DeleteVolume order, Known known) {
        Optional<Volume> found = known.pool().find(order.volume());
        if (found.isEmpty()) {
            return known.wasDeleted().test(order.volume())
                    ? new Already("volume " + order.volume() + " was deleted already", Optional.empty())
                    : unknown(order.volume());
        }
        Volume volume = found.get();
        return inUse(volume, known)
                .orElseGet(() -> new Go(new Deed.Deletion(volume.id(), volume.name(), volume.size(), order.wipe())));
    }

    private static Ruling assign(Order.AssignVolume order, Volume volume, Known known) {
        if (volume.hosts().contains(order.host())) {
            return new Already(
                    "host " + order.host() + " may use volume " + volume.name() + " already", Optional.of(volume));
        }
        Set<HostId> others = users(volume, known);
        others.remove(order.host());
        if (!others.isEmpty() && !order.shared()) {
            return new No(
                    "volume " + volume.name() + " is in use on host " + one(others) + ", and never on two",
                    "stop its VM there, then: headroom volume deactivate " + volume.name()
                            + "; only for a migration say --shared");
        }
        if (others.size() >= MOST_HOSTS) {
            return new No(
                    "volume " + volume.name() + " is in use on the hosts " + others + " already",
                    "a migration has two: deactivate it on one of them first");
        }
        List<HostId> to = new ArrayList<>(volume.hosts());
        to.add(order.host());
        return new Go(new Deed.Assignment(volume.id(), List.copyOf(volume.hosts()), to));
    }

    private static Ruling release(Order.ReleaseVolume order, Volume volume) {
        if (!volume.hosts().contains(order.host())) {
            return new Already(
                    "volume " + volume.name() + " is not assigned to host " + order.host(), Optional.of(volume));
        }
        List<HostId> to = new ArrayList<>(volume.hosts());
        to.remove(order.host());
        return new Go(new Deed.Assignment(volume.id(), List.copyOf(volume.hosts()), to));
    }

    private static Ruling addLun(Order.AddLun order, Pool pool) {
        Optional<Lun> there = pool.lun(order.device());
        if (there.isPresent()) {
            boolean isSame =
                    order.size().isZero() || order.size().equals(there.get().size());
            return isSame
                    ? new Already(order.device() + " is a LUN of the pool already", Optional.empty())
                    : new No(
                            order.device() + " is a LUN of the pool already, with "
                                    + there.get().size(),
                            "to enlarge it: headroom lun refresh");
        }
        try {
            new LunName(order.device());
        } catch (IllegalArgumentException refused) {
            return new No(refused.getMessage(), "name it so");
        }
        return new Go(new Deed.NewLun(order.device(), order.size(), order.force()));
    }

    private static Ruling growLun(Order.GrowLun order, Pool pool) {
        Optional<Lun> there = pool.lun(order.device());
        if (there.isEmpty()) {
            return new No("the pool has no LUN " + order.device(), "see: headroom lun list");
        }
        Bytes size = there.get().size();
        if (!order.size().isZero() && size.isAtLeast(order.size())) {
            return new Already("LUN " + order.device() + " has " + size + " already", Optional.empty());
        }
        return new Go(new Deed.LargerLun(there.get().device(), order.size()));
    }

    private static Ruling ofReady(String name, Known known, Function<Volume, Ruling> rule) {
        Optional<Volume> found = known.pool().find(name);
        if (found.isEmpty()) {
            return unknown(name);
        }
        if (found.get().state() != State.READY) {
            return new No(
                    "volume " + name + " is "
                            + (found.get().state() == State.CONDEMNED ? "being deleted" : "unfinished"),
                    found.get().state() == State.CONDEMNED ? SEE_VOLUMES : "create it again, or delete it");
        }
        return rule.apply(found.get());
    }

    private static Ruling unknown(String name) {
        return new No("the pool has no volume " + name, SEE_VOLUMES);
    }

    private static Optional<Ruling> inUse(Volume volume, Known known) {
        Set<HostId> users = users(volume, known);
        if (!users.isEmpty()) {
            HostId host = one(users);
            return Optional.of(new No(
                    "volume " + volume.name() + " is in use on host " + host,
                    volume.hosts().contains(host)
                            ? "stop its VM there, then, on that host: headroom volume deactivate " + volume.name()
                            : "stop its VM there; a host that is gone for good has to be started once without it"));
        }
        return known.unread()
                .map(cause -> new No(
                        "whether volume " + volume.name() + " is in use is not known: " + cause,
                        "ask again; headroom status says what cannot be read"));
    }

    private static Set<HostId> users(Volume volume, Known known) {
        Set<HostId> users = new TreeSet<>(volume.hosts());
        users.addAll(known.guarded().apply(volume.id()));
        return users;
    }

    private static HostId one(Set<HostId> hosts) {
        return hosts.iterator().next();
    }
}
