package io.headroom.lun;

import io.headroom.model.Bytes;
import java.util.List;
import java.util.Optional;

/**
 * A block device as one host sees it; nothing of it was written to look.
 *
 * @param path by which the host was asked, or where it found the device
 * @param paths that {@code headroom.pool.devices} of the host names and that lead to it, in order; without one the host
 *     never touches it
 * @param identity the same on every host that sees the device: its WWID or serial number; empty where it has none
 * @param sector its logical block size in bytes
 * @param physicalSector in bytes
 * @param data what stands on it, such as {@code ext4} or a partition table; LVM's own mark is not among it
 * @param physical its membership in a volume group; empty where LVM never saw it
 * @param uses who has it at present, such as a mounted file system
 */
public record Device(
        String path,
        List<String> paths,
        String identity,
        Bytes size,
        int sector,
        int physicalSector,
        boolean writable,
        List<String> data,
        Optional<Physical> physical,
        List<String> uses) {
    public Device {
        paths = List.copyOf(paths);
        data = List.copyOf(data);
        uses = List.copyOf(uses);
    }

    /**
     * LVM's mark on a device.
     *
     * @param id of the physical volume
     * @param group empty where the device belongs to none, or to one that it does not know by itself
     * @param groupId empty where {@code group} is
     * @param taken it belongs to a volume group
     */
    public record Physical(String id, String group, String groupId, boolean taken) {}
}
