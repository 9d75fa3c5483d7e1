package io.headroom.port;

import io.headroom.model.Moment;
import java.time.Instant;

/** The time, for actors; a decider gets it with its input. */
public interface Clock {
    /** The process's monotonic clock: what every decision goes by. */
    Moment now();

    /** The wall clock, for people. */
    Instant time();

    static Clock system() {
        return new Clock() {
            @Override
            public Moment now() {
                return new Moment(System.nanoTime());
            }

            @Override
            public Instant time() {
                return Instant.now();
            }
        };
    }
}
