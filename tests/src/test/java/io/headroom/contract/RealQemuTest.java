package io.headroom.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.guest.GuestImage;
import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.node.qemu.QemuImg;
import io.headroom.node.qemu.QemuMonitor;
import io.headroom.node.qemu.QmpLimits;
import io.headroom.port.Qemu;
import io.headroom.port.Qemu.Event;
import io.headroom.rig.Signals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract with a real QEMU, whose guest writes 16 MiB a second once it is let. */
class RealQemuTest extends QemuContract {
    private static final QemuImg IMG = new QemuImg(Duration.ofSeconds(60));
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final QmpLimits LIMITS =
            new QmpLimits(PATIENCE, PATIENCE, PATIENCE, Duration.ofMillis(10), Duration.ofMillis(50), 1 << 20, 16);

    @TempDir
    Path directory;

    @Override
    Rig start(int disks, Bytes size, Bytes amount) throws IOException {
        return new RealRig(
                disks, size, GuestImage.writing(7, amount).onDisks(disks).perSecond(Bytes.mebi(16)));
    }

    @Test
    void growthAheadOfTheGuest_neverStopsItAndLosesNothing() throws IOException {
        Bytes chunk = Bytes.mebi(21);
        Bytes ahead = Bytes.mebi(20); // ten seconds, in which a busy machine gets round to the growth
        Bytes amount = Bytes.mebi(48);
        try (RealRig rig = new RealRig(1, chunk, GuestImage.writing(9, amount).perSecond(Bytes.mebi(2)))) {
            Bytes size = chunk;
            while (size.compareTo(chunk.times(3)) < 0) {
                Bytes threshold = size.minus(ahead);
                if (threshold.isOver(get(rig.qemu().arm("disk0-storage", threshold)))) {
                    rig.until(() -> rig.events().stream()
                            .anyMatch(event -> event instanceof Event.ThresholdCrossed crossed
                                    && crossed.threshold().equals(threshold)));
                }
                size = size.plus(chunk);
                get(rig.qemu().resize("disk0-storage", size));
            }
            rig.until(() -> rig.vm.isDone());

            assertThat(rig.events()).doesNotHaveAnyElementsOfTypes(Event.Stopped.class, Event.IoFailed.class);
            assertThat(rig.endAndCountBad()).isZero();
            assertThat(rig.vm.verify(0, IMG).written()).isEqualTo(amount);
        }
    }

    @Test
    void regionBeyondFourGibibytes_isWrittenWhereItBelongs() throws IOException {
        GuestImage far = new GuestImage((5L << 30) / GuestImage.SECTOR, 8192, 3, 128, 128, GuestImage.Pace.FULL, 1);
        try (RealRig rig = new RealRig(1, Bytes.mebi(32), far)) {
            rig.until(() -> rig.vm.isDone());

            assertThat(rig.endAndCountBad()).isZero();
            assertThat(rig.vm.verify(0, IMG).written()).isEqualTo(Bytes.mebi(4));
        }
    }

    @Test
    void endedQemu_saysGoodbyeBeforeTheConnectionIsLost() throws IOException {
        try (RealRig rig = new RealRig(1, Bytes.mebi(32), GuestImage.writing(1, Bytes.mebi(1)))) {
            rig.vm.close();

            rig.awaitThat(() -> rig.events().stream().anyMatch(Event.Disconnected.class::isInstance));
            assertThat(rig.events()).contains(new Event.ShuttingDown());
        }
    }

    @Test
    void monitorThatServesSomebodyElse_isSaidToDoSo() throws IOException {
        try (RealRig rig = new RealRig(1, Bytes.mebi(32), GuestImage.writing(1, Bytes.mebi(1)))) {
            List<Event> second = new CopyOnWriteArrayList<>();
            QmpLimits impatient = new QmpLimits(
                    Duration.ofMillis(50),
                    LIMITS.command(),
                    LIMITS.heartbeat(),
                    LIMITS.firstRetry(),
                    LIMITS.lastRetry(),
                    LIMITS.lineBytes(),
                    LIMITS.commands());
            QemuMonitor late = QemuMonitor.watch(new VmName("late"), rig.vm.monitor(), impatient, second::add);
            try {
                rig.awaitThat(() -> !second.isEmpty());
                assertThat(second.get(0).toString()).contains("serves one client");
            } finally {
                late.close();
            }
        }
    }

