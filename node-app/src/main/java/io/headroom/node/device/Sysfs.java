package io.headroom.node.device;

import io.headroom.model.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the kernel tells of block devices in sysfs. Every method blocks, for a read of memory. */
public final class Sysfs {
    /** Of every size in sysfs, whatever the device's own sectors are. */
    private static final long SECTOR = 512;

    private static final String MULTIPATH = "mpath-";

    /** Where kinds of devices say who they are: device-mapper, RAID, SCSI, NVMe, virtio. */
    private static final List<String> IDENTITIES = List.of("dm/uuid", "md/uuid", "device/wwid", "wwid", "serial");

    /** A SCSI disk's serial number, behind four bytes of header. */
    private static final String SERIAL_PAGE = "device/vpd_pg80";

    private static final int PAGE_HEADER = 4;
    private static final int LONGEST_IDENTITY = 200;

    private final Path root;

    /** @param root {@code /sys} */
    public Sysfs(Path root) {
        this.root = root;
    }

    /** The block device that a path leads to; empty where it leads to none, or the kernel no longer knows it. */
    public Optional<Node> at(Path path) throws IOException {
        Optional<DeviceNumber> number = DeviceNumber.of(path);
        if (number.isEmpty()) {
            return Optional.empty();
        }
        return real(root.resolve("dev/block").resolve(number.get().toString()));
    }

    /** By the kernel's name, such as {@code sdb}. */
    Optional<Node> named(String name) throws IOException {
        return real(root.resolve("class/block").resolve(name));
    }

    List<Node> all() throws IOException {
        List<Node> nodes = new ArrayList<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(root.resolve("class/block"))) {
            for (Path link : links) {
                real(link).ifPresent(nodes::add);
            }
        }
        return nodes;
    }

    /** Empty where the kernel knows no such device, or no longer: it may be taken away at any time. */
    private static Optional<Node> real(Path link) throws IOException {
        try {
            return Optional.of(new Node(link.toRealPath()));
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        }
    }

    /** One device, or one partition of it, by its directory. */
    public record Node(Path directory) {
        String name() {
            return directory.getFileName().toString();
        }

        /** The kernel's own name below {@code /dev}. */
        public String path() {
            return "/dev/" + name().replace('!', '/');
        }

        /** {@code MAJOR:MINOR}. */
        String number() throws IOException {
            return line("dev").orElseThrow(() -> new NoSuchFileException(directory + "/dev"));
        }

        public Bytes size() throws IOException {
            return Bytes.of(Math.multiplyExact(number("size"), SECTOR));
        }

        /** Its logical block size in bytes. */
        public int sector() throws IOException {
            return (int) whole().number("queue/logical_block_size");
        }

        int physicalSector() throws IOException {
            return (int) whole().number("queue/physical_block_size");
        }

        boolean writable() throws IOException {
            return number("ro") == 0;
        }

        /**
         * The same on every host that sees the device, through whichever of its paths; empty where it has none. Of a
         * multipath map it is that of its paths, of a loop device the file behind it.
         */
        String identity() throws IOException {
            if (isPartition()) {
                String of = whole().identity();
                return of.isEmpty() ? "" : of + "-part" + number("partition");
            }
            if (isMultipath()) {
                for (Node slave : others("slaves")) {
                    String identity = slave.identity();
                    if (!identity.isEmpty()) {
                        return identity;
                    }
                }
            }
            for (String place : IDENTITIES) {
                Optional<String> told = line(place);
                if (told.isPresent()) {
                    return told.get();
                }
            }
            Optional<String> file = line("loop/backing_file");
            return file.isPresent() ? "file:" + file.get() : serialPage();
        }

        boolean isPartition() {
            return Files.exists(directory.resolve("partition"));
        }

        boolean isMultipath() throws IOException {
            return line("dm/uuid").filter(uuid -> uuid.startsWith(MULTIPATH)).isPresent();
        }

        /** What stands on the device, such as a logical volume, or the map that it is a path of. */
        List<Node> holders() throws IOException {
            return others("holders");
        }

        /** What a person calls it. */
        String shown() throws IOException {
            Optional<String> mapped = line("dm/name");
            return mapped.map(name -> "/dev/mapper/" + name).orElseGet(this::path);
        }

        private Node whole() {
            return isPartition() ? new Node(directory.getParent()) : this;
        }

        private List<Node> others(String kind) throws IOException {
            List<Node> others = new ArrayList<>();
            try (DirectoryStream<Path> links = Files.newDirectoryStream(directory.resolve(kind))) {
                for (Path link : links) {
                    real(link).ifPresent(others::add);
                }
            } catch (NoSuchFileException | NotDirectoryException none) {
                return List.of();
            }
            return others;
        }

        private String serialPage() throws IOException {
            Path page = directory.resolve(SERIAL_PAGE);
            if (!Files.exists(page)) {
                return "";
            }
            byte[] bytes = Files.readAllBytes(page);
            return bytes.length <= PAGE_HEADER
                    ? ""
                    : printable(
                            new String(bytes, PAGE_HEADER, bytes.length - PAGE_HEADER, StandardCharsets.ISO_8859_1));
        }

        private long number(String file) throws IOException {
            String text = line(file).orElseThrow(() -> new NoSuchFileException(directory + "/" + file));
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException none) {
                throw new IOException(directory + "/" + file + " has no number: \"" + text + "\"", none);
            }
        }

        /** Empty where there is no such file, or nothing in it. */
        private Optional<String> line(String file) throws IOException {
            Path path = directory.resolve(file);
            if (!Files.isRegularFile(path)) {
                return Optional.empty();
            }
            try {
                return Optional.of(printable(Files.readString(path, StandardCharsets.ISO_8859_1)))
                        .filter(text -> !text.isEmpty());
            } catch (NoSuchFileException gone) {
                return Optional.empty();
            }
        }

        private static String printable(String text) {
            String line = text.replaceAll("[^!-~]+", " ").strip();
            return line.length() <= LONGEST_IDENTITY ? line : line.substring(0, LONGEST_IDENTITY);
        }
    }
}
