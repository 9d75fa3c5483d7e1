package io.headroom.spm;

import io.headroom.model.Bytes;
import io.headroom.model.PoolLevel;
import java.util.Optional;

/**
 * How far a pool is from being full: {@code NORMAL ⇄ WARN ⇄ CRITICAL}, by the part of its capacity that is free. It
 * leaves a level only when a tenth more is free than where it entered it, so that it does not go to and fro.
 */
public final class Levels {
    /** A running guest's disk is given this part of what it asks for while the pool is critical. */
    static final int CRITICAL_PART = 4;

    /**
     * In percent of the capacity.
     *
     * @param warn under that much free space people are warned, 0 to 90
     * @param critical under that much new volumes are refused and chunks shrink, 0 to {@code warn}
     * @param reserve so much is never given to a new volume, 0 to 90
     */
    public record Limits(int warn, int critical, int reserve) {
        /** What is usual. */
        public static final Limits USUAL = new Limits(20, 10, 5);

        /** A pool that is never short of anything until it is full. */
        public static final Limits NONE = new Limits(0, 0, 0);

        public Limits {
            if (critical < 0 || critical > warn || warn > 90 || reserve < 0 || reserve > 90) {
                throw new IllegalArgumentException("warn " + warn + ", critical " + critical + ", reserve " + reserve
                        + "; allowed are percents with 0 <= critical <= warn <= 90 and 0 <= reserve <= 90");
            }
        }
    }

    /** The pool entered another level. */
    record Change(PoolLevel from, PoolLevel to) {}

    private final Limits limits;
    private PoolLevel level;

    /** @param level what was known last */
    Levels(Limits limits, PoolLevel level) {
        this.limits = limits;
        this.level = level;
    }

    /** @return the change; empty where the level stays */
    Optional<Change> on(Bytes capacity, Bytes free) {
        PoolLevel before = level;
        if (isUnder(limits.critical(), before == PoolLevel.CRITICAL, capacity, free)) {
            level = PoolLevel.CRITICAL;
        } else if (isUnder(limits.warn(), before != PoolLevel.NORMAL, capacity, free)) {
            level = PoolLevel.WARN;
        } else {
            level = PoolLevel.NORMAL;
        }
        return level == before ? Optional.empty() : Optional.of(new Change(before, level));
    }

    /** What this comes to when the pool has that. */
    Levels with(Bytes capacity, Bytes free) {
        Levels then = new Levels(limits, level);
        then.on(capacity, free);
        return then;
    }

    private static boolean isUnder(int percent, boolean isIn, Bytes capacity, Bytes free) {
        return free.value() < capacity.value() / 1000 * percent * (isIn ? 11 : 10);
    }

    PoolLevel level() {
        return level;
    }

    /** What no new volume is given. */
    Bytes reserve(Bytes capacity) {
        return Bytes.of(capacity.value() / 100 * limits.reserve());
    }

    /** What a running guest's disk is given of {@code more} that it asks for; a paused one gets all that there is. */
    Bytes part(Bytes more, boolean paused) {
        return paused || level != PoolLevel.CRITICAL ? more : Bytes.of(more.value() / CRITICAL_PART);
    }
}
