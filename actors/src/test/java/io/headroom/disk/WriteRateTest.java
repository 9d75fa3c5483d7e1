package io.headroom.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.headroom.model.Bytes;
import io.headroom.model.Moment;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WriteRateTest {
    private final WriteRate rate = new WriteRate();

    @Test
    void oneReadingSaysNothing() {
        read(5_000, 0);

        assertThat(rate.bytesPerSecond()).isZero();
    }

    @Test
    void aBurstCountsAtOnce() {
        read(0, 0);
        read(1_000, 1_000);
        read(101_000, 2_000);

        assertThat(rate.bytesPerSecond()).isEqualTo(100_000);
    }

    @Test
    void itsEndIsForgottenSlowly() {
        read(0, 0);
        read(100_000, 1_000);
        for (int second = 2; second <= 11; second++) {
            read(100_000, second * 1_000L);
        }

        assertThat((double) rate.bytesPerSecond()).isCloseTo(100_000 * Math.exp(-0.5), within(1_000.0));
    }

    @Test
    void aSteadyGuestIsMeasuredExactlyHoweverOftenOneLooks() {
        for (long millis = 0; millis < 60_000; millis += 137) {
            read(millis * 50, millis);
        }

        assertThat(rate.bytesPerSecond()).isEqualTo(50_000);
    }

    @Test
    void readingsTooCloseTogetherAreOneReading() {
        read(0, 0);
        read(1_000_000, 10);
        assertThat(rate.bytesPerSecond()).isZero();

        read(1_000_000, 1_000);
        assertThat(rate.bytesPerSecond()).isEqualTo(1_000_000);
    }

    @Test
    void aLowerReadingMovesNothing() {
        read(500_000, 0);
        read(0, 1_000);
        read(500_000, 2_000);

        assertThat(rate.bytesPerSecond()).isZero();
    }

    private void read(long pointer, long millis) {
        rate.read(Bytes.of(pointer), new Moment(Duration.ofMillis(millis).toNanos()));
    }
}
