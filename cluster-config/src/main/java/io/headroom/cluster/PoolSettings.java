package io.headroom.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the pool is made of, and who may change it. */
public sealed interface PoolSettings {

    /** Volumes are files; the lease is a lock in the same directory, for nodes on one machine. */
    record Directory(Path directory) implements PoolSettings {}

    /**
     * Volumes are logical volumes on shared LUNs.
     *
     * @param uuid empty where the name has to be enough
     * @param devices globs of absolute paths: where the pool's LUNs are looked for, and nowhere else
     * @param runtime what this node writes for itself until the machine is started again
     */
    record VolumeGroup(String name, Optional<String> uuid, List<String> devices, Path runtime, Lease lease)
            implements PoolSettings {
        public VolumeGroup {
            devices = List.copyOf(devices);
        }
    }

    /** Who may change a volume group. */
    sealed interface Lease {
        /** A lock of the operating system, for nodes on one machine; it has no time limit by itself. */
        record Flock() implements Lease {}

        /**
         * @param ioTimeout sanlock's; every host of the pool has the same
         * @param watchdog false only in a test: without a watchdog nothing stops a host that lost the storage
         */
        record Sanlock(Duration ioTimeout, boolean watchdog) implements Lease {
            /** What the daemon of this host is asked with; its socket is where the daemon's own variable says. */
            public io.headroom.cluster.Sanlock.Settings daemon() {
                return new io.headroom.cluster.Sanlock.Settings(
                        ioTimeout,
                        watchdog,
                        Optional.ofNullable(System.getenv("SANLOCK_RUN_DIR")).map(Path::of));
            }
        }
    }

    /** @throws RefusedSetting naming the key, the value and what is allowed */
    static PoolSettings of(Section section) {
        String lease = section.choice("lease", "file", "sanlock");
        if (section.choice("backend", "file", "lvm").equals("lvm")) {
            return Reading.volumeGroup(section, lease);
        }
        if (lease.equals("sanlock")) {
            throw section.refuse("lease", lease, "\"file\" with backend = \"file\"; sanlock wants shared LUNs");
        }
        return new Directory(section.path("directory")
                .orElseThrow(() -> section.refuse(
                        "directory", "", "an absolute path, as \"headroom pool create\" made it; it must be set")));
    }

    /** Keeps the patterns out of what others see. */
    final class Reading {
        private static final int MOST_DEVICES = 64;

        /** What lvm(8) allows; a dash at the start would be taken for an option. */
        private static final Pattern VG_NAME = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,126}");

        private static final Pattern LVM_UUID = Pattern.compile("[A-Za-z0-9]{6}-(?:[A-Za-z0-9]{4}-){5}[A-Za-z0-9]{6}");
        private static final Pattern DEVICE_GLOB =
                Pattern.compile("/dev/(?:[A-Za-z0-9+_.:@-]+/)*[A-Za-z0-9+_.:@*?\\[\\]-]+");

        private Reading() {}

        private static VolumeGroup volumeGroup(Section section, String lease) {
            String name = section.text("vg");
            if (!VG_NAME.matcher(name).matches()) {
                throw section.refuse(
                        "vg",
                        name,
                        "the name of a volume group, as \"headroom pool create\" made it: letters, digits and +_.-");
            }
            Optional<String> uuid = section.optionalText("vg-uuid");
            uuid.filter(text -> !LVM_UUID.matcher(text).matches()).ifPresent(text -> {
                throw section.refuse("vg-uuid", text, "empty, or what \"headroom pool create\" told, in seven groups");
            });
            return new VolumeGroup(
                    name,
                    uuid,
                    devices(section),
                    section.path("runtime-directory")
                            .orElseThrow(() -> section.refuse("runtime-directory", "", "an absolute path")),
                    lease.equals("file") ? new Lease.Flock() : sanlock(section.section("sanlock")));
        }

        private static List<String> devices(Section section) {
            String allowed = "1 to " + MOST_DEVICES + " paths below /dev, with * and ? in their last part for what"
                    + " differs, such as [\"/dev/mapper/san-*\"]";
            List<String> devices = section.texts("devices", MOST_DEVICES);
            if (devices.isEmpty()) {
                throw section.refuse("devices", "", allowed);
            }
            for (String device : devices) {
                if (!DEVICE_GLOB.matcher(device).matches() || device.contains("/..")) {
                    throw section.refuse("devices", device, allowed);
                }
            }
            return devices;
        }

        private static Lease sanlock(Section section) {
            Duration ioTimeout = section.time("io-timeout", Duration.ofSeconds(1), Duration.ofSeconds(60));
            if (!ioTimeout.equals(Duration.ofSeconds(ioTimeout.toSeconds()))) {
                throw section.refuse("io-timeout", section.text("io-timeout"), "whole seconds, 1s to 60s");
            }
            return new Lease.Sanlock(
                    ioTimeout,
                    section.choice("watchdog", "required", "none-in-a-test").equals("required"));
        }
    }
}
