package io.headroom.node.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A block device's number: the same whatever path leads to it. */
final class DeviceNumber {
    private static final int TYPE = 0xF000;
    private static final int BLOCK = 0x6000;

    private DeviceNumber() {}

    /** Also through links; empty where the path leads to no block device. */
    static Optional<Long> of(Path path) {
        try {
            return ((int) Files.getAttribute(path, "unix:mode") & TYPE) == BLOCK
                    ? Optional.of((long) Files.getAttribute(path, "unix:rdev"))
                    : Optional.empty();
        } catch (IOException nothing) {
            return Optional.empty();
        }
    }

    /** As the kernel writes it: {@code MAJOR:MINOR}. */
    static String inSysfs(long number) {
        long major = number >>> 8 & 0xFFF | number >>> 32 & ~0xFFFL;
        long minor = number & 0xFF | number >>> 12 & ~0xFFL;
        return major + ":" + minor;
    }
}
