package io.headroom.simulation;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;

/** Chance: the only source of it, and how often something goes wrong at the moment. */
final class Faults {
    /** What a port reports when the simulation made it fail; any other failure is a bug. */
    static final class Injected extends IOException {
        private static final long serialVersionUID = 1;

        Injected(String cause) {
            super(cause);
        }
    }

    private final SplittableRandom random;
    private double rate;
    private boolean bellsRing = true;

    Faults(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** @param often of one call, 0 for never */
    void happen(double often) {
        rate = often;
    }

    boolean areOff() {
        return rate == 0;
    }

    /** Whether this call goes wrong. */
    boolean strikes() {
        return rate > 0 && random.nextDouble() < rate;
    }

    void bellsRing(boolean ring) {
        bellsRing = ring;
    }

    boolean bellArrives() {
        return bellsRing && !strikes();
    }

    boolean maybe(double chance) {
        return random.nextDouble() < chance;
    }

    int between(int least, int most) {
        return random.nextInt(least, most + 1);
    }

    <T> T oneOf(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    Duration millis(int least, int most) {
        return Duration.ofMillis(between(least, most));
    }

    /** How long a call takes: mostly a moment, now and then long. */
    Duration latency() {
        return rate > 0 && maybe(0.02) ? millis(20, 800) : Duration.ofNanos(random.nextLong(100_000, 2_000_000));
    }
}
