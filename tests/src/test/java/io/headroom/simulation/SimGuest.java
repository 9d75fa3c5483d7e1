package io.headroom.simulation;

import io.headroom.disk.Qcow2;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Notebook;
import io.headroom.port.Qemu;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A QEMU and the guest in it, which outlive Headroom's process on their host. The guest writes its disks from front to
 * back; QEMU tells once when a write crosses the threshold, and stops the guest when a write finds no space.
 */
final class SimGuest {
    static final String OTHER_ERROR = "an error that space does not heal";
    static final String LEFT_ONCE_MORE = OTHER_ERROR + ", left once more as its end was not noted";
    static final Bytes CLUSTER = Bytes.of(65_536);
    private static final Duration STEP = Duration.ofMillis(100);

    private final Timeline timeline;
    private final Faults faults;
    private final Calls calls;
    private final Tally tally;
    private final HostId host;
    private final VmName name;
    private final List<Image> images = new ArrayList<>();
    private Optional<Monitor> monitor = Optional.empty();
    private String status = "running";
    /** An error stopped it that space does not heal; a person repairs it. */
    private boolean broken;
    /** The process that was told that a person had let it go on, until that is noted. */
    private Optional<Life> toldOfRepair = Optional.empty();

    private Notebook.Notes notes = Notebook.Notes.NONE;

    /** A qcow2 image on a volume, as QEMU has it open. */
    static final class Image {
        private final VolumeId volume;
        private final Bytes virtualSize;
        private final boolean bounded;
        /** The volume's size that this host's kernel shows; refreshed by Headroom alone. */
        private Bytes device;
        /** The size that QEMU itself goes by, where it does. */
        private Bytes told;

        private Bytes end = Bytes.mebi(1);
        private Bytes highestTried = Bytes.ZERO;
        private Bytes threshold = Bytes.ZERO;
        private boolean ranOut;
        private long perSecond;

        Image(VolumeId volume, Bytes virtualSize, boolean bounded, Bytes size) {
            this.volume = volume;
            this.virtualSize = virtualSize;
            this.bounded = bounded;
            this.device = size;
            this.told = size;
        }

        private Bytes room() {
            return bounded ? told.min(device) : device;
        }

        private String node() {
            return "fmt-" + volume;
        }

        private String storageNode() {
            return "sto-" + volume;
        }

        private Bytes limit() {
            return Qcow2.fullyAllocated(virtualSize, CLUSTER);
        }

        VolumeId volume() {
            return volume;
        }

        Bytes refresh(Bytes now) {
            device = now;
            return now;
        }

        Bytes device() {
            return device;
        }

        Bytes threshold() {
            return threshold;
        }

        Bytes end() {
            return end;
        }

        boolean isFull() {
            return room().isAtLeast(limit());
        }

        @Override
        public String toString() {
            return volume + " end " + end + " device " + device + (bounded ? " told " + told : "") + " limit " + limit()
                    + " threshold " + threshold;
        }
    }

    SimGuest(Timeline timeline, Faults faults, Calls calls, Tally tally, HostId host, VmName name) {
        this.timeline = timeline;
        this.faults = faults;
        this.calls = calls;
        this.tally = tally;
        this.host = host;
        this.name = name;
        run();
    }

    void attach(Image image) {
        images.add(image);
    }

    HostId host() {
        return host;
    }

    VmName name() {
        return name;
    }

    List<Image> images() {
        return images;
    }

    /** What Headroom has noted of this VM, on the same host. */
    Notebook.Notes notes() {
        return notes;
    }

    void note(Notebook.Notes now) {
        notes = now;
        toldOfRepair = toldOfRepair.filter(of -> !now.failure().isEmpty());
    }

    boolean isStopped() {
        return !status.equals("running");
    }

    /**
     * The storage fails a write with an error that is not for want of space, while the guest runs or just after a write
     * found none. Nothing of it is lost on the way to the process that tends the guest, unless that one dies or freezes:
     * two errors in one breath cannot be told apart where nobody listens, and QEMU forgets the second.
     */
    void fail() {
        boolean isAlone = !isStopped() && notes.starved().isEmpty();
        if (!broken && (isAlone || isHeard() && isOutOfSpace())) {
            tally.count(OTHER_ERROR + (isAlone ? "" : ", beside a want of space"));
            broken = true;
            say(new Qemu.Event.IoFailed(images.get(0).node(), false, true));
            if (!isStopped()) {
                status = "io-error";
                say(new Qemu.Event.Stopped());
            }
        }
    }

    /**
     * A person sets right what failed, and tells QEMU to go on; while Headroom listens, or else the VM, starved before it
     * does again, would be left to the person once more. So it is, and is let go on once more, where the process that
     * listened died before it noted that: nothing of QEMU tells whoever comes next.
     */
    void repair() {
        boolean isLeftOnceMore = !broken
                && isStopped()
                && !notes.failure().isEmpty()
                && toldOfRepair.filter(Life::isEnded).isPresent();
        if (isHeard() && (broken || isLeftOnceMore)) {
            if (isLeftOnceMore) {
                tally.count(LEFT_ONCE_MORE);
            }
            broken = false;
            toldOfRepair = monitor.map(of -> of.process);
            status = "running";
            say(new Qemu.Event.Resumed());
        }
    }

