package io.headroom.cluster;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A real volume group on a loop device, metadata only. Each host has an LVM configuration, and so locks, of its own: what
 * two of them do in one moment destroys the group, as it would on two machines.
 */
final class ScratchVolumeGroup implements AutoCloseable {
    static final String NAME = "headroom_scratch";
    static final Duration LIMIT = Duration.ofSeconds(30);

    private static final long SIZE = 8L << 30;

    private final Path directory;
    private final Runner runner;

    private ScratchVolumeGroup(Path directory, Runner runner) {
        this.directory = directory;
        this.runner = runner;
    }

    /** Makes the group for {@code hosts} hosts; needs root. */
    static ScratchVolumeGroup create(Path directory, int hosts) throws IOException {
        Path lun = directory.resolve("lun");
        try (RandomAccessFile file = new RandomAccessFile(lun.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        Runner runner = new ChildProcesses();
        String loop = checked(runner, List.of("losetup", "--find", "--show", lun.toString()), Map.of())
                .strip();
        Files.writeString(directory.resolve("loop"), loop);
        ScratchVolumeGroup group = new ScratchVolumeGroup(directory, runner);
        for (int host = 0; host <= hosts; host++) {
            group.configure(host, loop);
        }
        group.lvm("pvcreate", "--metadatasize", "16m", loop);
        group.lvm("vgcreate", "--physicalextentsize", "64k", NAME, loop);
        return group;
    }

    private void configure(int host, String loop) throws IOException {
        Path system = Files.createDirectories(systemOf(directory, host));
        Files.writeString(system.resolve("lvm.conf"), """
                devices {
                  dir="/dev"
                  filter=["a|^%1$s$|","r|.*|"]
                  global_filter=["a|^%1$s$|","r|.*|"]
                  hints="none"
                  use_devicesfile=0
                }
                global { activation=0 use_aio=0 locking_dir="%2$s/lock" event_activation=0 use_lvmpolld=0 }
                activation { monitoring=0 udev_sync=0 udev_rules=0 }
                backup { backup=0 archive=0 }
                """.formatted(loop, system));
    }

    private static Path systemOf(Path directory, int host) {
        return directory.resolve("host-" + host);
    }

    /** What a command of the host runs with. */
    static Map<String, String> environment(Path directory, int host) {
        return Map.of("LVM_SYSTEM_DIR", systemOf(directory, host).toString(), "LC_ALL", "C");
    }

    private String lvm(String... words) throws IOException {
        List<String> argv = new ArrayList<>(List.of("lvm"));
        argv.addAll(List.of(words));
        return checked(runner, argv, environment(directory, 0));
    }

    private static String checked(Runner runner, List<String> argv, Map<String, String> environment)
            throws IOException {
        Runner.Ended ended = runner.run(argv, environment, LIMIT);
        if (ended.status() != 0) {
            throw new IOException(argv + " ended with " + ended.status() + ": " + ended.errors());
        }
        return ended.output();
    }

    /** @throws IOException where the metadata is not whole */
    void check() throws IOException {
        lvm("vgck", NAME);
    }

    Look look() throws IOException {
        return Look.at(runner, environment(directory, 0));
    }

    @Override
    public void close() throws IOException {
        checked(runner, List.of("losetup", "--detach", Files.readString(directory.resolve("loop"))), Map.of());
    }

    /** What stands in the group: its sequence number, its tag, each volume's size in extents. */
    record Look(long seqno, String tag, Map<String, Long> sizes) {
        static Look at(Runner runner, Map<String, String> environment) throws IOException {
            String group = checked(runner, report("vgs", "vg_seqno,vg_tags", "--nosuffix"), environment);
            String[] fields = group.strip().split("!", -1);
            Map<String, Long> sizes = checked(runner, report("lvs", "lv_name,lv_size", "--units", "64k"), environment)
                    .lines()
                    .map(line -> line.strip().split("!"))
                    .collect(Collectors.toMap(
                            volume -> volume[0],
                            volume -> Long.parseLong(volume[1].replaceAll("\\D.*", "")),
                            (a, b) -> a,
                            TreeMap::new));
            return new Look(Long.parseLong(fields[0]), fields[1], sizes);
        }

        private static List<String> report(String what, String columns, String... more) {
            List<String> argv = new ArrayList<>(
                    List.of("lvm", what, "--readonly", "--noheadings", "--separator", "!", "-o", columns));
            argv.addAll(List.of(more));
            argv.add(NAME);
            return argv;
        }
    }
}
