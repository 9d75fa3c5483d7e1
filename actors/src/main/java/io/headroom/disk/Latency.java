package io.headroom.disk;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** What extensions of one disk took lately, from QEMU's event to re-armed. */
final class Latency {
    private static final int KEPT = 100;
    private static final int ENOUGH = 5;

    private final Deque<Duration> lately = new ArrayDeque<>();

    void took(Duration duration) {
        if (lately.size() == KEPT) {
            lately.removeFirst();
        }
        lately.addLast(duration);
    }

    /** The time that 99 of 100 stay under: of so few, the longest. */
    Duration p99() {
        Duration longest = lately.stream().max(Duration::compareTo).orElse(Duration.ZERO);
        return lately.size() >= ENOUGH || longest.compareTo(GrowthPolicy.LATENCY_UNTIL_MEASURED) > 0
                ? longest
                : GrowthPolicy.LATENCY_UNTIL_MEASURED;
    }
}
