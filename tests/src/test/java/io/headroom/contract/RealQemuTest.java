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

/** The contract with a real QEMU, whose guest writes 16 MiB a second. */
class RealQemuTest extends QemuContract {
    private static final QemuImg IMG = new QemuImg(Duration.ofSeconds(60));
    private static final QmpLimits LIMITS = new QmpLimits(
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofMillis(10),
            Duration.ofMillis(50),
            1 << 20,
            16);

    @TempDir
    Path directory;

    @Override
    Rig start(int disks, Bytes size, Bytes amount) throws IOException {
        return new RealRig(
                disks, size, GuestImage.writing(7, amount).onDisks(disks).perSecond(Bytes.mebi(16)));
    }

    @Test
    void growthAheadOfTheGuest_neverStopsItAndLosesNothing() throws IOException {
        Bytes chunk = Bytes.mebi(8);
        try (RealRig rig =
                new RealRig(1, chunk, GuestImage.writing(9, Bytes.mebi(24)).perSecond(Bytes.mebi(8)))) {
            rig.until(() -> rig.events().contains(new Event.Connected()));
            Bytes size = chunk;
            while (size.compareTo(Bytes.mebi(32)) < 0) {
                Bytes threshold = size.minus(Bytes.mebi(4));
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
            assertThat(rig.vm.verify(0, IMG).written()).isEqualTo(Bytes.mebi(24));
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
            rig.until(() -> rig.events().contains(new Event.Connected()));

            rig.vm.close();

            rig.until(() -> rig.events().stream().anyMatch(Event.Disconnected.class::isInstance));
            assertThat(rig.events()).contains(new Event.ShuttingDown());
        }
    }

    @Test
    void monitorThatServesSomebodyElse_isSaidToDoSo() throws IOException {
        try (RealRig rig = new RealRig(1, Bytes.mebi(32), GuestImage.writing(1, Bytes.mebi(1)))) {
            rig.until(() -> rig.events().contains(new Event.Connected()));
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
                Awaitility.await().until(() -> !second.isEmpty());
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
                rig.until(() -> heard.contains(new Event.Connected()));
                Signals.freeze(rig.vm.pid());
                rig.until(() -> told(heard, "no sign of the greeting") && told(heard, "too many clients wait"));
                assertThat(heard).doesNotContain(new Event.Deserted());

                Signals.run("kill", "-KILL", Long.toString(rig.vm.pid()));

                rig.until(() -> Collections.frequency(heard, new Event.Deserted()) >= 3);
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
            rig.until(() -> rig.events().contains(new Event.Connected()));
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
            rig.until(() -> rig.events().contains(new Event.Connected()));
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

        private RealRig(int disks, Bytes size, GuestImage image) throws IOException {
            Bytes virtualSize = image.end().max(Bytes.mebi(64));
            List<GuestVm.Disk> thin = new ArrayList<>();
            for (int i = 0; i < disks; i++) {
                thin.add(GuestVm.Disk.create(directory.resolve("disk" + i + ".qcow2"), virtualSize, size, IMG));
            }
            VmName name = new VmName("guest");
            vm = GuestVm.start(new GuestVm.Plan(name, directory, directory.resolve("guest.qmp"), thin, image, false));
            relay = new SocketRelay(directory.resolve("relay"), vm.monitor());
            monitor = QemuMonitor.watch(name, directory.resolve("relay"), LIMITS, events::add);
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
        public void until(Callable<Boolean> condition) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
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
            until(() -> events.stream().anyMatch(Event.Disconnected.class::isInstance));
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
