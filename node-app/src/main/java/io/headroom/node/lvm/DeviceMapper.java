package io.headroom.node.lvm;

import io.headroom.model.Bytes;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import io.headroom.node.device.DeviceNumber;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The logical volumes that are active on this host, as the kernel tells in sysfs: no command is run, and what it says
 * is what QEMU gets.
 */
final class DeviceMapper {
    private static final long SECTOR = 512;
    private static final int UUID = 32;
    private static final Pattern LOGICAL = Pattern.compile("LVM-(\\w{" + UUID + "})(\\w{" + UUID + "})");

    /** Group and volume, each with its hyphens doubled. */
    private static final Pattern NAME = Pattern.compile("((?:[^-]|--)+)-((?:[^-]|--)+)");

    private final Path sysfs;

    /** @param sysfs {@code /sys} */
    DeviceMapper(Path sysfs) {
        this.sysfs = sysfs;
    }

    record Active(PoolId pool, VolumeId volume, String group, String name, Bytes size) {}

    /** Which logical volume a path leads to; empty where it leads to none, or nowhere. */
    Optional<Active> at(Path device) throws IOException {
        Optional<DeviceNumber> number = DeviceNumber.of(device);
        return number.isPresent()
                ? read(sysfs.resolve("dev/block").resolve(number.get().toString()))
                : Optional.empty();
    }

    /** The volume of the pool, where it is active. */
    Optional<Active> of(PoolId pool, VolumeId volume) throws IOException {
        return all(pool).stream().filter(one -> one.volume().equals(volume)).findFirst();
    }

    /** Every logical volume of the pool that is active. */
    List<Active> all(PoolId pool) throws IOException {
        List<Active> all = new ArrayList<>();
        try (DirectoryStream<Path> devices = Files.newDirectoryStream(sysfs.resolve("class/block"), "dm-*")) {
            for (Path device : devices) {
                read(device).filter(one -> one.pool().equals(pool)).ifPresent(all::add);
            }
        }
        return all;
    }

    private static Optional<Active> read(Path device) throws IOException {
        try {
            Matcher uuid = LOGICAL.matcher(line(device.resolve("dm/uuid")));
            Matcher name = NAME.matcher(line(device.resolve("dm/name")));
            if (!uuid.matches() || !name.matches()) {
                return Optional.empty();
            }
            return Optional.of(new Active(
                    new PoolId(dashed(uuid.group(1))),
                    new VolumeId(dashed(uuid.group(2))),
                    name.group(1).replace("--", "-"),
                    name.group(2).replace("--", "-"),
                    Bytes.of(Math.multiplyExact(Long.parseLong(line(device.resolve("size"))), SECTOR))));
        } catch (NoSuchFileException | NotDirectoryException noneOrGone) {
            return Optional.empty();
        }
    }

    private static String line(Path file) throws IOException {
        return Files.readString(file).strip();
    }

    /** As LVM's commands write it. */
    private static String dashed(String uuid) {
        StringBuilder text = new StringBuilder(uuid);
        for (int at : new int[] {26, 22, 18, 14, 10, 6}) {
            text.insert(at, '-');
        }
        return text.toString();
    }
}
