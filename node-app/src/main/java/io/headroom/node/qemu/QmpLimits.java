package io.headroom.node.qemu;

import java.time.Duration;

/**
 * What one monitor connection may take.
 *
 * @param greeting how long a monitor may keep silent after it was connected, and after it was asked for its
 *     capabilities
 * @param command how long one command may stay unanswered
 * @param heartbeat how long a connection may be quiet before it is asked for a sign of life
 * @param firstRetry the pause before the second attempt to connect; it doubles with each further one
 * @param lastRetry the longest pause between two attempts; after a connection that stood longer than this, the pauses
 *     begin with the first again
 * @param lineBytes the longest line; {@code query-blockstats} takes about 1 KiB for each block node
 * @param commands how many commands may wait for their answer
 */
public record QmpLimits(
        Duration greeting,
        Duration command,
        Duration heartbeat,
        Duration firstRetry,
        Duration lastRetry,
        int lineBytes,
        int commands) {
    public static final QmpLimits DEFAULTS = new QmpLimits(
            Duration.ofSeconds(2),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofMillis(100),
            Duration.ofSeconds(5),
            4 << 20,
            64);
}
