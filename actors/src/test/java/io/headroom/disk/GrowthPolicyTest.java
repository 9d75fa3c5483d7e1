package io.headroom.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headroom.model.Bytes;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GrowthPolicyTest {
    private static final Bytes CHUNK = Bytes.mebi(2560);
    private static final GrowthPolicy POLICY = new GrowthPolicy(CHUNK, Bytes.gibi(64), Duration.ofSeconds(20));
    private static final Bytes MUCH = Bytes.gibi(1 << 20);

    @Test
    void aDiskThatDoesNotWriteIsKeptTwoGibibytesAhead() {
        assertThat(POLICY.watermark(0, Duration.ofSeconds(4))).isEqualTo(Bytes.gibi(2));
    }

    @Test
    void aFastDiskIsKeptAheadForAnExtensionAndATakeover() {
        long perSecond = Bytes.mebi(500).value();

        assertThat(POLICY.watermark(perSecond, Duration.ofSeconds(4))).isEqualTo(Bytes.mebi(500 * 24));
    }

    @Test
    void noWatermarkIsOverTheLargestChunk() {
        assertThat(POLICY.watermark(Long.MAX_VALUE, Duration.ofDays(1))).isEqualTo(Bytes.gibi(64));
    }

    @Test
    void aSlowDiskGrowsByTheSmallestChunkAtLeast() {
        Bytes device = Bytes.gibi(10);

        Bytes size = POLICY.size(device, Bytes.gibi(8), MUCH, Bytes.gibi(2));

        assertThat(size)
                .isEqualTo(Bytes.gibi(8).plus(Bytes.gibi(2)).plus(CHUNK))
                .isEqualTo(device.plus(CHUNK));
    }

    @Test
    void aFastDiskGrowsByItsWatermarkAndOneMoreChunk() {
        Bytes watermark = Bytes.gibi(12);

        assertThat(POLICY.size(Bytes.gibi(20), Bytes.gibi(10), MUCH, watermark)).isEqualTo(Bytes.gibi(34));
    }

    @Test
    void theImagesLimitIsTheEnd() {
        assertThat(POLICY.size(Bytes.gibi(10), Bytes.gibi(9), Bytes.gibi(11), Bytes.gibi(2)))
                .isEqualTo(Bytes.gibi(11));
    }

    @Test
    void aDeviceOverItsLimitIsLeftAsItIs() {
        assertThat(POLICY.size(Bytes.gibi(12), Bytes.gibi(9), Bytes.gibi(11), Bytes.gibi(2)))
                .isEqualTo(Bytes.gibi(12));
    }

    @Test
    void whateverHappens_theSizeIsInItsBounds() {
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            Bytes device = Bytes.of(random.nextLong(1L << 44));
            Bytes pointer = Bytes.of(random.nextLong(device.value() + 1));
            Bytes limit = Bytes.of(random.nextLong(1L << 44));
            Bytes watermark = POLICY.watermark(random.nextLong(1L << 33), Duration.ofMillis(random.nextLong(60_000)));

            Bytes size = POLICY.size(device, pointer, limit, watermark);

            assertThat(size).as("never shrinks").isGreaterThanOrEqualTo(device);
            assertThat(size).as("never over the limit").isLessThanOrEqualTo(limit.max(device));
            assertThat(watermark).isBetween(Bytes.gibi(2), Bytes.gibi(64));
            if (size.compareTo(limit) < 0) {
                assertThat(size.minus(pointer))
                        .as("a chunk beyond the watermark")
                        .isGreaterThanOrEqualTo(watermark.plus(CHUNK));
                assertThat(size.minus(device)).as("pays").isGreaterThanOrEqualTo(CHUNK);
            }
        }
    }

    @Test
    void afterAGrantTheDiskIsNotDueAgainBeforeItsGuestWrote() {
        Random random = new Random(4);
        for (int i = 0; i < 5_000; i++) {
            Bytes device = Bytes.of(random.nextLong(1L << 42));
            Bytes pointer = Bytes.of(random.nextLong(device.value() + 1));
            Bytes watermark = POLICY.watermark(random.nextLong(1L << 32), Duration.ofSeconds(4));

            Bytes size = POLICY.size(device, pointer, MUCH, watermark);

            assertThat(size.minus(pointer)).isGreaterThan(watermark);
        }
    }

    @Test
    void theFasterTheGuest_theLargerTheWatermarkAndTheSize() {
        Random random = new Random(5);
        for (int i = 0; i < 5_000; i++) {
            long slow = random.nextLong(1L << 33);
            long fast = slow + random.nextLong(1L << 33);
            Duration latency = Duration.ofMillis(random.nextLong(60_000));
            Bytes device = Bytes.of(random.nextLong(1L << 42));
            Bytes pointer = Bytes.of(random.nextLong(device.value() + 1));

            Bytes low = POLICY.watermark(slow, latency);
            Bytes high = POLICY.watermark(fast, latency);

            assertThat(high).isGreaterThanOrEqualTo(low);
            assertThat(POLICY.size(device, pointer, MUCH, high))
                    .isGreaterThanOrEqualTo(POLICY.size(device, pointer, MUCH, low));
        }
    }

    @Test
    void theSustainedRateIsTheLargestWatermarkInOneTakeover() {
        Bytes rate = POLICY.sustainedPerSecond();

        assertThat(rate).isEqualTo(Bytes.of(Bytes.gibi(64).value() / 20 + 1));
        assertThat(POLICY.watermark(rate.value(), Duration.ZERO)).isEqualTo(Bytes.gibi(64));
        assertThat(new GrowthPolicy(CHUNK, CHUNK, Duration.ZERO).sustainedPerSecond())
                .isEqualTo(CHUNK.times(1000));
    }

    @Test
    void chunksThatMakeNoSenseAreRefusedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GrowthPolicy(Bytes.ZERO, CHUNK, Duration.ZERO))
                .withMessageContaining("smallest chunk (0 B)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GrowthPolicy(Bytes.gibi(3), CHUNK, Duration.ZERO))
                .withMessageContaining("not over the largest (2.5 GiB)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GrowthPolicy(CHUNK, CHUNK, Duration.ofSeconds(-1)))
                .withMessageContaining("PT-1S");
    }
}
