package io.headroom.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Bytes;
import io.headroom.port.Qemu;
import io.headroom.port.Qemu.Event;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What Headroom relies on, of a QEMU whose guest writes when it is let, from one end of its disks to the other. */
abstract class QemuContract {
    private static final String FIRST = "disk0-storage";
    private static final String SECOND = "disk1-storage";

    /** A QEMU with its guest, which waits at first, and a connection between them and us that stands and can be cut. */
    interface Rig extends AutoCloseable {
        Qemu qemu();

        List<Event> events();

        /** Lets the guest write, at least until the condition holds; fails where it never does. */
        void until(Callable<Boolean> condition) throws IOException;

        /** What the guest has written to each disk, seen without QEMU's monitor. */
        Bytes written() throws IOException;

        void cut() throws IOException;

        void mend() throws IOException;

        /** Ends the guest and counts the sectors that it wrote and that are not there, on all disks. */
        long endAndCountBad() throws IOException;

        @Override
        void close() throws IOException;
    }

    private Rig rig;

    /** @param amount that the guest writes to each disk; @param size of each disk's storage node */
    abstract Rig start(int disks, Bytes size, Bytes amount) throws IOException;

    private Qemu start(Bytes size, Bytes amount) throws IOException {
        rig = start(1, size, amount);
        return rig.qemu();
    }

    @AfterEach
    void close() throws IOException {
        if (rig != null) {
            rig.close();
        }
    }

    @Test
    void connected_showsTheThinDiskAndItsStorage() throws IOException {
        Qemu qemu = start(Bytes.mebi(64), Bytes.mebi(32));
        rig.until(() -> get(qemu.look()).status().equals("running"));

        Qemu.View view = get(qemu.look());

        assertThat(view.status()).isEqualTo("running");
        assertThat(view.disks()).singleElement().satisfies(disk -> {
            assertThat(disk.node()).isEqualTo("disk0");
            assertThat(disk.storageNode()).isEqualTo(FIRST);
            assertThat(disk.path()).endsWith("disk0.qcow2");
            assertThat(disk.format()).isEqualTo("qcow2");
            assertThat(disk.virtualSize()).isEqualTo(Bytes.mebi(64));
            assertThat(disk.cluster()).isEqualTo(Bytes.of(64 << 10));
            assertThat(disk.bounded()).isTrue();
            assertThat(disk.size()).isEqualTo(Bytes.mebi(64));
            assertThat(disk.threshold()).isEqualTo(Bytes.ZERO);
        });
    }

    @Test
    void armedThreshold_isSeenAndCanBeCleared() throws IOException {
        Qemu qemu = start(Bytes.mebi(64), Bytes.mebi(4));

        get(qemu.arm(FIRST, Bytes.mebi(60)));
        assertThat(only(qemu).threshold()).isEqualTo(Bytes.mebi(60));

        get(qemu.arm(FIRST, Bytes.ZERO));
        assertThat(only(qemu).threshold()).isEqualTo(Bytes.ZERO);
    }

    @Test
    void writeBeyondTheThreshold_isToldOnceWithTheStorageNode() throws IOException {
        Qemu qemu = start(Bytes.mebi(64), Bytes.mebi(16));
        get(qemu.arm(FIRST, Bytes.mebi(8)));

        rig.until(() -> rig.written().isAtLeast(Bytes.mebi(16)));

        Qemu.Disk disk = only(qemu); // what QEMU said before its answer has been heard when that is
        assertThat(crossings()).singleElement().satisfies(crossed -> {
            assertThat(crossed.storageNode()).isEqualTo(FIRST);
            assertThat(crossed.threshold()).isEqualTo(Bytes.mebi(8));
            assertThat(crossed.exceededBy().isZero()).isFalse();
        });
        assertThat(disk.threshold()).isEqualTo(Bytes.ZERO);
        assertThat(disk.pointer().isOver(Bytes.mebi(16))).isTrue();
    }

    @Test
    void armedBelowTheWritePointer_answersThePointerBeyondIt() throws IOException {
        Qemu qemu = start(Bytes.mebi(64), Bytes.mebi(4));
        rig.until(() -> rig.written().isAtLeast(Bytes.mebi(4)));

        Bytes pointer = get(qemu.arm(FIRST, Bytes.mebi(1)));

        assertThat(pointer.isOver(Bytes.mebi(4))).isTrue();
        assertThat(only(qemu).threshold()).isEqualTo(Bytes.mebi(1));
        assertThat(crossings()).isEmpty();
    }

    @Test
    void noSpace_tellsTheFormatNodeAndStops() throws IOException {
        Qemu qemu = start(Bytes.mebi(4), Bytes.mebi(8));

        rig.until(() -> rig.events().contains(new Event.Stopped()));

        Event failed = new Event.IoFailed("disk0", true, true);
        assertThat(rig.events()).containsSubsequence(failed, new Event.Stopped());
        assertThat(get(qemu.look()).isStoppedByIoError()).isTrue();
    }

