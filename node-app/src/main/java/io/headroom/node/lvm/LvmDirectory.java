package io.headroom.node.lvm;

import io.headroom.node.device.DeviceNumber;
import io.headroom.node.lvm.LvmCommand.Side;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What LVM is told about this machine, in a directory of one node:
 *
 * <pre>
 *   metadata/lvm.conf     {@link Side#METADATA}: sees the pool's LUNs, touches no device-mapper table
 *   host/lvm.conf         {@link Side#HOST}: sees the pool's LUNs, makes tables on this host
 *   candidates/lvm.conf   {@link Side#CANDIDATES}: sees everything that may be a LUN of the pool, reads only
 *   luns/NAME             a link to each LUN of the pool
 *   all/NAME              a link to each candidate
 * </pre>
 *
 * <p>LVM scans nothing but the links, so a volume group that does not stand on the pool's LUNs does not exist for it,
 * whatever it is called, and a command costs the same however many devices the machine has. The administrator's own
 * {@code lvm.conf} and devices file are not read.
 */
final class LvmDirectory {
    private static final String CONF = """
            devices {
            \tdir = "/dev"
            \tscan = [ "%1$s" ]
            \tfilter = [ "a|^%1$s/|", "r|.*|" ]
            \tglobal_filter = [ "a|^%1$s/|", "r|.*|" ]
            \tuse_devicesfile = 0
            \tobtain_device_list_from_udev = 0
            \texternal_device_info_source = "none"
            \thints = "none"
            \tscan_lvs = 0
            \tallow_changes_with_duplicate_pvs = 0
            }
            global {
            \tuse_aio = 0
            \tactivation = %2$d
            \twait_for_locks = %3$d
            \tlocking_dir = "%4$s"
            \tuse_lvmlockd = 0
            \tuse_lvmpolld = 0
            \tevent_activation = 0
            \tnotify_dbus = 0
            \tsystem_id_source = "none"
            }
            activation {
            \tmonitoring = 0
            \tretry_deactivation = 0
            \tudev_sync = %5$d
            \tudev_rules = %5$d
            }
            backup {
            \tbackup = 0
            \tarchive = 0
            }
            log {
            \tsyslog = 0
            \tverbose = 0
            }
            """;

    /** Shared with every other command on this host, so that an administrator's never runs beside ours. */
    private static final Path COMMON_LOCKS = Path.of("/run/lock/lvm");

    private static final Path UDEV = Path.of("/run/udev/control");

    private final Path root;

    private LvmDirectory(Path root) {
        this.root = root;
    }

    /**
     * Writes the configuration; no link is there yet.
     *
     * @param root of this node alone; letters, digits and {@code / . _ -}
     */
    static LvmDirectory write(Path root) throws IOException {
        if (!root.isAbsolute() || !root.toString().matches("[A-Za-z0-9/._-]+")) {
            throw new UnusableGroup("LVM's configuration cannot stand in \"" + root
                    + "\"; allowed is an absolute path of letters, digits and / . _ -");
        }
        LvmDirectory directory = new LvmDirectory(root);
        Path luns = directory.links(Side.METADATA);
        int udev = Files.exists(UDEV) ? 1 : 0;
        Path ownLocks = Files.createDirectories(root.resolve("lock"));
        Files.createDirectories(luns);
        Files.createDirectories(directory.links(Side.CANDIDATES));
        directory.configure(Side.METADATA, CONF.formatted(luns, 0, 0, COMMON_LOCKS, 0));
        // Tables are made while the SPM on this machine changes metadata; neither waits for the other.
        directory.configure(Side.HOST, CONF.formatted(luns, 1, 1, ownLocks, udev));
        directory.configure(Side.CANDIDATES, CONF.formatted(directory.links(Side.CANDIDATES), 0, 1, ownLocks, 0));
        return directory;
    }

    private void configure(Side side, String content) throws IOException {
        Path directory = Files.createDirectories(configuration(side));
        Path written = Files.writeString(directory.resolve("lvm.conf.new"), content, StandardCharsets.US_ASCII);
        Files.move(written, directory.resolve("lvm.conf"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** For {@code LVM_SYSTEM_DIR}. */
    Path configuration(Side side) {
        return switch (side) {
            case METADATA -> root.resolve("metadata");
            case HOST -> root.resolve("host");
            case CANDIDATES -> root.resolve("candidates");
            case PROGRAM -> throw new IllegalArgumentException("no command of LVM");
        };
    }

    private Path links(Side side) {
        return root.resolve(side == Side.CANDIDATES ? "all" : "luns");
    }

    /** Makes these the devices that commands of {@code side} see; each device once, under the first of its names. */
    synchronized void show(Side side, Collection<Path> devices) throws IOException {
        Map<DeviceNumber, Path> distinct = new LinkedHashMap<>();
        for (Path device : devices) {
            DeviceNumber.of(device).ifPresent(number -> distinct.putIfAbsent(number, device));
        }
        Map<String, Path> wanted = new HashMap<>();
        for (Path device : distinct.values()) {
            Path other = wanted.put(linkName(device), device);
            if (other != null) {
                throw new UnusableGroup(
                        "cannot tell " + other + " from " + device + ": link one of them by another name");
            }
        }
        try (DirectoryStream<Path> links = Files.newDirectoryStream(links(side))) {
            for (Path link : links) {
                Path device = wanted.get(link.getFileName().toString());
                if (device != null && device.equals(Files.readSymbolicLink(link))) {
                    wanted.remove(linkName(device));
                } else {
                    Files.delete(link);
                }
            }
        }
        for (Map.Entry<String, Path> missing : wanted.entrySet()) {
            Files.createSymbolicLink(links(side).resolve(missing.getKey()), missing.getValue());
        }
    }

    /** The devices that commands of {@code side} see. */
    synchronized List<Path> shown(Side side) throws IOException {
        List<Path> devices = new ArrayList<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(links(side))) {
            for (Path link : links) {
                devices.add(Files.readSymbolicLink(link));
            }
        }
        return devices;
    }

    /** What LVM is told to call the device, by whichever of its paths it is shown. */
    synchronized String nameFor(Path device) throws IOException {
        Path shown = device;
        Optional<DeviceNumber> number = DeviceNumber.of(device);
        if (number.isPresent()) {
            for (Path other : shown(Side.METADATA)) {
                shown = DeviceNumber.of(other).equals(number) ? other : shown;
            }
        }
        return links(Side.METADATA).resolve(linkName(shown)).toString();
    }

    /** The device that LVM calls so; the name itself where it is not one of ours, such as of a missing device. */
    static String deviceOf(String name) {
        Path link = Path.of(name);
        try {
            return Files.isSymbolicLink(link) ? Files.readSymbolicLink(link).toString() : name;
        } catch (IOException gone) {
            return name;
        }
    }

    private static String linkName(Path device) {
        return device.toString().substring(1).replace('/', '+');
    }

    /**
     * The block devices that the globs name at present, such as {@code /dev/mapper/lun-*}.
     *
     * @throws UnusableGroup where a glob is not absolute
     */
    static List<Path> matching(List<String> globs) throws IOException {
        List<Path> devices = new ArrayList<>();
        for (String glob : globs) {
            Path directory = Path.of(glob).getParent();
            if (!glob.startsWith("/") || directory == null) {
                throw new UnusableGroup("not a device: \"" + glob
                        + "\" in headroom.pool.devices; allowed are absolute paths, with * and ? in the last part,"
                        + " such as /dev/mapper/lun-*");
            }
            if (directory.toString().matches(".*[*?\\[{].*")) {
                throw new UnusableGroup("\"" + glob + "\" in headroom.pool.devices has wildcards in its directory;"
                        + " allowed are * and ? in the last part, such as /dev/mapper/lun-*");
            }
            if (!Files.isDirectory(directory)) {
                continue;
            }
            PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
            try (Stream<Path> entries = Files.list(directory)) {
                entries.filter(matcher::matches)
                        .filter(DeviceNumber::leadsToBlockDevice)
                        .sorted()
                        .forEach(devices::add);
            }
        }
        return devices;
    }
}
