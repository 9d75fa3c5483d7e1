package io.headroom.node.lvm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headroom.model.Bytes;
import io.headroom.node.device.DeviceNumber;
import io.headroom.node.device.Sysfs;
import io.headroom.node.lvm.LvmCommand.Side;
import io.headroom.node.lvm.LvmReport.Candidate;
import io.headroom.node.lvm.LvmReport.Membership;
import io.headroom.node.process.DirectRunner;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Outcome;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Looks at devices that may be, or become, LUNs of the pool; never writes to any. */
final class LvmLuns {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final String LABEL = "LVM2_member";

    private final LvmPool.Settings settings;
    private final LvmDirectory directory;
    private final Sysfs sysfs;

    LvmLuns(LvmPool.Settings settings, LvmDirectory directory, Path sysfs) {
        this.settings = settings;
        this.directory = directory;
        this.sysfs = new Sysfs(sysfs);
    }

    /**
     * What a device is like.
     *
     * @param number the same for every path that leads to it
     * @param candidate what LVM says of it
     * @param signatures of what else is on it, such as {@code ext4}
     * @param sector its logical block size in bytes
     * @param listed whether it is one of {@code headroom.pool.devices}
     */
    record Device(
            Path path,
            DeviceNumber number,
            Candidate candidate,
            List<String> signatures,
            Bytes size,
            int sector,
            boolean listed) {
        /** Why it must not become a LUN; empty where nothing speaks against it. */
        Optional<String> objection(boolean force) {
            return objection(force, Set.of());
        }

        /** @param ours identities that the pool has prepared: what LVM marks as used with one of them belongs to nobody */
        private Optional<String> objection(boolean force, Set<String> ours) {
            Optional<Membership> group = candidate.group();
            if (group.isPresent()) {
                return Optional.of(path + " belongs to the volume group "
                        + group.get().name() + " ("
                        + group.get().id() + ") and is never taken from it; if that group is not needed, remove it"
                        + " with vgremove first");
            }
            if (candidate.inUse() && !ours.contains(candidate.id())) {
                return Optional.of(path + " belongs to a volume group that this host does not see, and is never taken"
                        + " from it; connect the rest of that group, or clear the device with pvremove -ff");
            }
            // A label of LVM without a group marks a device that was prepared and holds nothing.
            List<String> others = signatures.stream()
                    .filter(type -> !type.equals(LABEL))
                    .distinct()
                    .toList();
            return force || others.isEmpty()
                    ? Optional.empty()
                    : Optional.of(path + " is not empty, it holds: " + String.join(", ", others)
                            + "; if nothing on it is needed, use it with --force");
        }
    }

    /** What each candidate belongs to. */
    static Map<Path, Candidate> candidates(LvmPool.Settings settings, LvmDirectory directory) throws IOException {
        directory.show(Side.CANDIDATES, LvmDirectory.matching(settings.devices()));
        Lvm lvm = new Lvm(directory, new DirectRunner(), settings.limit());
        Map<Path, Candidate> candidates = new LinkedHashMap<>();
        for (Candidate candidate : LvmReport.candidates(lvm.require(LvmCommands.candidates()))) {
            // LVM names a device that is missing in brackets.
            if (candidate.device().startsWith("/")) {
                candidates.put(Path.of(LvmDirectory.deviceOf(candidate.device())), candidate);
            }
        }
        return candidates;
    }

    /** What an addition comes to. */
    sealed interface Addition {
        /** It is certain without doing anything. */
        record Settled(Outcome outcome) implements Addition {}

        /** It can be tried; LVM sees the device from now on. */
        record Open(LvmJoining joining) implements Addition {}
    }

    /** Looks at the device that is to be added. */
    Addition addition(Change.AddLun add, LvmGroup group) throws IOException {
        Map<Path, Candidate> candidates = candidates(settings, directory);
        Set<String> begun = LvmTags.joining(group.tags());
        Device device;
        try {
            device = look(Path.of(add.device()), candidates);
        } catch (UnusableGroup | InvalidPathException none) {
            return new Addition.Settled(new Outcome.Refused(none.getMessage()));
        }
        if (device.candidate()
                .group()
                .filter(one -> one.id().equals(group.id()))
                .isPresent()) {
            return new Addition.Settled(new Outcome.Done());
        }
        if (!device.listed()) {
            return new Addition.Settled(new Outcome.Refused(device.path() + " is none of headroom.pool.devices, "
                    + settings.devices() + "; add it there on every host first"));
        }
        Optional<String> objection = device.objection(add.force(), begun);
        if (objection.isPresent()) {
            return new Addition.Settled(new Outcome.Refused(objection.get()));
        }
        List<Path> seen = new ArrayList<>(directory.shown(Side.METADATA));
        seen.add(device.path());
        directory.show(Side.METADATA, seen);
        Set<String> before = new HashSet<>(begun);
        before.retainAll(Set.of(device.candidate().id()));
        // Also where LVM prepared it: a small area for metadata on one LUN would limit the whole pool.
        boolean clear = !device.signatures().isEmpty();
        return new Addition.Open(new LvmJoining(nameOf(add.device()), clear, before, withoutDevice(begun, candidates)));
    }

    private static Set<String> withoutDevice(Set<String> begun, Map<Path, Candidate> candidates) {
        Set<String> gone = new HashSet<>(begun);
        candidates.values().stream()
                .filter(candidate -> candidate.group().isEmpty())
                .map(Candidate::id)
                .forEach(gone::remove);
        return gone;
    }

    /** What LVM is told to call the device. */
    String nameOf(String device) throws IOException {
        return directory.nameFor(Path.of(device));
    }

    /** @throws UnusableGroup where it is no block device, or cannot be read */
    Device look(Path device) throws IOException {
        return look(device, candidates(settings, directory));
    }

    private Device look(Path device, Map<Path, Candidate> candidates) throws IOException {
        Optional<DeviceNumber> number = device.isAbsolute() ? DeviceNumber.of(device) : Optional.empty();
        Optional<Sysfs.Node> node = number.isPresent() ? sysfs.at(device) : Optional.empty();
        if (node.isEmpty()) {
            throw new UnusableGroup("not a block device: " + device + "; name one such as /dev/mapper/lun-1");
        }
        Candidate candidate = new Candidate(device.toString(), "", false, Optional.empty());
        for (Map.Entry<Path, Candidate> one : candidates.entrySet()) {
            if (DeviceNumber.of(one.getKey()).equals(number)) {
                candidate = one.getValue();
            }
        }
        boolean listed = false;
        for (Path one : LvmDirectory.matching(settings.devices())) {
            listed |= DeviceNumber.of(one).equals(number);
        }
        return new Device(
                device,
                number.get(),
                candidate,
                signatures(device),
                node.get().size(),
                node.get().sector(),
                listed);
    }

    private List<String> signatures(Path device) throws IOException {
        String report = new Lvm(directory, new DirectRunner(), settings.limit())
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
