package io.headroom.spm;

import io.headroom.model.Bytes;
import io.headroom.model.Moment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** How fast the pool fills, by what was allocated in the last quarter of an hour, less what was given back. */
final class FillRate {
    private static final Duration SPACING = Duration.ofSeconds(15);
    private static final int MOST_READINGS = 60;

    /** A rate from less than this says nothing. */
    static final Duration SHORTEST = Duration.ofMinutes(1);

    private record Reading(Bytes allocated, Moment at) {}

    private final Deque<Reading> readings = new ArrayDeque<>();
    private Optional<Reading> latest = Optional.empty();

    void read(Bytes allocated, Moment now) {
        latest = Optional.of(new Reading(allocated, now));
        if (readings.isEmpty() || now.since(readings.getLast().at()).compareTo(SPACING) >= 0) {
            readings.add(latest.get());
        }
        if (readings.size() > MOST_READINGS) {
            readings.remove();
        }
    }

    /** Zero while it is unknown, and where the pool does not fill. */
    long bytesPerSecond() {
        if (latest.isEmpty()) {
            return 0;
        }
        Reading first = readings.getFirst();
        Duration span = latest.get().at().since(first.at());
        return span.compareTo(SHORTEST) < 0
                ? 0
                : latest.get().allocated().minusOrZero(first.allocated()).value() / span.toSeconds();
    }

    /** Until {@code free} is used up at this rate; empty where the pool does not fill. */
    Optional<Duration> untilGone(Bytes free) {
        if (free.isZero()) {
            return Optional.of(Duration.ZERO);
        }
        long rate = bytesPerSecond();
        return rate == 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(free.value() / rate));
    }
}
