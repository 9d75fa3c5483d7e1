package io.headroom.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The kernel's own list of locked files. Reading it touches no lock, while opening a locked file may free it. */
final class KernelLocks {
    static final Path USUAL = Path.of("/proc/locks");

    private KernelLocks() {}

    /** @return empty where the kernel does not tell */
    static Optional<Boolean> isLocked(Path file, Path list) throws IOException {
        if (!Files.isReadable(list)) {
            return Optional.empty();
        }
        long device = (Long) Files.getAttribute(file, "unix:dev");
        String key =
                "%02x:%02x:%d".formatted(major(device), minor(device), (Long) Files.getAttribute(file, "unix:ino"));
        List<String> lines = Files.readAllLines(list);
        return Optional.of(lines.stream().anyMatch(line -> isHeld(line, key)));
    }

    /** {@code 3: FLOCK ADVISORY WRITE 4711 08:01:131 0 EOF}; one that waits has an arrow before its kind. */
    private static boolean isHeld(String line, String key) {
        List<String> words = List.of(line.trim().split("\\s+"));
        return words.contains(key) && !words.contains("->");
    }

    private static long major(long device) {
        return device >>> 8 & 0xfff | device >>> 32 & ~0xfffL;
    }

    private static long minor(long device) {
        return device & 0xff | device >>> 12 & ~0xffL;
    }
}