    @Test
    void killedQemu_leavesASocketThatIsDeserted_butNotOneThatOnlyStandsStill() throws IOException {
        try (RealRig rig = new RealRig(1, Bytes.mebi(32), GuestImage.writing(1, Bytes.mebi(1)))) {
            List<Event> heard = new CopyOnWriteArrayList<>();
            QmpLimits impatient = new QmpLimits(
                    Duration.ofMillis(50),
                    Duration.ofMillis(50),
                    Duration.ofMillis(50),
                    LIMITS.firstRetry(),
                    LIMITS.lastRetry(),
                    LIMITS.lineBytes(),
                    LIMITS.commands());
            QemuMonitor monitor = QemuMonitor.watch(new VmName("guest"), rig.vm.observer(), impatient, heard::add);
            try {
                rig.awaitThat(() -> heard.contains(new Event.Connected()));
                Signals.freeze(rig.vm.pid());
                rig.awaitThat(() -> told(heard, "no sign of the greeting") && told(heard, "too many clients wait"));
                assertThat(heard).doesNotContain(new Event.Deserted());

                Signals.run("kill", "-KILL", Long.toString(rig.vm.pid()));

                rig.awaitThat(() -> Collections.frequency(heard, new Event.Deserted()) >= 3);
                assertThat(rig.vm.observer()).exists();
            } finally {
                monitor.close();
            }
        }
    }

    private static boolean told(List<Event> events, String cause) {
        return events.stream()
                .anyMatch(event ->
                        event instanceof Event.Disconnected lost && lost.cause().contains(cause));
    }

    @Test
    void snapshot_isADiskOfItsOwn_overTheImageBefore() throws IOException {
        try (RealRig rig = new RealRig(1, Bytes.mebi(32), GuestImage.writing(1, Bytes.mebi(1)));
                Operator operator = new Operator(rig.vm.observer())) {
            assertThat(only(rig.qemu()).backing()).isEmpty();

            operator.order("{'execute': 'blockdev-snapshot-sync', 'arguments': {'node-name': 'disk0',"
                    + " 'snapshot-node-name': 'top', 'snapshot-file': '" + directory.resolve("top.qcow2") + "'}}");

            Qemu.Disk top = only(rig.qemu());
            assertThat(top.node()).isEqualTo("top");
            assertThat(top.path()).endsWith("top.qcow2");
            assertThat(top.backing())
                    .containsExactly(directory.resolve("disk0.qcow2").toString());
        }
    }

    @Test
    void enlargedByItsOperator_isSeenWithItsNewSize() throws IOException {
        try (RealRig rig = new RealRig(1, Bytes.mebi(32), GuestImage.writing(1, Bytes.mebi(1)));
                Operator operator = new Operator(rig.vm.observer())) {
            assertThat(only(rig.qemu()).virtualSize()).isEqualTo(Bytes.mebi(64));

            operator.order("{'execute': 'block_resize', 'arguments': {'node-name': 'disk0', 'size': "
                    + Bytes.mebi(128).value() + "}}");

            assertThat(only(rig.qemu()).virtualSize()).isEqualTo(Bytes.mebi(128));
        }
    }

    private final class RealRig implements Rig {
        private final List<Event> events = new CopyOnWriteArrayList<>();
        private final GuestVm vm;
        private final SocketRelay relay;
        private final QemuMonitor monitor;
        private boolean hasBegun;

        private RealRig(int disks, Bytes size, GuestImage image) throws IOException {
            Bytes virtualSize = image.end().max(Bytes.mebi(64));
            List<GuestVm.Disk> thin = new ArrayList<>();
            for (int i = 0; i < disks; i++) {
                thin.add(GuestVm.Disk.create(directory.resolve("disk" + i + ".qcow2"), virtualSize, size, IMG));
            }
            VmName name = new VmName("guest");
            GuestVm.Plan plan =
                    new GuestVm.Plan(name, directory, directory.resolve("guest.qmp"), thin, image, false).waiting();
            vm = GuestVm.start(plan);
            relay = new SocketRelay(directory.resolve("relay"), vm.monitor());
            monitor = QemuMonitor.watch(name, directory.resolve("relay"), LIMITS, events::add);
            awaitThat(() -> events.contains(new Event.Connected()));
        }

        @Override
        public Qemu qemu() {
            return monitor;
        }

        @Override
        public List<Event> events() {
            return List.copyOf(events);
        }

        @Override
        public void until(Callable<Boolean> condition) throws IOException {
            if (!hasBegun) {
                hasBegun = true;
                Operator.letGo(vm.observer());
            }
            awaitThat(condition);
        }

        private void awaitThat(Callable<Boolean> condition) {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(5))
                    .until(condition);
        }

        @Override
        public Bytes written() throws IOException {
            return vm.written();
        }

        @Override
        public void cut() throws IOException {
            relay.cut();
            awaitThat(() -> events.stream().anyMatch(Event.Disconnected.class::isInstance));
        }

        @Override
        public void mend() throws IOException {
            relay.mend();
        }

        @Override
        public long endAndCountBad() throws IOException {
            vm.close();
            long bad = 0;
            for (int i = 0; i < vm.disks().size(); i++) {
                bad += vm.verify(i, IMG).bad();
            }
            return bad;
        }

        @Override
        public void close() throws IOException {
            monitor.close();
            relay.close();
            vm.close();
            Files.deleteIfExists(vm.observer());
        }
    }
}
