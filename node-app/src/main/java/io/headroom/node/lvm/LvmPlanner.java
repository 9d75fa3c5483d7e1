package io.headroom.node.lvm;

import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import io.headroom.node.lvm.LvmGroup.Logical;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Decides what a change of the pool comes down to; runs nothing. */
final class LvmPlanner {
    /** Copies of the metadata in one group: two outlive a LUN, each further one makes every change slower. */
    static final int METADATA_COPIES = 2;

    /** Names of volumes that are Headroom's own begin with it. */
    static final String OWN = "headroom_";

    private final LvmCommands commands;
    private final UnaryOperator<String> devices;

    /** @param devices where the volume of a name appears once it is active */
    LvmPlanner(LvmCommands commands, UnaryOperator<String> devices) {
        this.commands = commands;
        this.devices = devices;
    }

    sealed interface Plan {
        /** Nothing is to be done. */
        record Settled(Outcome outcome) implements Plan {}

        /** One after the other; repeating them from the first is harmless. */
        record Steps(List<LvmCommand> commands) implements Plan {}
    }

    /** @param limit of the image that the change makes or resizes: the most that its volume may have */
    Plan plan(Change change, LvmGroup group, Bytes limit) {
        try {
            return settled(change, group)
                    .<Plan>map(Plan.Settled::new)
                    .orElseGet(() -> new Plan.Steps(commands(change, group, limit)));
        } catch (IllegalArgumentException refused) {
            return new Plan.Settled(new Outcome.Refused(LvmFailure.bounded(refused.getMessage())));
        }
    }

    /**
     * The commands for a change that is possible, whether or not it is at present. Its devices are named as LVM is told
     * to call them.
     */
    List<LvmCommand> commands(Change change, LvmGroup group, Bytes limit) {
        if (change instanceof Change.Extend extend) {
            return List.of(commands.extend(name(extend.volume(), group), target(extend, group)));
        }
        if (change instanceof Change.Create create) {
            return create(create, group, limit);
        }
        if (change instanceof Change.Resize resize) {
            return resize(resize, required(resize.volume(), group), limit);
        }
        if (change instanceof Change.Assign assign) {
            Logical logical = required(assign.volume(), group);
            Set<String> before = new HashSet<>(LvmTags.assignments(logical.tags()));
            Set<String> after = new HashSet<>(LvmTags.hosts(assign.hosts()));
            return List.of(commands.tag(logical.name(), without(before, after), without(after, before)));
        }
        if (change instanceof Change.Condemn condemn) {
            return List.of(commands.tag(name(condemn.volume(), group), List.of(), List.of(LvmTags.CONDEMNED)));
        }
        if (change instanceof Change.Wipe wipe) {
            Logical logical = required(wipe.volume(), group);
            Bytes length = wipe.length().min(logical.size().minusOrZero(wipe.from()));
            return whileActive(logical.name(), device -> LvmCommands.wipe(device, wipe.from(), length));
        }
        if (change instanceof Change.Remove remove) {
            String name = name(remove.volume(), group);
            return List.of(commands.deactivate(name), commands.remove(name));
        }
        if (change instanceof Change.AddLun add) {
            return join(new LvmJoining(add.device(), add.force(), Set.of(), Set.of()), group);
        }
        if (change instanceof Change.GrowLun grow) {
            return List.of(LvmCommands.grow(grow.device()));
        }
        throw new AssertionError("unhandled " + change);
    }

    /**
     * The commands by which a device becomes one of the group's. LVM marks it as used a moment before the group has it;
     * who is killed between finds it again by the identity that the group was told before.
     */
    List<LvmCommand> join(LvmJoining joining, LvmGroup group) {
        long copies = group.physicals().stream().filter(one -> one.areas() > 0).count();
        LvmCommands.Metadata metadata = copies < METADATA_COPIES
                ? new LvmCommands.Metadata(LvmPoolCreation.METADATA)
                : LvmCommands.Metadata.NONE;
        String id = joining.id(group);
        List<LvmCommand> steps = new ArrayList<>();
        steps.add(commands.tagGroup(tags(joining.forgotten()), List.of(LvmTags.joining(id))));
        if (joining.clear()) {
            steps.add(LvmCommands.clear(joining.device()));
        }
        steps.add(LvmCommands.prepare(id, joining.device(), metadata));
        steps.add(commands.join(joining.device()));
        Set<String> over = new HashSet<>(joining.before());
        over.add(id);
        steps.add(commands.tagGroup(tags(over), List.of()));
        return steps;
    }

