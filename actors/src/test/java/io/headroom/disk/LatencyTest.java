package io.headroom.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LatencyTest {
    private final Latency latency = new Latency();

    @Test
    void untilEnoughIsMeasured_twoScansAreAssumed() {
        assertThat(latency.p99()).isEqualTo(GrowthPolicy.LATENCY_UNTIL_MEASURED);

        tookMillis(10, 4);

        assertThat(latency.p99()).isEqualTo(GrowthPolicy.LATENCY_UNTIL_MEASURED);
    }

    @Test
    void oneSlowExtensionCountsAtOnce() {
        latency.took(Duration.ofSeconds(30));

        assertThat(latency.p99()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void ofAFewTheLongestCounts() {
        tookMillis(10, 4);
        latency.took(Duration.ofMillis(25));

        assertThat(latency.p99()).isEqualTo(Duration.ofMillis(25));
    }

    @Test
    void aSlowOneIsForgottenAfterAHundredOthers() {
        latency.took(Duration.ofSeconds(30));
        tookMillis(10, 99);
        assertThat(latency.p99()).isEqualTo(Duration.ofSeconds(30));

        tookMillis(10, 1);
        assertThat(latency.p99()).isEqualTo(Duration.ofMillis(10));
    }

    private void tookMillis(long millis, int times) {
        for (int i = 0; i < times; i++) {
            latency.took(Duration.ofMillis(millis));
        }
    }
}