    @Test
    void thresholdAndNoSpaceInOneWrite_tellsTheThresholdFirst() throws IOException {
        Qemu qemu = start(Bytes.mebi(4), Bytes.mebi(8));
        rig.until(() -> rig.events().contains(new Event.Stopped()));
        get(qemu.arm(FIRST, Bytes.mebi(4)));
        int before = rig.events().size();

        get(qemu.resume());
        rig.until(() -> rig.events().stream().skip(before).anyMatch(new Event.Stopped()::equals));

        List<Event> after = rig.events().subList(before, rig.events().size());
        assertThat(after).hasAtLeastOneElementOfType(Event.ThresholdCrossed.class);
        assertThat(after.indexOf(crossings().get(0))).isLessThan(after.indexOf(new Event.Stopped()));
    }

    @Test
    void resizedAfterNoSpace_goesOnWhenResumedAndLosesNothing() throws IOException {
        Qemu qemu = start(Bytes.mebi(4), Bytes.mebi(8));
        rig.until(() -> rig.events().contains(new Event.Stopped()));

        get(qemu.resize(FIRST, Bytes.mebi(32)));
        get(qemu.resume());
        rig.until(() -> rig.written().isAtLeast(Bytes.mebi(8)));

        assertThat(rig.events()).containsSubsequence(new Event.Stopped(), new Event.Resumed());
        assertThat(only(qemu).size()).isEqualTo(Bytes.mebi(32));
        assertThat(rig.endAndCountBad()).isZero();
    }

    @Test
    void resumedWithoutSpace_stopsAgain() throws IOException {
        Qemu qemu = start(Bytes.mebi(4), Bytes.mebi(8));
        rig.until(() -> rig.events().contains(new Event.Stopped()));
        long before = count(new Event.Resumed());

        get(qemu.resume());

        rig.until(() -> count(new Event.Resumed()) > before);
        rig.until(() -> get(qemu.look()).isStoppedByIoError());
    }

    @Test
    void resized_keepsTheThreshold() throws IOException {
        Qemu qemu = start(Bytes.mebi(16), Bytes.mebi(4));
        get(qemu.arm(FIRST, Bytes.mebi(12)));

        get(qemu.resize(FIRST, Bytes.mebi(32)));
        get(qemu.resize(FIRST, Bytes.mebi(32)));

        assertThat(only(qemu).threshold()).isEqualTo(Bytes.mebi(12));
        assertThat(only(qemu).size()).isEqualTo(Bytes.mebi(32));
    }

    @Test
    void resizedToLess_isRefusedAndChangesNothing() throws IOException {
        Qemu qemu = start(Bytes.mebi(16), Bytes.mebi(4));

        assertThatThrownBy(() -> get(qemu.resize(FIRST, Bytes.mebi(8)))).hasMessageContaining(FIRST);

        assertThat(only(qemu).size()).isEqualTo(Bytes.mebi(16));
    }

    @Test
    void unknownNode_isNamed() throws IOException {
        Qemu qemu = start(Bytes.mebi(16), Bytes.mebi(4));

        assertThatThrownBy(() -> get(qemu.arm("nosuch", Bytes.mebi(8)))).hasMessageContaining("nosuch");
        assertThatThrownBy(() -> get(qemu.resize("nosuch", Bytes.mebi(8)))).hasMessageContaining("nosuch");
    }

    @Test
    void thresholdCrossedWhileCutOff_isNeverToldButSeenAfterwards() throws IOException {
        Qemu qemu = start(Bytes.mebi(64), Bytes.mebi(16));
        get(qemu.arm(FIRST, Bytes.mebi(12)));
        rig.cut();
        assertThatThrownBy(() -> get(qemu.look())).hasMessageContaining("connection");

        rig.until(() -> rig.written().isAtLeast(Bytes.mebi(16)));
        rig.mend();
        rig.until(() -> count(new Event.Connected()) == 2);

        assertThat(rig.events()).hasAtLeastOneElementOfType(Event.Disconnected.class);
        assertThat(crossings()).isEmpty();
        assertThat(only(qemu).threshold()).isEqualTo(Bytes.ZERO);
        assertThat(only(qemu).pointer().isOver(Bytes.mebi(16))).isTrue();
    }

    @Test
    void twoDisks_areArmedAndToldEachByItself() throws IOException {
        rig = start(2, Bytes.mebi(64), Bytes.mebi(16));
        Qemu qemu = rig.qemu();
        get(qemu.arm(FIRST, Bytes.mebi(8)));
        get(qemu.arm(SECOND, Bytes.mebi(10)));

        rig.until(() -> rig.written().isAtLeast(Bytes.mebi(16)));

        assertThat(get(qemu.look()).disks().stream().map(Qemu.Disk::storageNode))
                .containsExactlyInAnyOrder(FIRST, SECOND);
        assertThat(crossings().stream().map(Event.ThresholdCrossed::storageNode))
                .containsExactly(FIRST, SECOND);
        assertThat(rig.endAndCountBad()).isZero();
    }

    Qemu.Disk only(Qemu qemu) {
        return get(qemu.look()).disks().get(0);
    }

    private List<Event.ThresholdCrossed> crossings() {
        return rig.events().stream()
                .filter(Event.ThresholdCrossed.class::isInstance)
                .map(Event.ThresholdCrossed.class::cast)
                .toList();
    }

    private long count(Event event) {
        return rig.events().stream().filter(event::equals).count();
    }

    static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    }
}
