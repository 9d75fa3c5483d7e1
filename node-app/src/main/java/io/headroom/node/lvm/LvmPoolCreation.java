package io.headroom.node.lvm;

import io.headroom.cluster.Runner;
import io.headroom.cluster.Sanlock;
import io.headroom.cluster.SanlockArea;
import io.headroom.ledger.PoolEvent;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.node.device.DeviceNumber;
import io.headroom.node.lvm.LvmCommand.Side;
import io.headroom.node.lvm.LvmReport.Candidate;
import io.headroom.node.mailbox.NewMailbox;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.mailbox.Identity;
import io.headroom.store.mailbox.Layout;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes a pool on LUNs. The tag {@link LvmTags#POOL} comes last: until it stands there is no pool, and a creation that
 * was interrupted begins anew over what it left.
 *
 * @param luns all of them are among the settings' devices; the first two get the metadata
 * @param extent sizes are multiples of it
 * @param hosts how many hosts the mailbox has blocks for, with the ids 1 to {@code hosts}
 * @param leases how sanlock is asked, where the pool has the leases on its LUNs; empty where all nodes are on one machine
 * @param force whatever the LUNs hold is given up; a volume group never is
 */
public record LvmPoolCreation(
        List<Path> luns, Bytes extent, int hosts, Optional<Sanlock.Settings> leases, boolean force) {
    /** Of one copy of the metadata: enough for 100,000 volumes. */
    static final Bytes METADATA = Bytes.mebi(128);

    /** A lockspace for {@link io.headroom.model.Limits#HOSTS} hosts and one lease, on sectors of 4096 bytes. */
    private static final Bytes LEASES = Bytes.mebi(64);

    /** The leases are made without taking part in them. */
    private static final HostId ANYBODY = new HostId(1);

    private static final Bytes SMALLEST_EXTENT = Bytes.mebi(1);
    private static final Bytes LARGEST_EXTENT = Bytes.gibi(1);

    public LvmPoolCreation {
        luns = List.copyOf(luns);
        if (luns.isEmpty()) {
            throw new IllegalArgumentException("a pool needs a LUN; name its device");
        }
        if (Long.bitCount(extent.value()) != 1 || extent.isOver(LARGEST_EXTENT) || SMALLEST_EXTENT.isOver(extent)) {
            throw new IllegalArgumentException("the extent is " + extent + "; allowed are powers of two from "
                    + SMALLEST_EXTENT + " to " + LARGEST_EXTENT);
        }
    }

    /** What is run, and between which commands the mailbox is written. */
    public record Plan(List<LvmCommand> before, Path mailbox, List<LvmCommand> after) {
        public Plan {
            before = List.copyOf(before);
            after = List.copyOf(after);
        }
    }

    /**
     * What would be done; nothing is changed.
     *
     * @throws UnusableGroup where a LUN, or the name, cannot be used
     */
    public Plan plan(LvmPool.Settings settings, LvmPool.Machine machine) throws IOException {
        return plan(settings, machine, LvmDirectory.write(settings.directory()));
    }

    /**
     * Makes the pool; repeating it after an interruption is the way to go on.
     *
     * @return its identity
     */
    public PoolId create(LvmPool.Settings settings, LvmPool.Machine machine, Runner runner, Instant now)
            throws IOException {
        LvmDirectory directory = LvmDirectory.write(settings.directory());
        Plan plan = plan(settings, machine, directory);
        Lvm lvm = new Lvm(directory, runner, settings.limit());
        run(lvm, plan.before());
        LvmGroup group = LvmReport.group(lvm.require(new LvmCommands(settings.group()).report()));
        try (BlockDevice device = BlockDevice.open(plan.mailbox(), BlockDevice.Settings.DIRECT)) {
            NewMailbox.write(
                    device,
                    new Identity(group.id(), layout()),
                    List.of(new PoolEvent.PoolCreated(group.id(), group.size(), group.extent())),
                    now);
        }
        if (leases.isPresent()) {
            SanlockArea area = new SanlockArea(group.id().value(), path(settings, machine, LvmHost.LEASES));
            new Sanlock(area, ANYBODY, leases.get(), runner).create();
        }
        run(lvm, plan.after());
        return group.id();
    }

    private static void run(Lvm lvm, List<LvmCommand> commands) throws IOException {
        for (LvmCommand command : commands) {
            Lvm.Answer answer = lvm.run(command);
            if (answer instanceof Lvm.Answer.Failed failed && !isGoneAlready(command, failed.failure())) {
                throw new UnusableGroup(command + ": " + failed.failure().cause());
            }
        }
    }

    /** What an interrupted creation had not come to is not there, and need not be taken away. */
    private static boolean isGoneAlready(LvmCommand command, LvmFailure failure) {
        return command.side() == Side.HOST && failure.kind() == LvmFailure.Kind.UNKNOWN_VOLUME;
    }

    private Plan plan(LvmPool.Settings settings, LvmPool.Machine machine, LvmDirectory directory) throws IOException {
        LvmCommands commands = new LvmCommands(settings.group());
        LvmLuns look = new LvmLuns(settings, directory, machine.sysfs());
        List<LvmLuns.Device> devices = new ArrayList<>();
        for (Path lun : luns) {
            devices.add(look.look(lun));
        }
        List<LvmCommand> before = new ArrayList<>();
        List<LvmCommand> after = new ArrayList<>();
        boolean left = isLeftOver(settings, LvmLuns.candidates(settings, directory), devices);
        directory.show(Side.METADATA, luns);
        if (left) {
            before.add(commands.deactivate(LvmHost.MAILBOX));
            before.add(commands.deactivate(LvmHost.LEASES));
            before.add(commands.removeGroup());
        }
        requireUsable(settings.group(), devices, left);
        List<String> names = new ArrayList<>();
        for (LvmLuns.Device device : devices) {
            names.add(directory.nameFor(device.path()));
            if (left || !device.signatures().isEmpty()) {
                before.add(LvmCommands.clear(device.path().toString()));
            }
        }
        Path mailbox = path(settings, machine, LvmHost.MAILBOX);
        before.addAll(group(commands, names));
        before.add(commands.activate(LvmHost.MAILBOX));
        if (leases.isPresent()) {
            before.add(commands.activate(LvmHost.LEASES));
            after.add(commands.deactivate(LvmHost.LEASES));
        }
        // The space may have belonged to somebody before, and a mailbox is made on zeroes alone.
        before.add(LvmCommands.wipe(mailbox.toString(), Bytes.ZERO, Bytes.of(BlockDevice.BLOCK)));
        after.add(commands.deactivate(LvmHost.MAILBOX));
        after.add(commands.tagGroup(List.of(LvmTags.CREATING), List.of(LvmTags.POOL)));
        return new Plan(before, mailbox, after);
    }

    private static Path path(LvmPool.Settings settings, LvmPool.Machine machine, String name) {
        return machine.devices().resolve(settings.group()).resolve(name);
    }

    private List<LvmCommand> group(LvmCommands commands, List<String> names) {
        int copies = Math.min(names.size(), LvmPlanner.METADATA_COPIES);
        List<LvmCommand> steps = new ArrayList<>();
        steps.add(commands.createGroup(extent, METADATA, List.of(LvmTags.CREATING), names.subList(0, copies)));
        for (String further : names.subList(copies, names.size())) {
            steps.add(commands.add(further, LvmCommands.Metadata.NONE));
        }
        steps.add(commands.create(LvmHost.MAILBOX, layout().size().roundedUpTo(extent), List.of()));
        if (leases.isPresent()) {
            steps.add(commands.create(LvmHost.LEASES, LEASES.roundedUpTo(extent), List.of()));
        }
        return steps;
    }

    private Layout layout() {
        return NewMailbox.layout(hosts, 1);
    }

    /** Whether an interrupted creation left a group of this name on these LUNs and no others. */
    private static boolean isLeftOver(
            LvmPool.Settings settings, Map<Path, Candidate> candidates, List<LvmLuns.Device> devices)
            throws IOException {
        Set<DeviceNumber> ours = devices.stream().map(LvmLuns.Device::number).collect(Collectors.toSet());
        boolean left = false;
        for (Map.Entry<Path, Candidate> one : candidates.entrySet()) {
            Optional<LvmReport.Membership> group = one.getValue().group();
            if (group.filter(its -> its.name().equals(settings.group())).isEmpty()) {
                continue;
            }
            if (!group.get().tags().contains(LvmTags.CREATING)
                    || DeviceNumber.of(one.getKey()).filter(ours::contains).isEmpty()) {
                throw new UnusableGroup("there is a volume group " + settings.group() + " ("
                        + group.get().id() + ") on "
                        + one.getKey() + " already; choose another name, or remove it with vgremove if nothing on it"
                        + " is needed");
            }
            left = true;
        }
        return left;
    }

    private void requireUsable(String group, List<LvmLuns.Device> devices, boolean left) throws UnusableGroup {
        for (LvmLuns.Device device : devices) {
            Bytes least = METADATA.plus(extent)
                    .plus(layout().size().roundedUpTo(extent))
                    .plus(leases.isPresent() ? LEASES : Bytes.ZERO);
            if (least.isOver(device.size())) {
                throw new UnusableGroup(
                        device.path() + " has " + device.size() + "; a LUN of this pool has at least " + least);
            }
            if (!device.listed()) {
                throw new UnusableGroup(device.path() + " is none of headroom.pool.devices; add it there");
            }
            if (device.sector() != devices.get(0).sector()) {
                throw new UnusableGroup(device.path() + " has sectors of " + device.sector() + " bytes and "
                        + devices.get(0).path() + " of " + devices.get(0).sector()
                        + "; the LUNs of one pool have sectors of one size");
            }
            boolean leftOver = left
                    && device.candidate()
                            .group()
                            .filter(its -> its.name().equals(group))
                            .isPresent();
            Optional<String> objection = leftOver ? Optional.empty() : device.objection(force);
            if (objection.isPresent()) {
                throw new UnusableGroup(objection.get());
            }
        }
    }
}
