package io.headroom.rig;

import io.headroom.cluster.Runner;
import io.headroom.node.lvm.LvmPool;
import io.headroom.node.process.DirectRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Stands in for a kernel without device-mapper: a volume is activated as a loop device over its place on its LUN, which
 * is a block device with exactly the volume's bytes, and a directory says what sysfs would. Every other command runs as
 * it is. Limits: a volume of one segment alone can be activated; a refresh changes the size that sysfs tells, not the
 * loop device's; nobody but {@link #hold} keeps a volume from being deactivated.
 */
public final class StandInTables implements Runner, AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int SECTOR = 512;

    private final Runner direct = new DirectRunner();
    private final Luns luns;
    private final Path devices;
    private final Path sysfs;
    private final Map<String, Path> active = new HashMap<>();
    private final Set<String> held = new HashSet<>();
    private final List<String> ran = new ArrayList<>();

    /** @param directory for what stands in for {@code /dev} and {@code /sys} */
    public StandInTables(Luns luns, Path directory) throws IOException {
        this.luns = luns;
        this.devices = Files.createDirectories(directory.resolve("dev"));
        this.sysfs = directory.resolve("sys");
        Files.createDirectories(sysfs.resolve("class/block"));
        Files.createDirectories(sysfs.resolve("dev/block"));
    }

    public LvmPool.Machine machine() {
        return new LvmPool.Machine(devices, sysfs);
    }

    /** Makes the real facts of a device known. */
    public void show(Path device) throws IOException {
        String number = Luns.number(device);
        Path link = sysfs.resolve("dev/block").resolve(number);
        if (!Files.exists(link)) {
            Files.createSymbolicLink(link, Path.of("/sys/dev/block").resolve(number));
        }
    }

    /** From now on somebody has the volume open. */
    public void hold(String volume) {
        held.add(volume);
    }

    /** Nobody has it open any more. */
    public void free(String volume) {
        held.remove(volume);
    }

    /** The commands since the last time this was asked. */
    public List<String> ran() {
        List<String> commands = List.copyOf(ran);
        ran.clear();
        return commands;
    }

    @Override
    public Ended run(List<String> argv, Map<String, String> environment, Duration limit) throws IOException {
        ran.add(String.join(" ", argv));
        if (argv.get(0).equals("dmsetup")) {
            String table = argv.get(2);
            deactivate(active.keySet().stream()
                    .filter(volume -> nameOf(volume).equals(table))
                    .findFirst()
                    .orElseThrow());
            return new Ended(0, "", "");
        }
        if (argv.size() != 4 || !argv.get(0).equals("lvm") || !argv.get(1).equals("lvchange")) {
            return direct.run(argv, environment, limit);
        }
        String volume = argv.get(3);
        switch (argv.get(2)) {
            case "-ay" -> activate(volume, environment);
            case "-an" -> {
                if (active.containsKey(volume) && held.contains(volume.substring(volume.indexOf('/') + 1))) {
                    return new Ended(5, "", "  Logical volume " + volume + " in use.\n");
                }
                deactivate(volume);
            }
            case "--refresh" -> refresh(volume, environment);
            default -> {
                return direct.run(argv, environment, limit);
            }
        }
        return new Ended(0, "", "");
    }

    private void activate(String volume, Map<String, String> environment) throws IOException {
        if (active.containsKey(volume)) {
            return;
        }
        List<String> segment =
                report(environment, volume, "lvs", "vg_uuid,lv_uuid,lv_size,vg_extent_size,seg_pe_ranges");
        if (segment.size() != 5) {
            throw new IOException("not a volume of one segment: " + segment);
        }
        String range = segment.get(4);
        String lun = range.substring(0, range.lastIndexOf(':'));
        String first = range.substring(range.lastIndexOf(':') + 1, range.lastIndexOf('-'));
        long start = Long.parseLong(report(environment, lun, "pvs", "pe_start").get(0));
        long offset = start + Long.parseLong(first) * Long.parseLong(segment.get(3));
        Path device = Path.of(Luns.run(
                        "losetup",
                        "--find",
                        "--show",
                        "--offset",
                        Long.toString(offset),
                        "--sizelimit",
                        segment.get(2),
                        Files.readSymbolicLink(Path.of(lun)).toString())
                .strip());
        active.put(volume, device);
        Path table = Files.createDirectories(table(device).resolve("dm")).getParent();
        Files.writeString(table.resolve("dm/uuid"), "LVM-" + (segment.get(0) + segment.get(1)).replace("-", "") + "\n");
        Files.writeString(table.resolve("dm/name"), nameOf(volume) + "\n");
        Files.writeString(table.resolve("size"), Long.parseLong(segment.get(2)) / SECTOR + "\n");
        Files.createSymbolicLink(classEntry(device), table);
        Path link = devices.resolve(volume);
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, device);
    }

    private static String nameOf(String volume) {
        return volume.replace("-", "--").replace("/", "-");
    }

    private void refresh(String volume, Map<String, String> environment) throws IOException {
        if (active.containsKey(volume)) {
            long size =
                    Long.parseLong(report(environment, volume, "lvs", "lv_size").get(0));
            Files.writeString(table(active.get(volume)).resolve("size"), size / SECTOR + "\n");
        }
    }

    private void deactivate(String volume) throws IOException {
        Path device = active.remove(volume);
        if (device != null) {
            Luns.run("losetup", "--detach", device.toString());
            Files.delete(devices.resolve(volume));
            Files.delete(classEntry(device));
            for (String file : List.of("dm/uuid", "dm/name", "dm", "size", "")) {
                Files.delete(table(device).resolve(file));
            }
        }
    }

    private Path table(Path device) throws IOException {
        return sysfs.resolve("dev/block").resolve(Luns.number(device));
    }

    private Path classEntry(Path device) {
        return sysfs.resolve("class/block")
                .resolve("dm-" + device.getFileName().toString().replaceAll("\\D", ""));
    }

    /** Without a table of this kernel's; the host's own configuration would ask for one. */
    private List<String> report(Map<String, String> environment, String what, String command, String fields)
            throws IOException {
        Map<String, String> reading = new HashMap<>(environment);
        reading.compute(
                "LVM_SYSTEM_DIR",
                (name, directory) ->
                        Path.of(directory).resolveSibling("metadata").toString());
        List<String> argv =
                List.of("lvm", command, "--readonly", "--noheadings", "--units", "b", "--nosuffix", "-o", fields, what);
        return List.of(direct.run(argv, reading, LIMIT).output().strip().split("\\s+"));
    }

    @Override
    public void close() throws IOException {
        for (String volume : List.copyOf(active.keySet())) {
            deactivate(volume);
        }
        luns.close();
    }
}
