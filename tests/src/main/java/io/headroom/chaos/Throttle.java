package io.headroom.chaos;

import io.headroom.node.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Slows what some processes read and write down, by a control group of the kernel's block layer (version 1). */
final class Throttle implements AutoCloseable {
    private static final Path GROUPS = Path.of("/sys/fs/cgroup/blkio");
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final Path group;
    private final String device;

    private Throttle(Path group, String device) {
        this.group = group;
        this.device = device;
    }

    /** @param directory on the file system that is slowed down */
    static Throttle on(Path directory) {
        Command.Outcome found = new Command(
                        List.of("findmnt", "--noheadings", "--output", "MAJ:MIN", "--target", directory.toString()),
                        LIMIT,
                        256)
                .run();
        String device = found instanceof Command.Outcome.Exited exited && exited.status() == 0
                ? exited.output().strip()
                : "";
        return new Throttle(
                GROUPS.resolve("headroom-chaos-" + ProcessHandle.current().pid()), device);
    }

    Optional<String> obstacle() {
        return Files.isWritable(GROUPS.resolve("blkio.throttle.write_iops_device")) && !device.startsWith("0:")
                ? Optional.empty()
                : Optional.of("there is no writable " + GROUPS + " for the device under the pool");
    }

    void slow(List<Long> pids, int ordersPerSecond) throws IOException {
        Files.createDirectories(group);
        for (String direction : List.of("read", "write")) {
            Files.writeString(
                    group.resolve("blkio.throttle." + direction + "_iops_device"), device + " " + ordersPerSecond);
        }
        for (long pid : pids) {
            Files.writeString(group.resolve("cgroup.procs"), Long.toString(pid));
        }
    }

    void mend() throws IOException {
        if (Files.exists(group)) {
            for (String pid : Files.readAllLines(group.resolve("cgroup.procs"))) {
                Files.writeString(GROUPS.resolve("cgroup.procs"), pid);
            }
            Files.delete(group);
        }
    }

    @Override
    public void close() throws IOException {
        mend();
    }
}
