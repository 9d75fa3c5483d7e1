package io.headroom.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.headroom.fake.FakeQemu;
import io.headroom.model.Bytes;
import io.headroom.port.Qemu;
import io.headroom.port.Qemu.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class FakeQemuTest extends QemuContract {
    @Override
    Rig start(int disks, Bytes size, Bytes amount) {
        return new FakeRig(disks, size, amount);
    }

    @Test
    void grownStorageThatQemuDoesNotBound_needsNoResize() {
        List<Event> events = new ArrayList<>();
        FakeQemu qemu = new FakeQemu(events::add);
        qemu.attach("disk0", "/dev/pool/disk0", Bytes.gibi(1), Bytes.mebi(4), false);
        qemu.connect();
        assertThat(qemu.write("disk0", Bytes.mebi(5))).isFalse();

        qemu.grow("disk0", Bytes.mebi(8));
        get(qemu.resume());

        assertThat(get(qemu.look()).status()).isEqualTo("running");
        assertThat(only(qemu).size()).isEqualTo(Bytes.ZERO);
        assertThat(qemu.write("disk0", Bytes.mebi(6))).isTrue();
    }

    /** A guest that writes 64 KiB to each disk in every step, behind 256 KiB of metadata. */
    private static final class FakeRig implements Rig {
        private static final int STEPS = 10_000;
        private static final Bytes METADATA = Bytes.of(256 << 10);
        private static final Bytes REQUEST = Bytes.of(64 << 10);

        private final List<Event> events = new ArrayList<>();
        private final FakeQemu qemu = new FakeQemu(events::add);
        private final int disks;
        private final Bytes amount;
        private Bytes written = Bytes.ZERO;

        private FakeRig(int disks, Bytes size, Bytes amount) {
            this.disks = disks;
            this.amount = amount;
            for (int i = 0; i < disks; i++) {
                qemu.attach("disk" + i, "/pool/disk" + i + ".qcow2", Bytes.mebi(64), size, true);
            }
            qemu.connect();
        }

        @Override
        public Qemu qemu() {
            return qemu;
        }

        @Override
        public List<Event> events() {
            return List.copyOf(events);
        }

        @Override
        public void until(Callable<Boolean> condition) {
            try {
                for (int step = 0; step < STEPS; step++) {
                    if (condition.call()) {
                        return;
                    }
                    writeOn();
                }
            } catch (Exception failed) {
                throw new AssertionError(failed);
            }
            fail("it never comes true");
        }

        private void writeOn() {
            boolean done = !written.isAtLeast(amount);
            for (int i = 0; i < disks && done; i++) {
                done = qemu.write("disk" + i, written.plus(METADATA).plus(REQUEST));
            }
            written = done ? written.plus(REQUEST) : written;
        }

        @Override
        public Bytes written() {
            return written;
        }

        @Override
        public void cut() {
            qemu.disconnect("cut");
        }

        @Override
        public void mend() {
            qemu.connect();
        }

        @Override
        public long endAndCountBad() {
            return 0;
        }

        @Override
        public void close() {
            qemu.close();
        }
    }
}
