package io.headroom.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Bytes;
import io.headroom.port.Qemu;
import org.junit.jupiter.api.Test;

class ExhaustionTest {
    private static final Bytes DEVICE = Bytes.gibi(10);
    private static final Bytes BEYOND = DEVICE.plus(Bytes.of(65536));
    private static final Bytes GROWN = Bytes.gibi(12);
    private static final boolean STOPPED = true;
    private static final boolean MISSED = true;

    private final Exhaustion exhaustion = new Exhaustion();

    @Test
    void stoppedWithTheWriteBeyondTheDevice() {
        assertThat(exhaustion.isShown(unbounded(BEYOND, false), STOPPED, !MISSED, DEVICE))
                .isTrue();
        assertThat(exhaustion.isShown(unbounded(BEYOND, false), !STOPPED, !MISSED, DEVICE))
                .isFalse();
    }

    @Test
    void stoppedBeyondWhatQemuAllows_thoughTheDeviceIsLarger() {
        assertThat(exhaustion.isShown(bounded(DEVICE, BEYOND), STOPPED, !MISSED, GROWN))
                .isTrue();
    }

    @Test
    void ranOutOnce_andStoppedNowByAnotherError_isNothing() {
        Qemu.Disk once = unbounded(DEVICE, true);

        assertThat(exhaustion.isShown(once, STOPPED, MISSED, GROWN))
                .as("at first sight")
                .isFalse();
        exhaustion.isShown(once, !STOPPED, !MISSED, GROWN);
        assertThat(exhaustion.isShown(once, STOPPED, MISSED, GROWN))
                .as("after a reconnect")
                .isFalse();
    }

    @Test
    void ranOutWhileNobodyListened_andGrownSince() {
        exhaustion.isShown(unbounded(Bytes.gibi(5), false), !STOPPED, !MISSED, DEVICE);

        assertThat(exhaustion.isShown(unbounded(BEYOND, true), STOPPED, MISSED, GROWN))
                .isTrue();
    }

    @Test
    void ranOutOnceMoreWhileNobodyListened_andGrownSince() {
        exhaustion.isShown(unbounded(Bytes.gibi(5), true), !STOPPED, !MISSED, DEVICE);

        assertThat(exhaustion.isShown(unbounded(BEYOND, true), STOPPED, MISSED, GROWN))
                .isTrue();
    }

    @Test
    void stoppedByAnotherErrorSoonAfterItGrew_isNothingWhereItsEventWasHeard() {
        exhaustion.isShown(unbounded(Bytes.gibi(5), false), !STOPPED, !MISSED, DEVICE);

        assertThat(exhaustion.isShown(unbounded(BEYOND, false), STOPPED, !MISSED, GROWN))
                .isFalse();
    }

    private static Qemu.Disk unbounded(Bytes pointer, boolean ranOut) {
        return disk(Bytes.ZERO, false, pointer, ranOut);
    }

    private static Qemu.Disk bounded(Bytes size, Bytes pointer) {
        return disk(size, true, pointer, false);
    }

    private static Qemu.Disk disk(Bytes size, boolean bounded, Bytes pointer, boolean ranOut) {
        return new Qemu.Disk(
                "fmt",
                "stor",
                "/p",
                "qcow2",
                Bytes.gibi(100),
                Bytes.of(65536),
                size,
                bounded,
                pointer,
                Bytes.ZERO,
                ranOut);
    }
}
