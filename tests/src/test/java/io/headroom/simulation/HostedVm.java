package io.headroom.simulation;

import io.headroom.disk.Disk;
import io.headroom.host.Outbox;
import io.headroom.mailbox.Reply;
import io.headroom.model.Bytes;
import io.headroom.model.Moment;
import io.headroom.model.VolumeId;
import io.headroom.port.Qemu;
import io.headroom.port.Volumes;
import io.headroom.vm.Vm;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;

/** One VM and its disks in a host's process: carries out what they decide. */
final class HostedVm {
    private static final Duration TICK = Duration.ofSeconds(1);

    private static final class Tended {
        private final Disk disk;
        private Qemu.Disk seen;

        private Tended(Bytes found) {
            disk = new Disk(SimHost.POLICY, found);
        }
    }

    private final SimGuest guest;
    private final Life life;
    private final Volumes volumes;
    private final SimHost.Surroundings around;
    private final Consumer<Outbox.Input> outbox;
    private final Qemu qemu;
    private final Vm vm = new Vm();
    private final Map<VolumeId, Tended> disks = new TreeMap<>();
    private final Map<String, VolumeId> byNode = new TreeMap<>();
    private final Set<String> beingFound = new HashSet<>();
    private boolean connected;
    private boolean looking;
    private boolean lookAgain;
    private boolean missedEvents;
    private int ticks;

    HostedVm(SimGuest guest, Life life, Volumes volumes, SimHost.Surroundings around, Consumer<Outbox.Input> outbox) {
        this.guest = guest;
        this.life = life;
        this.volumes = volumes;
        this.around = around;
        this.outbox = outbox;
        this.qemu = guest.monitorOf(life).apply(this::heard);
        life.every(TICK, this::tick);
        step(new Vm.Recalled(guest.notes()));
    }

    private Moment now() {
        return around.timeline().now();
    }

    private void heard(Qemu.Event event) {
        if (event instanceof Qemu.Event.ThresholdCrossed crossed) {
            Bytes pointer = crossed.threshold().plus(crossed.exceededBy());
            tell(crossed.storageNode(), new Disk.ThresholdCrossed(pointer, now()));
        } else if (event instanceof Qemu.Event.IoFailed failed && failed.noSpace()) {
            tell(failed.node(), new Disk.NoSpace(now()));
        } else if (event instanceof Qemu.Event.IoFailed failed) {
            step(new Vm.OtherwiseFailed("node " + failed.node()));
        } else if (event instanceof Qemu.Event.Connected) {
            connected = true;
            missedEvents = true;
            look();
        } else if (event instanceof Qemu.Event.Disconnected) {
            connected = false;
        } else {
            if (event instanceof Qemu.Event.Resumed) {
                step(new Vm.WentOn());
            }
            look();
        }
    }

    private void tell(String node, Disk.Input input) {
        VolumeId volume = byNode.get(node);
        if (volume == null) {
            missedEvents = true;
            look();
        } else {
            step(volume, input);
        }
    }

    /** A person holds the VM, or lets it go; done when the guest's notes say so. */
    void hold(boolean held) {
        life.tell(() -> step(new Vm.Hold(held)));
    }

    void posted(VolumeId volume) {
        step(volume, new Disk.Posted(now()));
    }

    void replied(VolumeId volume, Reply reply) {
        step(volume, new Disk.Replied(reply, now()));
    }

    private void tick() {
        ticks++;
        if (!looking) {
            step(new Vm.Tick(now()));
        }
        if (!looking && ticks % 2 == 0) {
            look();
        }
        disks.keySet().forEach(volume -> step(volume, new Disk.Tick(now())));
    }

    private void look() {
        if (looking) {
            lookAgain = true;
        } else if (connected) {
            looking = true;
            Calls.hear(life, qemu::look, this::looked, cause -> {
                looking = false;
                lookAgain = false;
            });
        }
    }

    private void looked(Qemu.View view) {
        looking = false;
        for (Qemu.Disk seen : view.disks()) {
            VolumeId volume = byNode.get(seen.node());
            if (volume != null) {
                disks.get(volume).seen = seen;
                step(volume, new Disk.Looked(seen, view.isStoppedByIoError(), missedEvents, now()));
            } else if (beingFound.add(seen.node())) {
                Calls.hear(
                        life,
                        () -> volumes.find(seen.path()),
                        found -> found(seen, view.isStoppedByIoError(), found),
                        cause -> beingFound.remove(seen.node()));
            }
        }
        missedEvents &= !beingFound.isEmpty();
        if (lookAgain) {
            lookAgain = false;
            look();
        } else {
            step(new Vm.Looked(view.status(), now()));
        }
    }

