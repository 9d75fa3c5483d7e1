package io.headroom.node.device;

import io.headroom.node.process.Command;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A real block device over a sparse file; gone when it is closed. */
public final class LoopDevice implements AutoCloseable {
    /** Longer than a machine is busy with other things. */
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private final Path file;
    private final Path path;

    private LoopDevice(Path file, Path path) {
        this.file = file;
        this.path = path;
    }

    /** @param options of {@code losetup}, such as {@code -b 4096} */
    public static LoopDevice attach(Path file, long size, String... options) throws IOException {
        lengthen(file, size);
        List<String> argv = new ArrayList<>(List.of("losetup", "--find", "--show"));
        argv.addAll(List.of(options));
        argv.add(file.toString());
        return new LoopDevice(file, Path.of(run(argv.toArray(String[]::new)).strip()));
    }

    public Path path() {
        return path;
    }

    /** As an array does: the file behind it is larger, and the kernel has looked again. */
    public void grow(long size) throws IOException {
        lengthen(file, size);
        run("losetup", "--set-capacity", path.toString());
    }

    /** @return what the program wrote; fails where it does */
    public static String run(String... argv) throws IOException {
        Command.Outcome outcome = new Command(List.of(argv), LIMIT, 1 << 20).run();
        if (outcome instanceof Command.Outcome.Exited exited && exited.status() == 0) {
            return exited.output();
        }
        throw new IOException(List.of(argv) + ": " + outcome);
    }

    @Override
    public void close() throws IOException {
        run("losetup", "--detach", path.toString());
    }

    private static void lengthen(Path file, long size) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(size);
        }
    }
}
