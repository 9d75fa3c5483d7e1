package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Bytes;
import io.headroom.model.Moment;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FillRateTest {
    private final FillRate rate = new FillRate();
    private Moment now = new Moment(0);

    @Test
    void steadily_theRateAndTheTimeUntilItIsFull() {
        fill(120, 10);

        assertThat(rate.bytesPerSecond()).isEqualTo(Bytes.mebi(10).value());
        assertThat(rate.untilGone(Bytes.mebi(36_000))).contains(Duration.ofHours(1));
        assertThat(new FillRate().untilGone(Bytes.ZERO))
                .as("what is full does not fill any more")
                .contains(Duration.ZERO);
    }

    @Test
    void beforeAMinuteIsOver_nothingIsSaid() {
        assertThat(rate.bytesPerSecond()).isZero();
        fill(59, 10);

        assertThat(rate.untilGone(Bytes.gibi(1))).isEmpty();
    }

    @Test
    void aPoolThatShrinksDoesNotFill() {
        rate.read(Bytes.gibi(10), now);
        now = now.plus(Duration.ofMinutes(2));
        rate.read(Bytes.gibi(9), now);

        assertThat(rate.untilGone(Bytes.gibi(1))).isEmpty();
    }

    @Test
    void whatWasLongAgoNoLongerCounts() {
        fill(600, 100);
        fill(1_000, 0);

        assertThat(rate.bytesPerSecond()).isZero();
    }

    private Bytes allocated = Bytes.ZERO;

    private void fill(int seconds, long mebiPerSecond) {
        rate.read(allocated, now);
        for (int second = 0; second < seconds; second++) {
            now = now.plus(Duration.ofSeconds(1));
            allocated = allocated.plus(Bytes.mebi(mebiPerSecond));
            rate.read(allocated, now);
        }
    }
}