    private void tellWhatIsNoted(VolumeId volume, boolean stopped) {
        if (stopped && vm.isPausedFor(volume)) {
            step(volume, new Disk.NoSpace(now()));
        }
    }

    private void found(Qemu.Disk seen, boolean stopped, Optional<Volumes.Found> found) {
        beingFound.remove(seen.node());
        VolumeId volume = found.orElseThrow().volume();
        byNode.put(seen.node(), volume);
        byNode.put(seen.storageNode(), volume);
        disks.computeIfAbsent(volume, of -> new Tended(found.get().size())).seen = seen;
        step(volume, new Disk.Looked(seen, stopped, false, now()));
        tellWhatIsNoted(volume, stopped);
    }

    private void step(Vm.Input input) {
        for (Vm.Effect effect : vm.on(input)) {
            around.execution().run(life, effect, () -> {
                if (effect instanceof Vm.Look) {
                    look();
                } else if (effect instanceof Vm.Note note) {
                    guest.note(note.notes());
                } else {
                    Invariants.require(
                            !guest.notes().held(),
                            () -> "VM " + guest.name() + " is resumed, though a person holds it");
                    Calls.hear(
                            life, qemu::resume, done -> step(new Vm.Resumed()), cause -> step(new Vm.ResumeFailed()));
                }
            });
        }
    }

    private void step(VolumeId volume, Disk.Input input) {
        Tended tended = disks.get(volume);
        if (tended != null) {
            for (Disk.Effect effect : tended.disk.on(input)) {
                around.execution().run(life, effect, () -> run(volume, tended, effect));
            }
        }
    }

    private void run(VolumeId volume, Tended tended, Disk.Effect effect) {
        if (effect instanceof Disk.Refresh) {
            ask(volume, effect, refresh(volume, tended.seen), size -> new Disk.Refreshed(size, now()));
        } else if (effect instanceof Disk.Arm arm) {
            CompletionStage<Bytes> armed = qemu.arm(tended.seen.storageNode(), arm.threshold());
            ask(volume, effect, armed, pointer -> new Disk.Armed(pointer, now()));
        } else if (effect instanceof Disk.MeasureImage) {
            ask(volume, effect, volumes.imageEnd(volume), end -> new Disk.ImageMeasured(end, now()));
        } else if (effect instanceof Disk.Ask ask) {
            mail(new Outbox.Wanted(volume, guest.name(), ask.size(), ask.why(), ask.urgency()));
        } else if (effect instanceof Disk.Finish finish) {
            mail(new Outbox.Taken(volume, finish.size(), finish.steps()));
        } else if (effect instanceof Disk.Withdraw) {
            mail(new Outbox.Withdrawn(volume));
        } else if (effect instanceof Disk.Starved) {
            step(new Vm.DiskStarved(volume, now()));
        } else if (effect instanceof Disk.Grown) {
            step(new Vm.DiskGrown(volume, now()));
        } else if (!(effect instanceof Disk.Moved)) {
            throw new AssertionError("unhandled " + effect);
        }
    }

    private void mail(Outbox.Input input) {
        life.tell(() -> outbox.accept(input));
    }

    private CompletionStage<Bytes> refresh(VolumeId volume, Qemu.Disk seen) {
        CompletionStage<Bytes> measured = volumes.refresh(volume);
        return seen.bounded()
                ? measured.thenCompose(
                        size -> qemu.resize(seen.storageNode(), size).thenApply(done -> size))
                : measured;
    }

    private void ask(
            VolumeId volume, Disk.Effect effect, CompletionStage<Bytes> answer, Function<Bytes, Disk.Input> input) {
        Calls.hear(
                life,
                () -> answer,
                value -> step(volume, input.apply(value)),
                cause -> step(volume, new Disk.Failed(effect, now())));
    }

    SimGuest guest() {
        return guest;
    }

    Disk.Phase phase(VolumeId volume) {
        Tended tended = disks.get(volume);
        return tended == null ? Disk.Phase.UNSEEN : tended.disk.phase();
    }

    @Override
    public String toString() {
        StringBuilder text =
                new StringBuilder("vm " + guest.name() + " " + vm.status() + (vm.isStarved() ? " starved" : ""));
        disks.forEach((volume, tended) -> text.append("\n    ")
                .append(tended.disk.phase())
                .append(" pointer ")
                .append(tended.disk.pointer())
                .append(" of ")
                .append(tended.disk.device()));
        return text.toString();
    }
}
