package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelLocksTest {
    @TempDir
    Path directory;

    @Test
    void lockedFile_isSeenWithoutBeingOpened() throws IOException {
        Path locked = Files.createFile(directory.resolve("locked"));
        Path other = Files.createFile(directory.resolve("other"));
        try (FileChannel channel = FileChannel.open(locked, StandardOpenOption.WRITE)) {
            channel.lock();

            assertThat(KernelLocks.isLocked(locked, KernelLocks.USUAL)).contains(true);
            assertThat(KernelLocks.isLocked(other, KernelLocks.USUAL)).contains(false);
            assertThat(channel.isOpen()).isTrue();
        }
        assertThat(KernelLocks.isLocked(locked, KernelLocks.USUAL)).contains(false);
    }

    @Test
    void whoOnlyWaits_hasNoLock() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        long inode = (Long) Files.getAttribute(file, "unix:ino");
        Path list = directory.resolve("locks");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.lock();
            String held = Files.readAllLines(KernelLocks.USUAL).stream()
                    .filter(line -> line.contains(":" + inode + " "))
                    .findFirst()
                    .orElseThrow();
            Files.writeString(list, held.replaceFirst("POSIX", "-> POSIX"));
        }

        assertThat(KernelLocks.isLocked(file, list)).contains(false);
    }

    @Test
    void kernelThatDoesNotTell_isUnknown() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));

        assertThat(KernelLocks.isLocked(file, directory.resolve("missing"))).isEmpty();
    }
}
