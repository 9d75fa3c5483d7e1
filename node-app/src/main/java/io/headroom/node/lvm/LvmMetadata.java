package io.headroom.node.lvm;

import io.headroom.cluster.Metadata;
import io.headroom.cluster.Runner;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.node.lvm.LvmGroup.Logical;
import io.headroom.node.lvm.LvmPlanner.Plan;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.Volume;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The volume group's metadata for one tenure. An extension is one command; any other change looks first. Nothing here
 * touches a device-mapper table, but for the volume that is created, resized or wiped, which is active on this host for
 * as long as that takes.
 */
final class LvmMetadata implements Metadata {
    /** Volumes that are named where a LUN is missed; of more only the number is told. */
    private static final int NAMED = 20;

    private static final Logger LOG = LoggerFactory.getLogger(LvmMetadata.class);
    private static final int ATTEMPTS = 2;

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
        if (known.physicals().stream().anyMatch(LvmGroup.Physical::missing)) {
            pool.look();
            look();
        }
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
        boolean fresh = stale || !(change instanceof Change.Extend);
        if (fresh) {
            look();
        }
        if (change instanceof Change.AddLun add) {
            return add(add);
        }
        return change instanceof Change.GrowLun grow
                ? carry(new Change.GrowLun(pool.luns().nameOf(grow.device()), grow.size()), limit, fresh)
                : carry(change, limit, fresh);
    }

    private Outcome add(Change.AddLun add) throws IOException {
        for (int attempt = 1; ; attempt++) {
            LvmLuns.Addition addition = pool.luns().addition(add, known);
            if (addition instanceof LvmLuns.Addition.Settled settled) {
                return settled.outcome();
            } else if (addition instanceof LvmLuns.Addition.Open open) {
                Optional<LvmFailure> failure = run(planner.join(open.joining(), known));
                stale = true;
                if (failure.isEmpty()) {
                    return new Outcome.Done();
                }
                if (attempt == ATTEMPTS || failure.get().isFinal()) {
                    return refusal(failure.get());
                }
            } else {
                throw new AssertionError("unhandled " + addition);
            }
            pool.look();
            look();
        }
    }

    /** @param fresh whether what is known was reported just now; only then a refusal is said */
    private Outcome carry(Change change, Bytes limit, boolean fresh) throws IOException {
        boolean certain = fresh;
        for (int attempt = 1; ; attempt++) {
            Plan plan = planner.plan(change, known, limit);
            if (plan instanceof Plan.Steps steps) {
                Optional<LvmFailure> failure = run(steps.commands());
                if (failure.isEmpty()) {
                    return carried(change);
                }
                if (attempt == ATTEMPTS || failure.get().isFinal()) {
                    return refusal(failure.get());
                }
                // A LUN that came back, a volume that was renamed, or a command that has done its work all the same.
                pool.look();
            } else if (plan instanceof Plan.Settled settled) {
                if (certain || isDone(settled.outcome())) {
                    return settled.outcome();
                }
            } else {
                throw new AssertionError("unhandled " + plan);
            }
            look();
            certain = true;
        }
    }

    private Optional<LvmFailure> run(List<LvmCommand> steps) throws IOException {
        for (int step = 0; step < steps.size(); step++) {
            if (lvm.run(steps.get(step)) instanceof Lvm.Answer.Failed failed) {
                LOG.warn("{}: {}", steps.get(step), failed.failure().words());
                stale = true;
                tidy(steps, step);
                return Optional.of(failed.failure());
            }
        }
        return Optional.empty();
    }

    /** What was activated here is deactivated, whatever failed. */
    private void tidy(List<LvmCommand> steps, int failed) throws IOException {
        boolean begun = steps.subList(0, failed + 1).stream().anyMatch(LvmMetadata::isOnHost);
        for (LvmCommand left : steps.subList(failed + 1, steps.size())) {
            if (begun && isOnHost(left)) {
                lvm.run(left);
            }
        }
    }

    private static boolean isOnHost(LvmCommand step) {
        return step.side() == LvmCommand.Side.HOST;
    }

    private Outcome carried(Change change) {
        if (change instanceof Change.Extend extend) {
            Logical logical = known.logical(extend.volume()).orElseThrow();
            Bytes size = extend.size().roundedUpTo(known.extent());
            known = known.extended(logical, size);
            return new Outcome.Extended(size);
        }
        if (change instanceof Change.Assign assign) {
            known = known.retagged(
                    assign.volume(),
                    tags -> LvmTags.replaced(tags, LvmTags.assignments(tags), LvmTags.hosts(assign.hosts())));
        } else {
            stale = true;
        }
        return new Outcome.Done();
    }

    private Outcome refusal(LvmFailure failure) throws IOException {
        if (failure.kind() != LvmFailure.Kind.NO_SPACE) {
            return new Outcome.Refused(failure.cause());
        }
        Optional<Long> extents = failure.extentsFree();
        if (extents.isEmpty()) {
            look();
        }
        return new Outcome.NoSpace(extents.map(known.extent()::times).orElse(known.free()));
    }

    private void look() throws IOException {
        LvmGroup group = LvmReport.group(lvm.require(pool.commands().report()));
        if (!group.id().equals(pool.id())) {
            throw new UnusableGroup("the volume group " + group.name() + " has the UUID " + group.id() + ", not "
                    + pool.id() + "; another group of that name is never touched");
        }
        known = group;
        stale = false;
    }

    private Epoch epoch() throws UnusableGroup {
        try {
            return LvmTags.epoch(known.tags());
        } catch (IllegalArgumentException damaged) {
            throw new UnusableGroup("the epoch of the volume group " + known.name() + " cannot be read: " + known.tags()
                    + "; put its tag right with vgchange --deltag and --addtag");
        }
    }

    private static boolean isDone(Outcome outcome) {
        return outcome instanceof Outcome.Extended || outcome instanceof Outcome.Done;
    }

    private static Lun lun(LvmGroup.Physical physical) {
        return new Lun(
                physical.id(),
                physical.missing() ? "" : LvmDirectory.deviceOf(physical.device()),
                physical.size(),
                physical.free(),
                physical.missing() ? missing(physical) : "");
    }

    private static String missing(LvmGroup.Physical physical) {
        List<String> on = physical.logicals();
        String named = String.join(", ", on.subList(0, Math.min(NAMED, on.size())));
        return "the SPM's host does not see it, and the pool cannot be changed until it does: connect the LUN; "
                + (on.isEmpty()
                        ? "nothing stands on it"
                        : "on it stand " + named + (on.size() > NAMED ? " and " + (on.size() - NAMED) + " more" : ""));
    }
}
