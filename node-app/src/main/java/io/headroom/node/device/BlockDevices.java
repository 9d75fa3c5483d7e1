package io.headroom.node.device;

import io.headroom.lun.Device;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.model.HostId;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The block devices of this host, for whoever wants to make one of them a LUN of the pool. */
public final class BlockDevices {
    private final HostId host;
    private final List<String> allowed;
    private final Luns luns;
    private final Duration commandLimit;
    private final Sysfs sysfs;
    private final Uses uses;

    /** The pool's LUNs on this host. */
    @FunctionalInterface
    public interface Luns {
        /** The devices that are the pool's at present. */
        List<Path> present() throws IOException;

        /** The identities of the physical volumes whose addition was begun, and that the pool may not have. */
        default Set<String> joining() throws IOException {
            return Set.of();
        }
    }

    /** Where the kernel tells of the machine. */
    public record Machine(Path sysfs, Path proc) {
        public static final Machine REAL = new Machine(Path.of("/sys"), Path.of("/proc"));
    }

    /**
     * @param allowed {@code headroom.pool.devices}: globs of absolute paths
     * @param commandLimit of each of the two programs that read a device: one that does not answer is not waited for
     */
    public BlockDevices(HostId host, List<String> allowed, Luns luns, Machine machine, Duration commandLimit) {
        this.host = host;
        this.commandLimit = commandLimit;
        this.allowed = List.copyOf(allowed);
        this.luns = luns;
        this.sysfs = new Sysfs(machine.sysfs());
        this.uses = new Uses(machine.proc(), sysfs);
    }

    /** Looks for a device and at it, reading only; blocks for as long as the device takes to answer, with a limit. */
    public DeviceSight look(DeviceQuestion question) {
        try {
            Optional<Sysfs.Node> found = find(question);
            return found.isPresent() ? seen(question, found.get()) : unseen(missing(question));
        } catch (IOException unreadable) {
            String cause = unreadable.getMessage() == null ? unreadable.toString() : unreadable.getMessage();
            return unseen(question.path() + " cannot be looked at: " + cause);
        }
    }

    /** By the path where that leads to the right one, else by the identity alone: a map before the paths below it. */
    private Optional<Sysfs.Node> find(DeviceQuestion question) throws IOException {
        Optional<Sysfs.Node> named = sysfs.at(Path.of(question.path()));
        if (question.identity().isEmpty()
                || named.isPresent() && named.get().identity().equals(question.identity())) {
            return named;
        }
        List<Sysfs.Node> same = new ArrayList<>();
        for (Sysfs.Node node : sysfs.all()) {
            if (node.identity().equals(question.identity())) {
                same.add(node);
            }
        }
        for (Sysfs.Node node : same) {
            if (node.isMultipath()) {
                return Optional.of(node);
            }
        }
        return same.stream().min(Comparator.comparing(Sysfs.Node::name));
    }

    private DeviceSight seen(DeviceQuestion question, Sysfs.Node node) throws IOException {
        Contents contents = Contents.of(node.path(), commandLimit);
        boolean isAsNamed =
                sysfs.at(Path.of(question.path())).filter(node::equals).isPresent();
        Device device = new Device(
                isAsNamed ? question.path() : node.shown(),
                allowedPaths(node),
                node.identity(),
                node.size(),
                node.sector(),
                node.physicalSector(),
                node.writable(),
                contents.data(),
                physical(contents),
                uses.of(node));
        return new DeviceSight(host, Optional.of(device), "", allowed, poolSector());
    }

    /** What LVM marked as used for this pool, whose addition then came to nothing, belongs to nobody. */
    private Optional<Device.Physical> physical(Contents contents) throws IOException {
        Optional<Device.Physical> physical = contents.physical();
        boolean isTaken =
                physical.filter(one -> one.taken() && one.group().isEmpty()).isPresent();
        return isTaken && luns.joining().contains(physical.get().id())
                ? physical.map(one -> new Device.Physical(one.id(), "", "", false))
                : physical;
    }

    private DeviceSight unseen(String problem) {
        return new DeviceSight(host, Optional.empty(), problem, allowed, 0);
    }

    private String missing(DeviceQuestion question) throws IOException {
        Optional<Sysfs.Node> named = sysfs.at(Path.of(question.path()));
        String next = "; connect the LUN, and have the kernel look for it";
        if (question.identity().isEmpty()) {
            return "there is no block device " + question.path() + next;
        }
        if (named.isPresent()) {
            String identity = named.get().identity();
            return "there is no device with the identity " + question.identity() + ", and " + question.path() + " is "
                    + (identity.isEmpty() ? "one without any" : identity) + next;
        }
        return "there is no device with the identity " + question.identity() + next;
    }

    private List<String> allowedPaths(Sysfs.Node node) throws IOException {
        List<String> paths = new ArrayList<>();
        for (String glob : allowed) {
            for (Path path : matching(glob)) {
                if (sysfs.at(path).filter(node::equals).isPresent()) {
                    paths.add(path.toString());
                }
            }
        }
        return paths.stream().distinct().toList();
    }

    /** What differs is in the last part of a path. */
    private static List<Path> matching(String glob) throws IOException {
        Path directory = Path.of(glob).getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            return List.of();
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(matcher::matches).sorted().toList();
        }
    }

    private int poolSector() throws IOException {
        for (Path lun : luns.present()) {
            Optional<Sysfs.Node> node = sysfs.at(lun);
            if (node.isPresent()) {
                return node.get().sector();
            }
        }
        return 0;
    }
}
