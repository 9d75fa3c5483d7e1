package io.headroom.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headroom.fake.FakeQemu;
import io.headroom.model.Bytes;
import io.headroom.port.Notebook.Notes;
import io.headroom.vm.Pause;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A VM with two starved disks, which no guest of ours brings about on a real QEMU, and notes that cannot be kept. */
class PausedVmTest {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Bytes SIZE = Bytes.mebi(64);

    private final AtomicReference<FakeQemu> qemu = new AtomicReference<>();
    private final TendedVm vm = new TendedVm(SIZE, 2, false, events -> {
        FakeQemu opened = qemu.updateAndGet(before -> before == null ? new FakeQemu(events) : before);
        opened.hear(events);
        if (opened.isEmpty()) {
            opened.attach("disk0", "/pool/disk0.qcow2", Bytes.gibi(10), SIZE, true);
            opened.attach("disk1", "/pool/disk1.qcow2", Bytes.gibi(10), SIZE, true);
        }
        opened.connect();
        return opened;
    });

    @AfterEach
    void stop() {
        vm.close();
    }

    @Test
    void oneOfTwoStarvedDisksGrew_theVmWaitsForTheOther() {
        vm.untilGuarded();
        qemu.get().writeToAll(Bytes.mebi(65));
        vm.until(Pause.Cause.NO_SPACE);

        vm.grow(0, Bytes.mebi(128));
        await().atMost(PATIENCE).until(() -> vm.report().pause().why().equals("no space on disk1"));
        vm.staysSo(Pause.Cause.NO_SPACE);
        assertThat(qemu.get().resumes()).isZero();

        vm.grow(1, Bytes.mebi(128));
        vm.until(Pause.Cause.NONE);
        assertThat(qemu.get().resumes()).isEqualTo(1);
    }

    @Test
    void anotherDiskFailedAsWell_theVmIsLeftToAPerson() {
        vm.untilGuarded();
        qemu.get().write("disk0", Bytes.mebi(65));
        qemu.get().failWrite("disk1");

        vm.grow(0, Bytes.mebi(128));

        vm.staysSo(Pause.Cause.OTHER_ERROR);
        assertThat(qemu.get().resumes()).isZero();
    }

    @Test
    void ranOutAndStoppedByAnotherErrorLater_isNotResumedByAnotherLifeOfTheNode() {
        vm.untilGuarded();
        qemu.get().write("disk0", Bytes.mebi(65));
        vm.until(Pause.Cause.NO_SPACE);
        vm.grow(0, Bytes.mebi(128));
        vm.until(Pause.Cause.NONE);
        qemu.get().failWrite("disk0");
        vm.until(Pause.Cause.OTHER_ERROR);

        vm.restart();

        vm.staysSo(Pause.Cause.OTHER_ERROR);
        assertThat(qemu.get().resumes()).isEqualTo(1);
    }

    @Test
    void grownButNotYetResumedWhenTheNodeEnded_theNextLifeResumesIt() {
        vm.untilGuarded();
        qemu.get().write("disk0", Bytes.mebi(65));
        vm.until(Pause.Cause.NO_SPACE);
        await().atMost(PATIENCE)
                .until(() -> vm.notebook().notes().equals(new Notes(false, Set.of(TendedVm.volume(0)))));
        vm.hold(true);
        vm.grow(0, Bytes.mebi(128));
        vm.staysSo(Pause.Cause.HELD);

        vm.restart();
        vm.staysSo(Pause.Cause.HELD);
        assertThat(qemu.get().resumes()).isZero();
        vm.hold(false);

        vm.until(Pause.Cause.NONE);
        assertThat(qemu.get().resumes()).isEqualTo(1);
        await().atMost(PATIENCE).until(() -> vm.notebook().notes().equals(Notes.NONE));
    }

    @Test
    void notesThatCannotBeRead_keepTheVmPaused_andSaySo() {
        vm.untilGuarded();
        vm.notebook().fail("the disk is broken");
        vm.restart();
        qemu.get().write("disk0", Bytes.mebi(65));
        vm.grow(0, Bytes.mebi(128));

        vm.staysSo(Pause.Cause.RESTING);
        assertThat(vm.report().problem()).contains("notes could not be read: the disk is broken");
        vm.notebook().work();

        vm.until(Pause.Cause.NONE);
    }
}
