package io.headroom.vm;

import io.headroom.model.VolumeId;
import io.headroom.port.Qemu;
import io.headroom.port.Volumes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which of a VM's disks are tended, and which are none of ours.
 *
 * @param <T> who tends a disk
 */
final class Attached<T> {
    /** @param first the disk as it was when it was attached */
    record Tended<T>(VolumeId volume, Qemu.Disk first, T by) {}

    private final Map<String, Tended<T>> byNode = new HashMap<>();
    private final Set<String> leftAlone = new HashSet<>();
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
        return leftAlone.contains(node);
    }

    /** Whether it has to be found out what the disk is; once true, it is false until {@link #found}. */
    boolean isStrange(Qemu.Disk disk) {
        return !byNode.containsKey(disk.node()) && !leftAlone.contains(disk.node()) && beingFound.add(disk.node());
    }

    boolean areAllFound() {
        return beingFound.isEmpty();
    }

    /** The search is over, whatever came of it. */
    void found(Qemu.Disk disk) {
        beingFound.remove(disk.node());
    }

    Tended<T> attach(Qemu.Disk disk, VolumeId volume, T by) {
        Tended<T> tended = new Tended<>(volume, disk, by);
        byNode.put(disk.node(), tended);
        byNode.put(disk.storageNode(), tended);
        return tended;
    }

    /** @return why the disk is left alone from now on; empty where it can be attached */
    Optional<String> leaveAlone(Qemu.Disk disk, Optional<Volumes.Found> found) {
        Optional<String> whyNot = whyNot(disk, found);
        whyNot.ifPresent(why -> leftAlone.add(disk.node()));
        return whyNot;
    }

    private static Optional<String> whyNot(Qemu.Disk disk, Optional<Volumes.Found> found) {
        if (found.isEmpty()) {
            return Optional.of("is no volume of the pool");
        }
        if (!disk.format().equals("qcow2")) {
            return Optional.of("is not qcow2 but " + disk.format());
        }
        return found.get().bounded() || disk.bounded()
                ? Optional.empty()
                : Optional.of("is a file that nothing bounds: give QEMU a raw node with a size between the two");
    }

    /** A disk that was unplugged, or whose node now is another disk, is not tended any longer. */
    List<Tended<T>> detachOthers(List<Qemu.Disk> present) {
        Map<String, String> paths = new HashMap<>();
        present.forEach(disk -> paths.put(disk.node(), disk.path()));
        leftAlone.retainAll(paths.keySet());
        List<Tended<T>> gone = new ArrayList<>();
        for (Tended<T> tended : Set.copyOf(byNode.values())) {
            if (!tended.first().path().equals(paths.get(tended.first().node()))) {
                byNode.values().removeIf(tended::equals);
                gone.add(tended);
            }
        }
        return gone;
    }
}
