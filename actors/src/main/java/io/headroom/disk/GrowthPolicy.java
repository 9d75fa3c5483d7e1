package io.headroom.disk;

import io.headroom.model.Bytes;
import java.time.Duration;

/**
 * How far ahead of its guest a disk is kept.
 *
 * <p>A disk asks when its free space falls below the watermark: what the guest can write, at its present rate, while
 * an extension takes as long as 99 of 100 do and an SPM takeover comes on top. It asks for that and one chunk more.
 * A slow disk therefore never has more than two smallest chunks free, a fast one never more than two largest.
 *
 * @param smallestChunk the least that a disk grows by; four fifths of it are the smallest watermark, as in the field
 *     for years (2 GiB of 2.5 GiB)
 * @param largestChunk the most that a disk grows by at once, and the largest watermark
 * @param takeover how long the pool may be without an SPM
 */
public record GrowthPolicy(Bytes smallestChunk, Bytes largestChunk, Duration takeover) {
    /** Assumed until a disk has measured extensions of its own: the floor, a request found by two scans. */
    static final Duration LATENCY_UNTIL_MEASURED = Duration.ofSeconds(4);

    public GrowthPolicy {
        if (smallestChunk.isZero() || smallestChunk.isOver(largestChunk)) {
            throw new IllegalArgumentException("the smallest chunk (" + smallestChunk
                    + ") must be over zero and not over the largest (" + largestChunk + ")");
        }
        if (takeover.isNegative()) {
            throw new IllegalArgumentException("a takeover cannot take " + takeover);
        }
    }

    /** The rate up to which no guest waits for space that the pool has. */
    public Bytes sustainedPerSecond() {
        return Bytes.of(Math.round(largestChunk.value() / Math.max(1e-3, seconds(takeover))));
    }

    Bytes watermark(long bytesPerSecond, Duration latency) {
        Bytes need = Bytes.of(Math.round(bytesPerSecond * seconds(latency.plus(takeover))));
        return need.max(Bytes.of(smallestChunk.value() / 5 * 4)).min(largestChunk);
    }

    /** The size to ask for, at most {@code limit}. */
    Bytes size(Bytes device, Bytes pointer, Bytes limit, Bytes watermark) {
        Bytes chunk = watermark.max(smallestChunk).min(largestChunk);
        Bytes ahead = pointer.plus(watermark).plus(chunk);
        return ahead.max(device.plus(smallestChunk)).min(limit.max(device));
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
