package io.headroom.node.qemu;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether some process listens at a socket, as the kernel lists it ({@code /proc/net/unix}, see unix(7)). A socket stands
 * in that list by the path to which it was bound, also when its file has been removed or replaced since: a second start of
 * a VM that fails leaves a file at which nobody listens, while the first QEMU lives.
 *
 * <p>The list is that of this process's network namespace, and of paths as their processes gave them. So a socket that is
 * not in it tells something only if it was in it before.
 */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

    /** Some hundred thousand sockets. */
    private static final int BYTES = 32 << 20;

    /** {@code Num RefCount Protocol Flags Type St Inode Path} */
    private static final int COLUMNS = 8;

    private static final int FLAGS = 3;
    private static final int PATH = 7;
    private static final long LISTENS = 0x10000;

    enum Sight {
        LISTENED,
        NOBODY,
        /** The list cannot be had. */
        UNKNOWN
    }

    private final Path list;

    /** @param list the kernel's */
    Listeners(Path list) {
        this.list = list;
    }

    static Listeners ofTheKernel() {
        return new Listeners(Path.of("/proc/net/unix"));
    }

    /** Blocks for as long as the kernel needs to write its list: milliseconds. */
    Sight at(Path socket) {
        try (InputStream stream = Files.newInputStream(list)) {
            byte[] bytes = stream.readNBytes(BYTES + 1);
            if (bytes.length > BYTES) {
                throw new IOException("it is longer than " + BYTES + " bytes");
            }
            String name = socket.getFileName().toString();
            return new String(bytes, StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> line.endsWith(name))
                            .anyMatch(line -> isListenerAt(socket, line))
                    ? Sight.LISTENED
                    : Sight.NOBODY;
        } catch (IOException unreadable) {
            LOG.debug("whether somebody listens at {} is unknown: {}: {}", socket, list, unreadable.toString());
            return Sight.UNKNOWN;
        }
    }

    private static boolean isListenerAt(Path socket, String line) {
        String[] columns = line.split("\\s+", COLUMNS);
        return columns.length == COLUMNS
                && columns[FLAGS].matches("[0-9A-F]{8}")
                && (Long.parseLong(columns[FLAGS], 16) & LISTENS) != 0
                && isSame(socket, columns[PATH]);
    }

    /** The file itself may be another one by now; its directory is not. */
    private static boolean isSame(Path socket, String bound) {
        try {
            Path one = socket.toAbsolutePath();
            Path other = Path.of(bound);
            return one.equals(other)
                    || other.isAbsolute()
                            && one.getFileName().equals(other.getFileName())
                            && Files.isSameFile(one.getParent(), other.getParent());
        } catch (IOException | InvalidPathException elsewhere) {
            return false;
        }
    }
}
