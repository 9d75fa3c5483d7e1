package io.headroom.node.lvm;

import io.headroom.cluster.Runner;
import io.headroom.model.VolumeId;
import io.headroom.node.lvm.DeviceMapper.Active;
import io.headroom.node.lvm.LvmGroup.Logical;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pool's logical volumes in this host's device-mapper tables. LVM's success proves little here, so every method
 * looks afterwards at what the kernel has. Nothing changes the pool. Every method blocks its caller.
 */
public final class LvmHost {
    private static final Logger LOG = LoggerFactory.getLogger(LvmHost.class);

    /** Names of Headroom's own logical volumes. */
    static final String MAILBOX = LvmPlanner.OWN + "mailbox";

    static final String LEASES = LvmPlanner.OWN + "leases";

    private static final String INACTIVE = "is not active on this host; activate it first";

    private final LvmPool pool;
    private final Lvm lvm;
    private final LvmCommands commands;
    private final DeviceMapper tables;

    LvmHost(LvmPool pool, Runner runner) {
        this.pool = pool;
        this.lvm = pool.lvm(runner);
        this.commands = pool.commands();
        this.tables = pool.deviceMapper();
    }

    /** The device of the pool's mailbox, which every node needs active for as long as it lives. */
    public Path activateMailbox() throws IOException {
        return activateOwn(MAILBOX);
    }

    /** The device of the leases that sanlock keeps; a pool that was made without has none. */
    public Path activateLeases() throws IOException {
        return activateOwn(LEASES);
    }

    private Path activateOwn(String name) throws IOException {
        Logical logical = group().named(name)
                .orElseThrow(() -> new UnusableGroup("the volume group " + pool.group() + " has no logical volume "
                        + name + "; was the pool made without it?"));
        return activate(logical.id());
    }

    /** The volumes that are active on this host, Headroom's own included. */
    public List<VolumeId> active() throws IOException {
        return tables.all(pool.id()).stream().map(Active::volume).toList();
    }

    /**
     * Takes away what an interrupted change left active here: volumes that no host may use, or that are not in the pool
     * any more. What somebody has open stays. A node does this once, before it serves.
     */
    public void tidy() throws IOException {
        LvmGroup group = group();
        for (Active active : tables.all(pool.id())) {
            Optional<Logical> logical = group.logical(active.volume());
            if (logical.isPresent() && !isForNobody(logical.get())) {
                continue;
            }
            // Its table outlives a volume that was removed, and LVM knows neither any more.
            LvmCommand command = logical.isPresent()
                    ? commands.deactivate(active.name())
                    : LvmCommands.removeTable(active.group(), active.name());
            if (lvm.run(command) instanceof Lvm.Answer.Failed failed) {
                LOG.warn(
                        "volume {} stays active: {}",
                        active.name(),
                        failed.failure().cause());
            } else {
                LOG.info("volume {} was active and is nobody's: {}", active.name(), command);
            }
        }
    }

    /** Headroom's own, those of others, and volumes whose tags cannot be read are left alone. */
    private static boolean isForNobody(Logical logical) {
        try {
            return LvmTags.volume(logical)
                    .filter(volume -> volume.hosts().isEmpty())
                    .isPresent();
        } catch (IllegalArgumentException damaged) {
            return false;
        }
    }

    Optional<Active> at(Path device) throws IOException {
        return tables.at(device).filter(one -> one.pool().equals(pool.id()));
    }

    /** @return where the volume is, at its present size */
    Path activate(VolumeId volume) throws IOException {
        if (tables.of(pool.id(), volume).isPresent()) {
            return pool.path(refresh(volume).name());
        }
        Logical logical = group().logical(volume)
                .orElseThrow(() -> new UnusableGroup(
                        "the volume group " + pool.group() + " has no volume " + volume + "; was it removed?"));
        run(commands.activate(logical.name()));
        Active active = required(
                volume,
                "could not be activated, though " + commands.activate(logical.name())
                        + " says that it was; look at the kernel's messages");
        return pool.path(active.name());
    }

    void deactivate(VolumeId volume) throws IOException {
        Optional<Active> active = tables.of(pool.id(), volume);
        if (active.isEmpty()) {
            return;
        }
        run(commands.deactivate(active.get().name()));
        if (tables.of(pool.id(), volume).isPresent()) {
            throw new UnusableGroup("volume " + active.get().name() + " is still active; somebody uses it");
        }
    }

    /** Gives the volume's table its present size. */
    Active refresh(VolumeId volume) throws IOException {
        run(commands.refresh(required(volume, INACTIVE).name()));
        return required(volume, INACTIVE);
    }

    Active active(VolumeId volume) throws IOException {
        return required(volume, INACTIVE);
    }

    private Active required(VolumeId volume, String otherwise) throws IOException {
        return tables.of(pool.id(), volume)
                .orElseThrow(() -> new UnusableGroup("volume " + volume + " of " + pool.group() + " " + otherwise));
    }

    Path path(Active active) {
        return pool.path(active.name());
    }

    private LvmGroup group() throws IOException {
        return LvmReport.group(run(commands.report()));
    }

    /** A LUN that the SPM added is looked for when it is missed. */
    private String run(LvmCommand command) throws IOException {
        if (lvm.run(command) instanceof Lvm.Answer.Done done) {
            return done.output();
        }
        pool.look();
        return lvm.require(command);
    }
}
