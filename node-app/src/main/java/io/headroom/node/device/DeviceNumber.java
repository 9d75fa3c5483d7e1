package io.headroom.node.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A block device's number: the same whatever path leads to it. @param value as {@code stat} tells it */
public record DeviceNumber(long value) {
    private static final int TYPE = 0xF000;
    private static final int BLOCK = 0x6000;

    /** Also through links; empty where the path leads to no block device. */
    public static Optional<DeviceNumber> of(Path path) {
        try {
            return ((int) Files.getAttribute(path, "unix:mode") & TYPE) == BLOCK
                    ? Optional.of(new DeviceNumber((long) Files.getAttribute(path, "unix:rdev")))
                    : Optional.empty();
        } catch (IOException nothing) {
            return Optional.empty();
        }
    }

    /** Also through links. */
    public static boolean leadsToBlockDevice(Path path) {
        return of(path).isPresent();
    }

    /** As the kernel writes it: {@code MAJOR:MINOR}. */
    @Override
    public String toString() {
        long major = value >>> 8 & 0xFFF | value >>> 32 & ~0xFFFL;
        long minor = value & 0xFF | value >>> 12 & ~0xFFL;
        return major + ":" + minor;
    }
}
