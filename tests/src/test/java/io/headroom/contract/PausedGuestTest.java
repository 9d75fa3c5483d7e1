package io.headroom.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headroom.guest.GuestImage;
import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.node.qemu.QemuImg;
import io.headroom.node.qemu.QemuMonitor;
import io.headroom.node.qemu.QmpLimits;
import io.headroom.vm.Pause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real QEMU, stopped for one reason or another: only one that stands for want of space is resumed. */
class PausedGuestTest {
    private static final QemuImg IMG = new QemuImg(Duration.ofSeconds(60));
    private static final Bytes SIZE = Bytes.mebi(8);
    private static final Bytes AMOUNT = Bytes.mebi(24);
    private static final Bytes ENOUGH = Bytes.mebi(40);
    private static final Bytes FAST = Bytes.mebi(16);
    /** A busy machine has a quarter of a minute to do something before the guest runs out. */
    private static final Bytes SLOW = Bytes.of(512 << 10);

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private GuestVm guest;
    private SocketRelay relay;
    private TendedVm vm;

    /** The guest runs when the VM is tended, and not before. */
    private void start(GuestVm.Disk disk) throws IOException {
        start(disk, FAST);
    }

    private void start(GuestVm.Disk disk, Bytes perSecond) throws IOException {
        tend(disk, perSecond);
        letGo();
    }

    /** The guest waits. */
    private void tend(GuestVm.Disk disk, Bytes perSecond) throws IOException {
        GuestImage image = GuestImage.writing(5, AMOUNT).perSecond(perSecond);
        VmName name = new VmName("guest");
        GuestVm.Plan plan =
                new GuestVm.Plan(name, directory, directory.resolve("guest.qmp"), List.of(disk), image, false);
        guest = GuestVm.start(plan.waiting());
        relay = new SocketRelay(directory.resolve("relay"), guest.monitor());
        vm = new TendedVm(
                SIZE,
                1,
                false,
                events -> QemuMonitor.watch(name, directory.resolve("relay"), QmpLimits.DEFAULTS, events));
        vm.untilGuarded();
    }

    private void letGo() throws IOException {
        Operator.letGo(guest.observer());
    }

    private GuestVm.Disk disk() throws IOException {
        return GuestVm.Disk.create(directory.resolve("disk0.qcow2"), Bytes.mebi(64), SIZE, IMG);
    }

    @AfterEach
    void stop() throws IOException {
        if (vm != null) {
            vm.close();
        }
        relay.close();
        guest.close();
        Files.deleteIfExists(guest.observer());
    }

    @Test
    void ranOut_goesOnWhenItGrew_andLosesNothing() throws IOException {
        start(disk());
        vm.until(Pause.Cause.NO_SPACE);

        vm.grow(0, ENOUGH);

        untilDoneAndIntact();
    }

    @Test
    void ranOutWhileNobodyListened_isKnownAfterwards() throws IOException {
        tend(disk(), FAST);
        relay.cut();
        letGo();
        await().atMost(PATIENCE).until(this::standsStill);
        relay.mend();
        vm.until(Pause.Cause.NO_SPACE);

        vm.grow(0, ENOUGH);

        untilDoneAndIntact();
    }

    @Test
    void heldByAPerson_standsUntilItIsReleased_whateverEndsMeanwhile() throws IOException {
        tend(disk(), FAST);
        vm.hold(true);
        letGo();
        vm.until(Pause.Cause.HELD);
        vm.grow(0, ENOUGH);
        vm.staysSo(Pause.Cause.HELD);

        vm.restart();
        vm.staysSo(Pause.Cause.HELD);
        vm.hold(false);

        untilDoneAndIntact();
    }

    @Test
    void pausedByAPersonWhileItRan_isNotOurs() throws IOException {
        start(disk(), SLOW);
        try (Operator person = new Operator(guest.observer())) {
            person.order("{'execute': 'stop'}");
            String status =
                    person.order("{'execute': 'query-status'}").get("status").asText();
            assertThat(status).isEqualTo("paused");

            vm.staysSo(Pause.Cause.OTHERWISE);
            assertThat(vm.report().pause().why()).isEqualTo("QEMU says paused");

            person.order("{'execute': 'cont'}");
        }
        vm.until(Pause.Cause.NO_SPACE);
    }

    @Test
    void anotherErrorAfterItRanOutOnce_isLeftToAPerson_alsoByAnotherLifeOfTheNode() throws IOException {
        start(disk().brokenAt(Bytes.mebi(20)));
        vm.until(Pause.Cause.NO_SPACE);
        vm.grow(0, ENOUGH);
        vm.until(Pause.Cause.OTHER_ERROR);
        assertThat(guest.written()).isGreaterThan(SIZE);

        relay.cut();
        relay.mend();
        vm.staysSo(Pause.Cause.OTHER_ERROR);
        vm.restart();
        vm.staysSo(Pause.Cause.OTHER_ERROR);

        try (Operator person = new Operator(guest.observer())) {
            assertThat(person.order("{'execute': 'query-block'}").toString())
                    .as("QEMU still says that it once had no space")
                    .contains("\"io-status\":\"nospace\"");
            person.order("{'execute': 'cont'}");
        }
        untilDoneAndIntact();
    }

    private boolean standsStill() throws IOException {
        try (Operator person = new Operator(guest.observer())) {
            return person.order("{'execute': 'query-status'}")
                    .get("status")
                    .asText()
                    .equals("io-error");
        }
    }

    private void untilDoneAndIntact() throws IOException {
        await().atMost(PATIENCE).until(guest::isDone);
        guest.close();
        assertThat(guest.verify(0, IMG).bad()).isZero();
        assertThat(guest.verify(0, IMG).written()).isEqualTo(AMOUNT);
    }
}
