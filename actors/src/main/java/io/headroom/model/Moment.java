package io.headroom.model;

import java.time.Duration;

/**
 * A point on one process's monotonic clock, in nanoseconds from an arbitrary origin. Moments of two processes must
 * never be compared; for people there is {@link java.time.Instant}.
 */
public record Moment(long nanos) {
    public Moment plus(Duration duration) {
        return new Moment(nanos + duration.toNanos());
    }

    /** The time from {@code earlier} to this; negative where {@code earlier} is later. */
    public Duration since(Moment earlier) {
        return Duration.ofNanos(nanos - earlier.nanos);
    }

    public boolean isBefore(Moment other) {
        return nanos - other.nanos < 0;
    }
}
