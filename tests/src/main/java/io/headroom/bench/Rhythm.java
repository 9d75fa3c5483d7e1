package io.headroom.bench;

import java.time.Duration;

/**
 * How often SPM and hosts look at the mailbox.
 *
 * @param scan between two readings of everything
 * @param bell between the SPM's looks at the bell block
 * @param hurry between a host's looks while it waits for a reply
 */
record Rhythm(Duration scan, Duration bell, Duration hurry) {
    private static final Duration SCAN = Duration.ofSeconds(2);
    private static final Duration BELL = Duration.ofMillis(100);
    private static final Duration NEVER = Duration.ofDays(1);

    /** As a node has it by default. */
    static final Rhythm DEFAULT = new Rhythm(SCAN, BELL, BELL);

    /** The SPM never reads the bell block. */
    static final Rhythm BY_SCAN = new Rhythm(SCAN, NEVER, BELL);

    /** Nor does a waiting host look more often than an idle one. */
    static final Rhythm BY_SCAN_WITHOUT_HURRY = new Rhythm(SCAN, NEVER, SCAN);
}
