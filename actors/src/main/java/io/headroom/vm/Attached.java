package io.headroom.vm;

import io.headroom.model.VolumeId;
import io.headroom.port.Qemu;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which of a VM's disks are tended, and which are none of ours.
 *
 * @param <T> who tends a disk
 */
final class Attached<T> {
    /** @param first the disk as it was when it was attached */
    record Tended<T>(VolumeId volume, Qemu.Disk first, T by) {}

    record Gone<T>(List<Tended<T>> tended, List<VmReport.LeftAlone> leftAlone) {}

    private final Map<String, Tended<T>> byNode = new HashMap<>();
    private final Map<String, VmReport.LeftAlone> leftAlone = new TreeMap<>();
    private final Set<String> beingFound = new HashSet<>();

    /** Whoever tends the disk that has this node as its format or its storage node. */
    Optional<Tended<T>> at(String node) {
        return Optional.ofNullable(byNode.get(node));
    }

    Optional<Tended<T>> of(VolumeId volume) {
        return byNode.values().stream()
                .filter(tended -> tended.volume().equals(volume))
                .findFirst();
    }

    boolean isLeftAlone(String node) {
        return leftAlone.containsKey(node);
    }

    /** Whether it has to be found out what the disk is; once true, it is false until {@link #found}. */
    boolean isStrange(Qemu.Disk disk) {
        return !byNode.containsKey(disk.node()) && !leftAlone.containsKey(disk.node()) && beingFound.add(disk.node());
    }

    boolean areAllFound() {
        return beingFound.isEmpty();
    }

    /** The search is over, whatever came of it. @return whether the VM still has the disk */
    boolean found(Qemu.Disk disk) {
        return beingFound.remove(disk.node());
    }

    Tended<T> attach(Qemu.Disk disk, VolumeId volume, T by) {
        Tended<T> tended = new Tended<>(volume, disk, by);
        byNode.put(disk.node(), tended);
        byNode.put(disk.storageNode(), tended);
        return tended;
    }

    void leaveAlone(Qemu.Disk disk, String why) {
        leftAlone.put(disk.node(), new VmReport.LeftAlone(disk.node(), disk.path(), why));
    }

    List<VmReport.LeftAlone> leftAlone() {
        return List.copyOf(leftAlone.values());
    }

    /** Disks that were unplugged, or whose nodes now are other disks, are no longer known. */
    Gone<T> detachOthers(List<Qemu.Disk> present) {
        Map<String, String> paths = new HashMap<>();
        present.forEach(disk -> paths.put(disk.node(), disk.path()));
        List<VmReport.LeftAlone> others = leftAlone.values().stream()
                .filter(other -> !other.path().equals(paths.get(other.node())))
                .toList();
        leftAlone.values().removeAll(others);
        beingFound.retainAll(paths.keySet());
        List<Tended<T>> gone = byNode.values().stream()
                .distinct()
                .filter(of -> !of.first().path().equals(paths.get(of.first().node())))
                .toList();
        byNode.values().removeAll(gone);
        return new Gone<>(gone, others);
    }
}
