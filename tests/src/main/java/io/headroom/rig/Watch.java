package io.headroom.rig;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Waiting, for a condition or for a show's sake. */
public final class Watch {
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final Duration TELL = Duration.ofSeconds(5);

    private Watch() {}

    public static void until(String what, Duration limit, BooleanSupplier holds) throws TimeoutException {
        long began = System.nanoTime();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - began > limit.toNanos()) {
                throw new TimeoutException("waited " + limit.toSeconds() + " s in vain until " + what
                        + "; see the nodes' logs, which are beside the pool");
            }
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    public static void pause(Duration duration) {
        LockSupport.parkNanos(duration.toNanos());
    }

    /** Tells every few seconds how much is left. */
    public static void pause(Duration duration, Consumer<Duration> tell) {
        long end = System.nanoTime() + duration.toNanos();
        for (long left = duration.toNanos(); left > 0; left = end - System.nanoTime()) {
            tell.accept(Duration.ofNanos(left));
            pause(Duration.ofNanos(Math.min(left, TELL.toNanos())));
        }
    }
}
