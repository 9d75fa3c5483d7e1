package io.headroom.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.mailbox.Reply;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.Moment;
import io.headroom.model.Ticket;
import io.headroom.port.Qemu;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Any input in any phase, in any order: nothing is refused, the invariants hold, and it always ends well. */
class DiskUnderFaultsTest {
    private static final GrowthPolicy POLICY = new GrowthPolicy(Bytes.gibi(1), Bytes.gibi(8), Duration.ofSeconds(5));
    private static final Bytes VIRTUAL = Bytes.gibi(30);
    private static final Bytes LIMIT = Qcow2.fullyAllocated(VIRTUAL, Bytes.of(65536));

    private final Disk disk = new Disk(POLICY, Bytes.gibi(2));
    private final List<Disk.Effect> owed = new ArrayList<>();
    private Disk.Phase told = Disk.Phase.UNSEEN;
    private boolean starved;
    private Bytes device = Bytes.gibi(2);
    private Bytes pointer = Bytes.mebi(100);
    private Bytes threshold = Bytes.ZERO;
    private long nanos;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void whateverComes_theDiskEndsGuarded(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 1_000; i++) {
            nanos += random.nextLong(Duration.ofSeconds(3).toNanos());
            on(any(random));
        }

        look(false);
        for (int second = 0; second < 60; second++) {
            nanos += Duration.ofSeconds(1).toNanos();
            settleAll();
            on(new Disk.Tick(now()));
            look(false);
        }

        assertThat(disk.phase()).as("seed %d", seed).isIn(Disk.Phase.ARMED, Disk.Phase.FULL);
        assertThat(starved).as("seed %d: the guest was told to go on", seed).isFalse();
        if (disk.phase() == Disk.Phase.ARMED) {
            assertThat(threshold).isEqualTo(disk.threshold());
            assertThat(device.minusOrZero(pointer))
                    .isGreaterThanOrEqualTo(Bytes.of(POLICY.smallestChunk().value() / 5 * 4));
        } else {
            assertThat(device).isGreaterThanOrEqualTo(LIMIT);
        }
    }

    private Disk.Input any(Random random) {
        switch (random.nextInt(12)) {
            case 0:
                return new Disk.ThresholdCrossed(write(random), now());
            case 1:
                return new Disk.NoSpace(now());
            case 2:
                return new Disk.Posted(now());
            case 3:
                return new Disk.Replied(reply(random), now());
            case 4:
                return new Disk.Refreshed(device, now());
            case 5:
                return new Disk.Armed(write(random), now());
            case 6:
                return new Disk.ImageMeasured(pointer, now());
            case 7:
                return owed.isEmpty()
                        ? new Disk.Tick(now())
                        : new Disk.Failed(owed.remove(random.nextInt(owed.size())), now());
            case 8:
                return new Disk.Looked(seen(), random.nextBoolean(), random.nextBoolean(), now());
            case 9:
                return owed.isEmpty() ? new Disk.Tick(now()) : settled(owed.remove(random.nextInt(owed.size())));
            default:
                return new Disk.Tick(now());
        }
    }

    /** The guest stays within its device: what it writes beyond it fails. */
    private Bytes write(Random random) {
        pointer = pointer.plus(Bytes.of(random.nextLong(1 << 20))).min(device);
        return pointer;
    }

    private Reply reply(Random random) {
        Reply.Status status = Reply.Status.values()[random.nextInt(Reply.Status.values().length)];
        if (status.isGrant()) {
            device = device.plus(Bytes.mebi(random.nextInt(64))).min(LIMIT);
        }
        return new Reply(new Ticket(1), status, device, new Epoch(1));
    }

    private void settleAll() {
        while (!owed.isEmpty()) {
            on(settled(owed.remove(0)));
        }
        if (disk.phase() == Disk.Phase.ASKING || disk.phase() == Disk.Phase.STARVED) {
            device = device.plus(Bytes.gibi(4)).min(LIMIT);
            on(new Disk.Replied(new Reply(new Ticket(1), Reply.Status.GRANTED, device, new Epoch(1)), now()));
        }
    }

    private Disk.Input settled(Disk.Effect effect) {
        if (effect instanceof Disk.Arm arm) {
            threshold = arm.threshold();
            return new Disk.Armed(pointer, now());
        }
        return effect instanceof Disk.Refresh
                ? new Disk.Refreshed(device, now())
                : new Disk.ImageMeasured(pointer, now());
    }

    private void look(boolean stopped) {
        on(new Disk.Looked(seen(), stopped, false, now()));
    }

    private Qemu.Disk seen() {
        return new Qemu.Disk(
                "fmt", "stor", "/p", "qcow2", VIRTUAL, Bytes.of(65536), Bytes.ZERO, false, pointer, threshold, false);
    }

    private void on(Disk.Input input) {
        for (Disk.Effect effect : disk.on(input)) {
            if (effect instanceof Disk.Moved moved) {
                assertThat(moved.from()).as("%s", input).isEqualTo(told);
                told = moved.to();
            } else if (effect instanceof Disk.Ask ask) {
                assertThat(ask.size()).isGreaterThan(disk.device()).isLessThanOrEqualTo(LIMIT);
            } else if (effect instanceof Disk.Finish finish) {
                assertThat(finish.steps().total().isNegative()).isFalse();
                assertThat(finish.steps().answered().isNegative()).isFalse();
                assertThat(finish.steps().refreshed().isNegative()).isFalse();
            } else if (effect instanceof Disk.Starved) {
                assertThat(starved).as("starved twice").isFalse();
                starved = true;
            } else if (effect instanceof Disk.Grown) {
                assertThat(starved).as("grown without having starved").isTrue();
                starved = false;
            } else if (!(effect instanceof Disk.Withdraw)) {
                owed.add(effect);
                assertThat(owed).as("nothing is ordered twice").hasSizeLessThanOrEqualTo(30);
            }
        }
        assertThat(disk.phase()).isEqualTo(told);
    }

    private Moment now() {
        return new Moment(nanos);
    }
}
