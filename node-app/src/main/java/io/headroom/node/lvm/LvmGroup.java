package io.headroom.node.lvm;

import io.headroom.model.Bytes;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A volume group as LVM reports it.
 *
 * @param extent sizes are multiples of it
 * @param sequence grows with every change of the metadata
 */
record LvmGroup(
        String name,
        PoolId id,
        Bytes size,
        Bytes free,
        Bytes extent,
        long sequence,
        Set<String> tags,
        List<Physical> physicals,
        List<Logical> logicals) {
    LvmGroup {
        tags = Set.copyOf(tags);
        physicals = List.copyOf(physicals);
        logicals = List.copyOf(logicals);
    }

    /**
     * A physical volume.
     *
     * @param device as LVM sees it on this host
     * @param size in whole extents, without what LVM keeps for itself
     * @param missing this host does not see it, and nothing can be changed
     * @param areas copies of the group's metadata on it
     * @param logicals of a missing one: the logical volumes that stand on it, or a part of them
     */
    record Physical(
            String id, String device, Bytes size, Bytes free, boolean missing, int areas, List<String> logicals) {
        Physical {
            logicals = List.copyOf(logicals);
        }
    }

    record Logical(VolumeId id, String name, Bytes size, Set<String> tags) {
        Logical {
            tags = Set.copyOf(tags);
        }

        Logical withSize(Bytes newSize) {
            return new Logical(id, name, newSize, tags);
        }
    }

    Optional<Logical> logical(VolumeId volume) {
        return logicals.stream().filter(one -> one.id().equals(volume)).findFirst();
    }

    Optional<Logical> named(String logical) {
        return logicals.stream().filter(one -> one.name().equals(logical)).findFirst();
    }

    /** After a logical volume was extended and nothing else happened. */
    LvmGroup extended(Logical grown, Bytes newSize) {
        return with(free.minusOrZero(newSize.minus(grown.size())), grown.id(), one -> one.withSize(newSize));
    }

    /** After a logical volume's tags were changed and nothing else happened. */
    LvmGroup retagged(VolumeId volume, UnaryOperator<Set<String>> change) {
        return with(free, volume, one -> new Logical(one.id(), one.name(), one.size(), change.apply(one.tags())));
    }

    private LvmGroup with(Bytes newFree, VolumeId changed, UnaryOperator<Logical> change) {
        List<Logical> all = logicals.stream()
                .map(one -> one.id().equals(changed) ? change.apply(one) : one)
                .toList();
        return new LvmGroup(name, id, size, newFree, extent, sequence + 1, tags, physicals, all);
    }
}
