package io.headroom.cluster;

import io.headroom.model.Moment;
import java.time.Duration;

/**
 * Whether somebody lives, by a value that only the living change, seen on the reader's own clock. The first value seen
 * says nothing: it may be years old.
 *
 * @param lastSign when the value changed before our eyes, or else was first seen
 * @param beating it has changed before our eyes
 */
record Pulse<T>(T value, Moment lastSign, boolean beating) {

    static <T> Pulse<T> firstSeen(Moment now, T value) {
        return new Pulse<>(value, now, false);
    }

    Pulse<T> seen(Moment now, T latest) {
        return latest.equals(value) ? this : new Pulse<>(latest, now, true);
    }

    Duration silentFor(Moment now) {
        return now.since(lastSign);
    }

    /** It has changed within {@code limit}. */
    boolean isAlive(Moment now, Duration limit) {
        return beating && silentFor(now).compareTo(limit) < 0;
    }

    /** We have watched for {@code limit} and it has not changed. */
    boolean isSilent(Moment now, Duration limit) {
        return silentFor(now).compareTo(limit) >= 0;
    }
}