    private static List<String> tags(Set<String> joining) {
        return joining.stream().map(LvmTags::joining).sorted().toList();
    }

    private List<LvmCommand> create(Change.Create create, LvmGroup group, Bytes limit) {
        Bytes size = create.size().min(limit).max(group.extent()).roundedUpTo(group.extent());
        Optional<Logical> begun = group.named(create.name());
        List<String> tags = begun.map(one -> LvmTags.images(one.tags())).orElse(List.of(LvmTags.UNFINISHED));
        List<LvmCommand> steps = new ArrayList<>();
        if (begun.isEmpty()) {
            steps.add(commands.create(create.name(), size, tags));
        } else if (size.isOver(begun.get().size())) {
            steps.add(commands.extend(create.name(), size));
        }
        steps.addAll(whileActive(
                create.name(),
                device -> LvmCommands.createImage(device, create.virtualSize()),
                commands.tag(
                        create.name(), tags, List.of(LvmTags.virtual(create.virtualSize()), LvmTags.limit(limit)))));
        return steps;
    }

    /** The limit first: an image that half a change has enlarged is never larger than its volume may become. */
    private List<LvmCommand> resize(Change.Resize resize, Logical logical, Bytes limit) {
        List<String> limits = LvmTags.limits(logical.tags());
        List<LvmCommand> steps = new ArrayList<>();
        if (!limits.equals(List.of(LvmTags.limit(limit)))) {
            steps.add(commands.tag(logical.name(), limits, List.of(LvmTags.limit(limit))));
        }
        steps.addAll(whileActive(
                logical.name(),
                device -> LvmCommands.resizeImage(device, resize.virtualSize()),
                commands.tag(
                        logical.name(),
                        LvmTags.virtuals(logical.tags()),
                        List.of(LvmTags.virtual(resize.virtualSize())))));
        return steps;
    }

    private List<LvmCommand> whileActive(String name, Function<String, LvmCommand> work, LvmCommand... afterwards) {
        List<LvmCommand> steps = new ArrayList<>(
                List.of(commands.activate(name), work.apply(devices.apply(name)), commands.deactivate(name)));
        steps.addAll(List.of(afterwards));
        return steps;
    }

    /** What is certain without doing anything; empty where something is to be done. */
    private Optional<Outcome> settled(Change change, LvmGroup group) {
        if (change instanceof Change.Create create) {
            return settledCreation(create, group);
        }
        if (change instanceof Change.Remove remove) {
            return removal(volume(remove.volume(), group));
        }
        if (change instanceof Change.AddLun || change instanceof Change.GrowLun) {
            return Optional.empty();
        }
        VolumeId id = volumeOf(change);
        Optional<Volume> known = volume(id, group);
        if (known.isEmpty()) {
            return Optional.of(new Outcome.UnknownVolume());
        }
        Volume volume = known.get();
        if (change instanceof Change.Extend extend) {
            return settledExtension(extend, volume, group);
        }
        if (change instanceof Change.Resize resize) {
            return volume.state() != State.READY
                    ? refused(
                            volume,
                            "is not ready: it is " + volume.state().name().toLowerCase(Locale.ROOT))
                    : done(volume.virtualSize().isAtLeast(resize.virtualSize()));
        }
        if (change instanceof Change.Assign assign) {
            return volume.state() != State.READY && !assign.hosts().isEmpty()
                    ? refused(volume, "cannot be used")
                    : done(volume.hosts().equals(assign.hosts()));
        }
        if (change instanceof Change.Condemn) {
            return volume.hosts().isEmpty()
                    ? done(volume.state() == State.CONDEMNED)
                    : refused(volume, "may be used by host " + volume.hosts() + "; release it there first");
        }
        if (change instanceof Change.Wipe wipe) {
            return volume.state() != State.CONDEMNED
                    ? refused(volume, "is not condemned; nothing was wiped")
                    : done(wipe.length().isZero() || wipe.from().isAtLeast(volume.size()));
        }
        throw new AssertionError("unhandled " + change);
    }