    private boolean isHeard() {
        return monitor.filter(of -> of.connected && !of.process.isFrozen()).isPresent();
    }

    /** A disk of it has had no space, and it stands. */
    boolean isOutOfSpace() {
        return isStopped() && images.stream().anyMatch(image -> image.highestTried.isOver(image.room()));
    }

    void writes(Image image, Bytes perSecond) {
        image.perSecond = perSecond.value();
    }

    /** Whether every write that the guest has tried would find room now. */
    boolean couldGoOn() {
        return images.stream().allMatch(image -> image.room().isAtLeast(image.highestTried.min(image.limit())));
    }

    private void run() {
        timeline.after(STEP, () -> {
            for (Image image : images) {
                write(image);
            }
            run();
        });
    }

    private void write(Image image) {
        if (isStopped() || image.perSecond == 0) {
            return;
        }
        Bytes wanted = image.end
                .plus(Bytes.of(image.perSecond * STEP.toMillis() / 1000))
                .min(image.limit());
        image.highestTried = image.highestTried.max(wanted);
        if (!image.threshold.isZero() && wanted.isOver(image.threshold)) {
            Bytes crossed = image.threshold;
            image.threshold = Bytes.ZERO;
            say(new Qemu.Event.ThresholdCrossed(image.storageNode(), crossed, wanted.minus(crossed)));
        }
        image.end = wanted.min(image.room());
        if (wanted.isOver(image.room())) {
            status = "io-error";
            image.ranOut = true;
            tally.count("a guest stopped for space");
            say(new Qemu.Event.IoFailed(image.node(), true, true));
            say(new Qemu.Event.Stopped());
        }
    }

    private void say(Qemu.Event event) {
        monitor.ifPresent(of -> of.say(event));
    }

    /** What the connection carries is lost, until it stands again after a while. */
    void cutMonitor() {
        monitor.ifPresent(Monitor::cut);
    }

    /** How a process of this host opens the monitor. */
    Function<Consumer<Qemu.Event>, Qemu> monitorOf(Life process) {
        return events -> {
            Monitor opened = new Monitor(process, events);
            monitor = Optional.of(opened);
            process.atEnd(opened::close);
            opened.connect();
            return opened;
        };
    }

    private final class Monitor implements Qemu {
        private final Life process;
        private final Consumer<Event> events;
        private boolean connected;

        Monitor(Life process, Consumer<Event> events) {
            this.process = process;
            this.events = events;
        }

        void connect() {
            timeline.after(faults.millis(1, 500), () -> {
                connected = true;
                say(new Event.Connected());
            });
        }

        void cut() {
            say(new Event.Disconnected("cut"));
            connected = false;
            connect();
        }

        void say(Event event) {
            if (connected) {
                process.tell(() -> events.accept(event));
            }
        }

        private <T> CompletionStage<T> ask(Effect<T> effect) {
            return calls.call(process, () -> {
                if (!connected) {
                    throw new Faults.Injected("the monitor is not connected");
                }
                return effect.have();
            });
        }

        private Image image(String node) {
            return images.stream()
                    .filter(of -> of.storageNode().equals(node))
                    .findFirst()
                    .orElseThrow();
        }

        @Override
        public CompletionStage<View> look() {
            return ask(() -> new View(
                    status,
                    images.stream()
                            .map(image -> new Disk(
                                    image.node(),
                                    image.storageNode(),
                                    "/dev/pool/" + image.volume,
                                    "qcow2",
                                    image.virtualSize,
                                    CLUSTER,
                                    image.bounded ? image.told : Bytes.ZERO,
                                    image.bounded,
                                    image.highestTried,
                                    image.threshold,
                                    image.ranOut))
                            .toList()));
        }

        @Override
        public CompletionStage<Bytes> arm(String storageNode, Bytes threshold) {
            return ask(() -> {
                image(storageNode).threshold = threshold;
                return image(storageNode).highestTried;
            });
        }

        @Override
        public CompletionStage<Void> resize(String storageNode, Bytes size) {
            return ask(() -> {
                Image image = image(storageNode);
                if (size.isOver(image.device)) {
                    throw new AssertionError("QEMU is told " + size + " of " + image);
                }
                image.told = size;
                return null;
            });
        }

        @Override
        public CompletionStage<Void> resume() {
            return ask(() -> {
                Invariants.require(
                        !broken,
                        () -> "VM " + name + " is resumed, though an error stopped it that space does not heal");
                if (!status.equals("running")) {
                    status = "running";
                    SimGuest.this.say(new Event.Resumed());
                }
                return null;
            });
        }

        @Override
        public void close() {
            monitor = monitor.filter(of -> of != this);
        }
    }

    @FunctionalInterface
    private interface Effect<T> {
        T have();
    }
}
