package io.headroom.disk;

import io.headroom.model.Bytes;
import io.headroom.model.Moment;
import java.time.Duration;
import java.util.Optional;

/**
 * How fast a guest moves its write pointer, from readings at irregular times. A burst counts at once, its end is
 * forgotten slowly: too much headroom costs space for a while, too little pauses the guest.
 */
final class WriteRate {
    /** Readings closer together than this say more about scheduling than about the guest. */
    private static final Duration SHORTEST = Duration.ofMillis(100);

    private static final double FORGETTING_SECONDS = 20;

    private Optional<Moment> lastAt = Optional.empty();
    private Bytes lastPointer = Bytes.ZERO;
    private double bytesPerSecond;

    /** A reading below an earlier one is of another QEMU process or of a lower write, and moves nothing. */
    void read(Bytes pointer, Moment now) {
        if (lastAt.isEmpty()) {
            lastAt = Optional.of(now);
            lastPointer = pointer;
            return;
        }
        Duration passed = now.since(lastAt.get());
        if (passed.compareTo(SHORTEST) < 0) {
            return;
        }
        double seconds = passed.toNanos() / 1e9;
        double present = pointer.minusOrZero(lastPointer).value() / seconds;
        double kept = Math.exp(-seconds / FORGETTING_SECONDS);
        bytesPerSecond = Math.max(present, bytesPerSecond * kept + present * (1 - kept));
        lastAt = Optional.of(now);
        lastPointer = pointer.max(lastPointer);
    }

    long bytesPerSecond() {
        return Math.round(bytesPerSecond);
    }
}
