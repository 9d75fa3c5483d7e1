package io.headroom.node.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Who has a device at present, by what the kernel tells. */
final class Uses {
    private static final int DEVICE = 2;
    private static final int MOUNT_POINT = 4;
    private static final String END_OF_OPTIONS = "-";
    private static final int SOURCE_BEHIND_END = 2;

    private final Path proc;
    private final Sysfs sysfs;

    /** @param proc {@code /proc} */
    Uses(Path proc, Sysfs sysfs) {
        this.proc = proc;
        this.sysfs = sysfs;
    }

    /** One line each; none where nobody has it. */
    List<String> of(Sysfs.Node node) throws IOException {
        List<String> uses = new ArrayList<>();
        mounted(uses, node);
        if (swaps(node)) {
            uses.add("swap");
        }
        for (Sysfs.Node holder : node.holders()) {
            uses.add(
                    holder.isMultipath()
                            ? "one path of " + holder.shown() + ", which is to be named instead"
                            : "held by " + holder.shown());
        }
        return uses;
    }

    /** By its number, and by its name where the file system has a number of its own. */
    private void mounted(List<String> uses, Sysfs.Node node) throws IOException {
        for (String line : lines("self/mountinfo")) {
            List<String> fields = List.of(line.split(" "));
            int end = fields.indexOf(END_OF_OPTIONS);
            if (end < 0 || fields.size() <= end + SOURCE_BEHIND_END) {
                continue;
            }
            String source = fields.get(end + SOURCE_BEHIND_END);
            if (fields.get(DEVICE).equals(node.number()) || leadsTo(source, node)) {
                uses.add("mounted on " + fields.get(MOUNT_POINT));
            }
        }
    }

    private boolean swaps(Sysfs.Node node) throws IOException {
        for (String line : lines("swaps")) {
            if (leadsTo(line.split("\\s", 2)[0], node)) {
                return true;
            }
        }
        return false;
    }

    private boolean leadsTo(String path, Sysfs.Node node) throws IOException {
        if (!path.startsWith("/dev/")) {
            return false;
        }
        Optional<Sysfs.Node> found = sysfs.at(Path.of(path));
        return found.isPresent() && found.get().equals(node);
    }

    private List<String> lines(String file) throws IOException {
        return Files.readAllLines(proc.resolve(file), StandardCharsets.ISO_8859_1);
    }
}
