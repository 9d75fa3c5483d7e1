package io.headroom.disk;

import io.headroom.mailbox.Urgency;
import io.headroom.model.Bytes;
import io.headroom.model.Moment;
import java.time.Duration;
import java.util.Optional;

/**
 * How far a guest has written, and how fast it goes on. QEMU's own pointer starts at zero with every QEMU, so that it
 * is the least that can be true until the image's end is measured; it counts failed writes, so that it may lie beyond
 * the device.
 */
final class WritePointer {
    /** What is said of the time that is left to a guest that does not write now. */
    private static final Duration NOT_WRITING = Duration.ofDays(1);

    private final WriteRate rate = new WriteRate();
    private Bytes highest = Bytes.ZERO;
    private boolean measured;

    /** A reading below an earlier one moves nothing. */
    void read(Bytes pointer, Moment now) {
        highest = highest.max(pointer);
        if (measured) {
            rate.read(highest, now);
        }
    }

    /** The image ends there. */
    void measured(Bytes end, Moment now) {
        measured = true;
        read(end, now);
    }

    boolean isMeasured() {
        return measured;
    }

    /** At least so far the guest tried to write. */
    Bytes highest() {
        return highest;
    }

    long bytesPerSecond() {
        return rate.bytesPerSecond();
    }

    /** What a device of this size has free, at most. */
    Bytes ahead(Bytes device) {
        return device.minusOrZero(highest);
    }

    /** Time until the guest reaches the end of the device at its present rate; empty while unknown or not writing. */
    Optional<Duration> left(Bytes device) {
        long perSecond = bytesPerSecond();
        return measured && perSecond > 0
                ? Optional.of(Duration.ofMillis(Math.round(1e3 * ahead(device).value() / perSecond)))
                : Optional.empty();
    }

    /** How soon a guest that runs needs more than a device of this size. */
    Urgency urgency(Bytes device) {
        if (!measured) {
            return Urgency.UNKNOWN;
        }
        return Urgency.within(left(device).orElse(NOT_WRITING));
    }
}
