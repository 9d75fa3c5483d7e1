package io.headroom.cluster;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A file that this process, and within it one owner, has locked through the operating system. The lock ends with {@link
 * #close()} or with the process, and never before. Beside the file, {@code FILE.holder} tells who has it.
 */
public final class LockedFile implements AutoCloseable {
    /**
     * The files that this process has locked. Closing any channel of a file frees the process's POSIX lock on it, so a
     * locked file must never be opened a second time, not even to look who holds it.
     */
    private static final Set<Path> LOCKED = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;
    private final Object key;

    private LockedFile(Path file, FileChannel channel, Object key) {
        this.file = file;
        this.channel = channel;
        this.key = key;
    }

    /**
     * Tries once, without waiting.
     *
     * @param file exists
     * @param holder who we are, in words for an operator
     * @return empty where somebody else has it, who is named by {@link #holderOf}
     */
    public static Optional<LockedFile> tryLock(Path file, String holder) throws IOException {
        Path absolute = file.toAbsolutePath().normalize();
        if (!LOCKED.add(absolute)) {
            return Optional.empty();
        }
        FileChannel channel = null;
        Optional<LockedFile> taken = Optional.empty();
        try {
            channel = FileChannel.open(absolute, StandardOpenOption.WRITE);
            if (channel.tryLock() != null) {
                LockedFile locked = new LockedFile(absolute, channel, keyOf(absolute));
                Files.writeString(holderFile(absolute), holder + "\n");
                taken = Optional.of(locked);
            }
            return taken;
        } catch (NoSuchFileException missing) {
            throw new IOException("the file " + file + " is missing; is this the directory of a pool?", missing);
        } finally {
            // Also where the disk is too full to note the holder: a lock that nobody knows of would keep all others
            // out.
            if (taken.isEmpty()) {
                free(absolute, channel);
            }
        }
    }

    /** Who says to have locked the file, now or last. */
    public static String holderOf(Path file) throws IOException {
        Path holder = holderFile(file.toAbsolutePath().normalize());
        return Files.exists(holder) ? Files.readString(holder).strip() : "unknown";
    }

    /** The path still leads to the file that is locked: nobody removed it or made it anew. */
    public boolean isInPlace() throws IOException {
        return Files.exists(file) && Objects.equals(key, keyOf(file));
    }

    /** Frees the file. Repeating it is harmless. */
    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            free(file, channel);
        }
    }

    private static void free(Path file, FileChannel channel) throws IOException {
        try {
            if (channel != null) {
                channel.close();
            }
        } finally {
            LOCKED.remove(file);
        }
    }

    private static Path holderFile(Path file) {
        return file.resolveSibling(file.getFileName() + ".holder");
    }

    private static Object keyOf(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }
}