    private Optional<Outcome> settledExtension(Change.Extend extend, Volume volume, LvmGroup group) {
        Bytes target = target(extend, group);
        if (volume.size().isAtLeast(target)) {
            return Optional.of(new Outcome.Extended(volume.size()));
        }
        if (volume.state() != State.READY) {
            return refused(volume, "is not ready and does not grow");
        }
        return target.isOver(volume.limit().roundedUpTo(group.extent()))
                ? refused(volume, "may have at most " + volume.limit() + ", not " + extend.size())
                : Optional.empty();
    }

    private Optional<Outcome> settledCreation(Change.Create create, LvmGroup group) {
        if (create.name().startsWith(OWN)) {
            throw new IllegalArgumentException("volume " + create.name() + " cannot be created: names that begin with "
                    + OWN + " are Headroom's own");
        }
        Optional<Logical> there = group.named(create.name());
        if (there.isEmpty()) {
            return Optional.empty();
        }
        Optional<Volume> volume = LvmTags.volume(there.get());
        if (volume.isEmpty()) {
            return Optional.of(new Outcome.Refused("the volume group has a logical volume " + create.name()
                    + " that is none of Headroom's; choose another name"));
        }
        if (volume.get().state() == State.READY && volume.get().virtualSize().equals(create.virtualSize())) {
            return Optional.of(new Outcome.Done());
        }
        return volume.get().state() == State.UNFINISHED
                ? Optional.empty()
                : refused(volume.get(), "exists already, with " + volume.get().virtualSize() + "; choose another name");
    }

    /** One that is gone is removed. */
    private static Optional<Outcome> removal(Optional<Volume> volume) {
        if (volume.isEmpty()) {
            return Optional.of(new Outcome.Done());
        }
        return volume.get().state() == State.READY
                ? refused(volume.get(), "is neither condemned nor unfinished; it was not removed")
                : Optional.empty();
    }

    private static VolumeId volumeOf(Change change) {
        if (change instanceof Change.Extend extend) {
            return extend.volume();
        }
        if (change instanceof Change.Resize resize) {
            return resize.volume();
        }
        if (change instanceof Change.Assign assign) {
            return assign.volume();
        }
        if (change instanceof Change.Condemn condemn) {
            return condemn.volume();
        }
        if (change instanceof Change.Wipe wipe) {
            return wipe.volume();
        }
        throw new AssertionError("unhandled " + change);
    }

    private static Bytes target(Change.Extend extend, LvmGroup group) {
        return extend.size().roundedUpTo(group.extent());
    }

    private static Optional<Volume> volume(VolumeId id, LvmGroup group) {
        return group.logical(id).flatMap(LvmTags::volume);
    }

    private static Logical required(VolumeId id, LvmGroup group) {
        return group.logical(id)
                .orElseThrow(() -> new IllegalArgumentException("the pool has no volume " + id + "; was it removed?"));
    }

    private static String name(VolumeId id, LvmGroup group) {
        return required(id, group).name();
    }

    private static List<String> without(Set<String> tags, Set<String> others) {
        return tags.stream().filter(tag -> !others.contains(tag)).sorted().toList();
    }

    private static Optional<Outcome> done(boolean already) {
        return already ? Optional.of(new Outcome.Done()) : Optional.empty();
    }

    private static Optional<Outcome> refused(Volume volume, String why) {
        return Optional.of(new Outcome.Refused("volume " + volume.name() + " " + why));
    }
}
