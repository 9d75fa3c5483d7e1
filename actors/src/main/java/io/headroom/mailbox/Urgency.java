package io.headroom.mailbox;

import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;

/**
 * How soon a disk needs its space. The SPM serves the smallest first: a paused guest, then one whose time is unknown,
 * since unknown is not low, then by the time left.
 *
 * @param paused the guest is stopped for want of space
 * @param left time until the guest reaches the end of its device at its present rate; empty while unknown
 */
public record Urgency(boolean paused, Optional<Duration> left) implements Comparable<Urgency> {
    public static final Urgency PAUSED = new Urgency(true, Optional.of(Duration.ZERO));
    public static final Urgency UNKNOWN = new Urgency(false, Optional.empty());

    private static final Comparator<Urgency> MOST_URGENT_FIRST = Comparator.comparing(Urgency::paused)
            .reversed()
            .thenComparing(urgency -> urgency.left().orElse(Duration.ZERO));

    public static Urgency within(Duration left) {
        return new Urgency(false, Optional.of(left));
    }

    /** What it comes to when that much time has passed. */
    public Urgency after(Duration passed) {
        return paused || left.isEmpty()
                ? this
                : within(left.get().compareTo(passed) > 0 ? left.get().minus(passed) : Duration.ZERO);
    }

    @Override
    public int compareTo(Urgency other) {
        return MOST_URGENT_FIRST.compare(this, other);
    }
}
