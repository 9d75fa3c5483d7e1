package io.headroom.node.lvm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headroom.model.Bytes;
import io.headroom.node.lvm.LvmCommand.Side;
import io.headroom.node.lvm.LvmReport.Membership;
import io.headroom.node.process.Runner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks at devices that may be, or become, LUNs of the pool; never writes to any. */
final class LvmLuns {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final long SECTOR = 512;

    private final LvmPool.Settings settings;
    private final LvmDirectory directory;
    private final Path sysfs;

    LvmLuns(LvmPool.Settings settings, LvmDirectory directory, Path sysfs) {
        this.settings = settings;
        this.directory = directory;
        this.sysfs = sysfs;
    }

    /**
     * What a device is like.
     *
     * @param group that it belongs to
     * @param signatures of what else is on it, such as {@code ext4}
     * @param sector its logical block size in bytes
     * @param known whether it is one of {@code headroom.pool.devices}
     */
    record Device(
            Path path, Optional<Membership> group, List<String> signatures, Bytes size, long sector, boolean known) {}

    /** What each candidate belongs to. */
    static Map<Path, Optional<Membership>> memberships(LvmPool.Settings settings, LvmDirectory directory)
            throws IOException {
        directory.show(Side.CANDIDATES, LvmDirectory.matching(settings.devices()));
        Lvm lvm = new Lvm(directory, Runner.direct(), settings.limit());
        Map<Path, Optional<Membership>> memberships = new LinkedHashMap<>();
        for (LvmReport.Candidate candidate : LvmReport.candidates(lvm.require(LvmCommands.candidates()))) {
            // LVM names a device that is missing in brackets.
            if (candidate.device().startsWith("/")) {
                memberships.put(Path.of(LvmDirectory.deviceOf(candidate.device())), candidate.group());
            }
        }
        return memberships;
    }

    /** @throws UnusableGroup where it is no block device, or cannot be read */
    Device look(Path device) throws IOException {
        if (!device.isAbsolute() || !BlockNode.isBlockDevice(device)) {
            throw new UnusableGroup("not a block device: " + device + "; name one such as /dev/mapper/lun-1");
        }
        long number = BlockNode.number(device);
        Map<Path, Optional<Membership>> memberships = memberships(settings, directory);
        Optional<Membership> group = Optional.empty();
        for (Map.Entry<Path, Optional<Membership>> one : memberships.entrySet()) {
            if (BlockNode.isBlockDevice(one.getKey()) && BlockNode.number(one.getKey()) == number) {
                group = one.getValue();
            }
        }
        boolean known = false;
        for (Path candidate : LvmDirectory.matching(settings.devices())) {
            known |= BlockNode.number(candidate) == number;
        }
        Path block = sysfs.resolve("dev/block").resolve(BlockNode.inSysfs(number)).toRealPath();
        Path queue = Files.isDirectory(block.resolve("queue")) ? block : block.getParent();
        return new Device(
                device,
                group,
                signatures(device),
                Bytes.of(number(block.resolve("size")) * SECTOR),
                number(queue.resolve("queue/logical_block_size")),
                known);
    }

    private static long number(Path file) throws IOException {
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (NumberFormatException none) {
            throw new UnusableGroup(file + " has no number", none);
        }
    }

    private List<String> signatures(Path device) throws IOException {
        String report = new Lvm(directory, Runner.direct(), settings.limit())
                .require(LvmCommand.program("wipefs", "--no-act", "--json", device.toString()));
        if (report.isBlank()) {
            return List.of();
        }
        try {
            List<String> types = new ArrayList<>();
            for (JsonNode signature : MAPPER.readTree(report).path("signatures")) {
                types.add(signature.path("type").asText("unknown"));
            }
            return types;
        } catch (JsonProcessingException broken) {
            throw new UnusableGroup("the answer of wipefs on " + device + " is no JSON", broken);
        }
    }
}
