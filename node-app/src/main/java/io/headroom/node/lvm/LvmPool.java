package io.headroom.node.lvm;

import io.headroom.cluster.Metadata;
import io.headroom.cluster.Runner;
import io.headroom.model.PoolId;
import io.headroom.node.device.BlockDevices;
import io.headroom.node.lvm.LvmCommand.Side;
import io.headroom.node.lvm.LvmReport.Candidate;
import io.headroom.node.lvm.LvmReport.Membership;
import io.headroom.node.process.DirectRunner;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure.Change;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One pool's volume group as this node finds it among the devices that it may look at. Blocks its callers. */
public final class LvmPool implements BlockDevices.Luns {
    private static final Logger LOG = LoggerFactory.getLogger(LvmPool.class);

    /**
     * @param group the volume group's name
     * @param id its UUID; needed where several groups have the name
     * @param devices globs of what may be a LUN of the pool; nothing else is ever looked at
     * @param directory for LVM's configuration, of this node alone
     * @param limit of one command
     */
    public record Settings(String group, Optional<PoolId> id, List<String> devices, Path directory, Duration limit) {
        public Settings {
            devices = List.copyOf(devices);
        }
    }

    /**
     * Where the machine shows its devices.
     *
     * @param devices where {@code GROUP/VOLUME} leads to an active volume
     */
    public record Machine(Path devices, Path sysfs) {
        public static final Machine REAL = new Machine(Path.of("/dev"), Path.of("/sys"));
    }

    private final Settings settings;
    private final Machine machine;
    private final LvmDirectory directory;
    private final LvmCommands commands;
    private final PoolId id;

    private LvmPool(Settings settings, Machine machine, LvmDirectory directory, Membership found) {
        this.settings = settings;
        this.machine = machine;
        this.directory = directory;
        this.commands = new LvmCommands(found.name());
        this.id = found.id();
    }

    /**
     * Looks for the pool, reading only.
     *
     * @throws UnusableGroup saying what to do where there is none, or more than one
     */
    public static LvmPool open(Settings settings, Machine machine) throws IOException {
        LvmDirectory directory = LvmDirectory.write(settings.directory());
        Map<Path, Candidate> candidates = LvmLuns.candidates(settings, directory);
        Membership found = choose(settings, candidates);
        LvmPool pool = new LvmPool(settings, machine, directory, found);
        directory.show(Side.METADATA, pool.lunsOf(candidates));
        return pool;
    }

    public static LvmPool open(Settings settings) throws IOException {
        return open(settings, Machine.REAL);
    }

    public PoolId id() {
        return id;
    }

    /** The volume group's name. */
    public String group() {
        return settings.group();
    }

    /**
     * The pool's metadata for one tenure of whoever holds the lease.
     *
     * @param runner whose commands end before the lease does
     */
    public Metadata metadata(Runner runner, QemuImg qemuImg) throws IOException {
        look();
        return LvmMetadata.open(this, runner, qemuImg);
    }

    /** The devices that are the pool's LUNs, as this host saw them last. */
    @Override
    public List<Path> present() throws IOException {
        return directory.shown(Side.METADATA);
    }

    @Override
    public Set<String> joining() throws IOException {
        return LvmTags.joining(LvmReport.group(lvm(new DirectRunner()).require(commands.report()))
                .tags());
    }

    /** What this node does to its own tables. */
    public LvmHost host(Runner runner) {
        return new LvmHost(this, runner);
    }

    /** The commands that a change comes down to at present; nothing is changed. */
    public List<LvmCommand> commandsOf(Change change, QemuImg qemuImg) throws IOException {
        LvmGroup group = LvmReport.group(lvm(new DirectRunner()).require(commands.report()));
        return planner().commands(change, group, LvmMetadata.limitOf(change, qemuImg));
    }

    /** Looks again for the pool's LUNs; one that came, or came back, is seen from then on. */
    void look() throws IOException {
        directory.show(Side.METADATA, lunsOf(LvmLuns.candidates(settings, directory)));
    }

    Lvm lvm(Runner runner) {
        return new Lvm(directory, runner, settings.limit());
    }

    LvmCommands commands() {
        return commands;
    }

    LvmPlanner planner() {
        return new LvmPlanner(commands, name -> path(name).toString());
    }

    LvmLuns luns() {
        return new LvmLuns(settings, directory, machine.sysfs());
    }

    DeviceMapper deviceMapper() {
        return new DeviceMapper(machine.sysfs());
    }

    /** Where a volume appears once it is active. */
    Path path(String name) {
        return machine.devices().resolve(group()).resolve(name);
    }

    private List<Path> lunsOf(Map<Path, Candidate> candidates) {
        List<Path> luns = new ArrayList<>();
        candidates.forEach((device, candidate) -> {
            if (candidate.group().filter(one -> one.id().equals(id)).isPresent()) {
                luns.add(device);
            }
        });
        return luns;
    }

    /** The one group that has the name and is a pool; or, of several, the one that the settings name. */
    static Membership choose(Settings settings, Map<Path, Candidate> candidates) throws UnusableGroup {
        Map<PoolId, Membership> named = new LinkedHashMap<>();
        for (Candidate candidate : candidates.values()) {
            candidate
                    .group()
                    .filter(one -> one.name().equals(settings.group()))
                    .ifPresent(one -> named.merge(one.id(), one, Membership::with));
        }
        String where = "in headroom.pool.devices, which are " + settings.devices();
        if (named.isEmpty()) {
            throw new UnusableGroup("there is no volume group " + settings.group() + " on any of "
                    + candidates.size() + " devices " + where
                    + "; connect the LUNs, name their devices, or make the pool with: headroom pool create");
        }
        Membership found = named.values().iterator().next();
        if (settings.id().isPresent()) {
            found = named.get(settings.id().get());
            if (found == null) {
                throw new UnusableGroup("the volume group " + settings.group() + " has the UUID " + named.keySet()
                        + ", not " + settings.id().get() + "; another group of that name is never touched");
            }
        } else if (named.size() > 1) {
            throw new UnusableGroup("several volume groups have the name " + settings.group() + ": " + named.keySet()
                    + "; say which one with headroom.pool.vg-uuid, or leave only its LUNs " + where);
        }
        if (named.size() > 1) {
            LOG.warn(
                    "several volume groups have the name {}: {}; only {} is the pool, the others are not touched",
                    settings.group(),
                    named.keySet(),
                    found.id());
        }
        if (found.tags().contains(LvmTags.CREATING)) {
            throw new UnusableGroup("the creation of pool " + settings.group()
                    + " was interrupted; repeat it with the same: headroom pool create");
        }
        if (!found.tags().contains(LvmTags.POOL)) {
            throw new UnusableGroup("the volume group " + settings.group() + " is no pool of Headroom, for it lacks the"
                    + " tag " + LvmTags.POOL + "; nothing was changed");
        }
        return found;
    }
}
