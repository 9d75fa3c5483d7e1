package io.headroom.disk;

import io.headroom.model.Bytes;
import io.headroom.port.Qemu;
import java.util.Optional;

/**
 * Tells from QEMU's view alone that a guest, which is stopped by an I/O error, was stopped for want of space on a disk.
 * QEMU keeps a device's first error for ever, so its word proves something only where it is new; the write pointer,
 * which counts failed writes, proves it where it lies beyond what the guest had.
 */
final class Exhaustion {
    private record Sight(Bytes room, boolean ranOut) {}

    private Optional<Sight> last = Optional.empty();

    /**
     * @param missed whether QEMU may have said something since the last look that nobody heard; otherwise its event
     *     counts, and not what happened meanwhile
     * @param device the device's size as this host knows it
     */
    boolean isShown(Qemu.Disk seen, boolean stoppedByIoError, boolean missed, Bytes device) {
        Bytes room = seen.bounded() ? seen.size().min(device) : device;
        boolean isBeyond = seen.pointer().isOver(room);
        boolean wasBeyond =
                missed && last.map(of -> seen.pointer().isOver(of.room())).orElse(false);
        boolean isNews = missed && seen.ranOut() && last.map(of -> !of.ranOut()).orElse(false);
        last = Optional.of(new Sight(room, seen.ranOut()));
        return stoppedByIoError && (isBeyond || wasBeyond || isNews);
    }
}
