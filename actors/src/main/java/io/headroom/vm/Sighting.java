package io.headroom.vm;

import io.headroom.port.Qemu;
import io.headroom.port.Volumes;
import java.util.Optional;

/**
 * A disk of a VM, held against the volumes of the pool: whether it is guarded, or why not.
 *
 * @param found the volume that the guest writes to
 * @param below the nearest volume among the files that the image lies on, which QEMU only reads
 */
record Sighting(Qemu.Disk disk, Optional<Volumes.Found> found, Optional<Volumes.Found> below) {

    /** Empty where the disk is a thin disk of the pool. */
    Optional<String> whyLeftAlone() {
        if (found.isEmpty()) {
            return Optional.of(below.map(volume -> "is a snapshot over the volume " + volume.name()
                            + " and itself no volume of the pool; commit it into the volume, or put it on one")
                    .orElse("is no volume of the pool"));
        }
        if (!disk.format().equals("qcow2")) {
            return Optional.of("is a volume of the pool, and not qcow2 but " + disk.format());
        }
        return found.get().bounded() || disk.bounded()
                ? Optional.empty()
                : Optional.of("is a file that nothing bounds: give QEMU a raw node with a size between the two");
    }

    /** Left alone, and yet the pool's: somebody may believe that it is guarded. */
    boolean isTrouble() {
        return found.isPresent() || below.isPresent();
    }
}
