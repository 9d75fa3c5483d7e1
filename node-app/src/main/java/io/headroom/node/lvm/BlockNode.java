package io.headroom.node.lvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Block devices by their number, which is the same whatever path leads to them. */
final class BlockNode {
    private static final int TYPE = 0xF000;
    private static final int BLOCK = 0x6000;

    private BlockNode() {}

    /** Also through links; false where there is nothing. */
    static boolean isBlockDevice(Path path) {
        try {
            return ((int) Files.getAttribute(path, "unix:mode") & TYPE) == BLOCK;
        } catch (IOException nothing) {
            return false;
        }
    }

    /** Of the block device that the path leads to. */
    static long number(Path device) throws IOException {
        return (long) Files.getAttribute(device, "unix:rdev");
    }

    /** As the kernel writes it in sysfs: {@code MAJOR:MINOR}. */
    static String inSysfs(long number) {
        long major = number >>> 8 & 0xFFF | number >>> 32 & ~0xFFFL;
        long minor = number & 0xFF | number >>> 12 & ~0xFFL;
        return major + ":" + minor;
    }
}
