package io.headroom.node.lvm;

import io.headroom.cluster.Metadata;
import io.headroom.disk.Qcow2;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.node.lvm.LvmCommand.Side;
import io.headroom.node.lvm.LvmGroup.Logical;
import io.headroom.node.lvm.LvmPlanner.Plan;
import io.headroom.node.process.Runner;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.Volume;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The volume group's metadata for one tenure. An extension is one command; any other change looks first. Nothing here
 * touches a device-mapper table, but for the volume that is created, resized or wiped, which is active on this host for
 * as long as that takes.
 */
final class LvmMetadata implements Metadata {
    private static final Logger LOG = LoggerFactory.getLogger(LvmMetadata.class);

    private final LvmPool pool;
    private final Lvm lvm;
    private final LvmPlanner planner;
    private final QemuImg qemuImg;

    /** As last reported, with the extensions since; what else changed makes it stale. */
    private LvmGroup known;

    private boolean stale;

    private LvmMetadata(LvmPool pool, Runner runner, QemuImg qemuImg) {
        this.pool = pool;
        this.lvm = pool.lvm(runner);
        this.planner = pool.planner();
        this.qemuImg = qemuImg;
    }

    static LvmMetadata open(LvmPool pool, Runner runner, QemuImg qemuImg) throws IOException {
        LvmMetadata metadata = new LvmMetadata(pool, runner, qemuImg);
        metadata.look();
        return metadata;
    }

    /** The most that the volume of the image that a change makes or resizes may have; zero for any other. */
    static Bytes limitOf(Change change, QemuImg qemuImg) throws IOException {
        if (change instanceof Change.Create create) {
            return qemuImg.measure(create.virtualSize());
        }
        return change instanceof Change.Resize resize ? qemuImg.measure(resize.virtualSize()) : Bytes.ZERO;
    }

    @Override
    public Inventory inspect() throws IOException {
        look();
        List<Volume> volumes = new ArrayList<>();
        for (Logical logical : known.logicals()) {
            try {
                LvmTags.volume(logical).ifPresent(volumes::add);
            } catch (IllegalArgumentException damaged) {
                LOG.error("left out: {}", damaged.getMessage());
            }
        }
        List<Lun> luns = known.physicals().stream().map(LvmMetadata::lun).toList();
        return new Inventory(known.size(), known.free(), known.extent(), epoch(), volumes, luns);
    }

    @Override
    public void tag(Epoch epoch) throws IOException {
        look();
        if (epoch().isAfter(epoch)) {
            throw new UnusableGroup("the volume group " + known.name() + " is marked with epoch " + epoch() + ", after "
                    + epoch + ": another SPM has taken over since; nothing was changed");
        }
        List<String> wanted = List.of(LvmTags.epoch(epoch));
        List<String> present = LvmTags.epochs(known.tags());
        if (!present.equals(wanted)) {
            List<String> gone =
                    present.stream().filter(tag -> !wanted.contains(tag)).toList();
            lvm.require(pool.commands().tagGroup(gone, wanted));
            stale = true;
        }
    }

    @Override
    public Outcome change(Change change) throws IOException {
        Bytes limit = limitOf(change, qemuImg);
        if (stale || !(change instanceof Change.Extend)) {
            look();
        }
        if (change instanceof Change.AddLun add) {
            Path device = Path.of(add.device());
            var refusal = pool.candidates().refusal(device, add.force(), known);
            if (refusal.isPresent()) {
                return refusal.get();
            }
            pool.directory().show(Side.METADATA, device);
        }
        return carry(change, limit, true);
    }

    private Outcome carry(Change change, Bytes limit, boolean again) throws IOException {
        Plan plan = planner.plan(change, known, limit);
        if (plan instanceof Plan.Settled settled && !said(settled.outcome()) && again) {
            look();
            return carry(change, limit, false);
        }
        if (plan instanceof Plan.Settled settled) {
            return settled.outcome();
        }
        for (LvmCommand step : ((Plan.Steps) plan).commands()) {
            if (lvm.run(step) instanceof Lvm.Answer.Failed failed) {
                return failed(change, limit, step, failed.failure(), again);
            }
        }
        return carried(change);
    }

    private static boolean said(Outcome outcome) {
        return outcome instanceof Outcome.Extended || outcome instanceof Outcome.Done;
    }
}
