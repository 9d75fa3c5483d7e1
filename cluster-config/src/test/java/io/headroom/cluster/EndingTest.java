package io.headroom.cluster;

import static io.headroom.cluster.Ending.Order.ABANDON;
import static io.headroom.cluster.Ending.Order.CUT;
import static io.headroom.cluster.Ending.Order.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Moment;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EndingTest {
    private final Ending ending = new Ending();

    @Test
    void downed_isCutSoonAndOnce() {
        assertThat(at(Duration.ofMinutes(1), true)).isEqualTo(WAIT);
        assertThat(at(Duration.ofMinutes(1).plus(Ending.DOWNED), true)).isEqualTo(CUT);
        assertThat(at(Duration.ofMinutes(1).plus(Ending.DOWNED).plusMillis(1), true))
                .isEqualTo(WAIT);
    }

    @Test
    void leavingInOrder_hasTimeForIt() {
        assertThat(at(Duration.ZERO, false)).isEqualTo(WAIT);
        assertThat(at(Ending.IN_ORDER.minusMillis(1), false)).isEqualTo(WAIT);
        assertThat(at(Ending.IN_ORDER, false)).isEqualTo(CUT);
    }

    @Test
    void notEndingAfterTheCut_isGivenUpOnce() {
        at(Duration.ZERO, true);
        at(Ending.DOWNED, true);
        Duration limit = Ending.DOWNED.plus(Ending.AFTER_CUT);

        assertThat(at(limit.minusMillis(1), true)).isEqualTo(WAIT);
        assertThat(at(limit, true)).isEqualTo(ABANDON);
        assertThat(at(limit.plusMinutes(1), true)).isEqualTo(WAIT);
    }

    private Ending.Order at(Duration time, boolean downed) {
        return ending.next(new Moment(time.toNanos()), downed);
    }
}
