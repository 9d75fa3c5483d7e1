package io.headroom.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headroom.contract.Operator;
import io.headroom.contract.SocketRelay;
import io.headroom.guest.GuestImage;
import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.node.qemu.QemuImg;
import io.headroom.node.qemu.QemuMonitor;
import io.headroom.port.Qemu;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real QEMU, watched over a connection that the test cuts. */
class PauseCounterTest {
    private static final VmName VM = new VmName("guest");
    private static final QemuImg IMG = new QemuImg(Duration.ofSeconds(60));
    private static final Bytes SIZE = Bytes.mebi(8);

    @TempDir
    Path directory;

    private GuestVm guest;
    private SocketRelay relay;
    private PauseCounter counter;

    private void watch(Bytes amount) throws IOException {
        start(GuestImage.writing(1, amount).perSecond(Bytes.mebi(4)));
        watch();
    }

    /** The guest waits until it is let go. */
    private void start(GuestImage image) throws IOException {
        GuestVm.Disk disk = GuestVm.Disk.create(directory.resolve("disk.qcow2"), Bytes.mebi(64), SIZE, IMG);
        Path monitor = directory.resolve("monitor");
        guest = GuestVm.start(new GuestVm.Plan(VM, directory, monitor, List.of(disk), image, false).waiting());
    }

    private void watch() throws IOException {
        relay = new SocketRelay(directory.resolve("relay"), guest.observer());
        counter = new PauseCounter(VM, directory.resolve("relay"));
        patiently().until(counter::isWhole);
    }

    private void letGo() throws IOException {
        Operator.letGo(guest.monitor());
    }

    @AfterEach
    void end() throws IOException {
        counter.close();
        relay.close();
        guest.close();
    }

    @Test
    void pause_isCounted() throws IOException {
        watch(SIZE.times(2));

        letGo();
        patiently().until(() -> counter.pauses() == 1);

        assertThat(counter.isWhole()).isTrue();
    }

    @Test
    void pauseBeforeAnybodyWatched_isCounted() throws IOException {
        start(GuestImage.writing(1, SIZE.times(2)));
        letGo();
        Qemu headroom = QemuMonitor.watch(VM, guest.monitor(), PauseCounter.LIMITS, event -> {});
        patiently().until(() -> isStopped(headroom));
        headroom.close();

        watch();

        patiently().until(() -> counter.pauses() == 1);
    }

    @Test
    void guestThatNeverStopped_isKnownThoughItWasNotWatchedForAWhile() throws IOException {
        watch(Bytes.mebi(1));
        letGo();

        relay.cut();
        relay.mend();
        patiently().until(relay::isInUse);

        assertThat(counter.isWhole()).isTrue();
        assertThat(counter.pauses()).isZero();
    }

    @Test
    void pauseThatNobodySaw_isKnownToBeMissing_thoughTheGuestWentOn() throws IOException {
        watch(SIZE.times(2));
        relay.cut();
        letGo();
        Qemu headroom = QemuMonitor.watch(VM, guest.monitor(), PauseCounter.LIMITS, event -> {});
        try {
            patiently().until(() -> isStopped(headroom));
            headroom.resize("disk0-storage", SIZE.times(4))
                    .thenCompose(done -> headroom.resume())
                    .toCompletableFuture()
                    .join();
            patiently().until(guest::isDone);
        } finally {
            headroom.close();
        }
        relay.mend();
        patiently().until(relay::isInUse); // so the loss was noticed

        assertThat(counter.isWhole()).isFalse();
        assertThat(counter.pauses()).isZero();
    }

    private static boolean isStopped(Qemu qemu) {
        return qemu.look()
                .handle((view, silent) -> view != null && view.isStoppedByIoError())
                .toCompletableFuture()
                .join();
    }

    private static ConditionFactory patiently() {
        return await().atMost(Duration.ofMinutes(1));
    }
}
