package io.headroom.vm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Moment;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AbsenceTest {
    private static final Duration STEP = Absence.LASTING.dividedBy(Absence.IN_A_ROW - 1);

    private final Absence absence = new Absence();
    private Moment now = new Moment(0);

    @Test
    void desertedOftenAndForLong_isCertain_andSaidOnce() {
        assertThat(desertedInARow(Absence.IN_A_ROW - 1)).isFalse();

        assertThat(deserted()).isTrue();
        assertThat(deserted()).isFalse();
        assertThat(absence.isCertain()).isTrue();
    }

    @Test
    void desertedOftenWithinAMoment_isNotBelieved() {
        for (int i = 0; i < 100; i++) {
            assertThat(absence.deserted(now)).isFalse();
        }

        now = now.plus(Absence.LASTING.minusMillis(1));
        assertThat(absence.deserted(now)).isFalse();
    }

    @Test
    void desertedSeldomOverALongTime_isNotBelieved() {
        for (int i = 1; i < Absence.IN_A_ROW; i++) {
            assertThat(absence.deserted(now)).isFalse();
            now = now.plus(Duration.ofHours(1));
        }

        assertThat(absence.isCertain()).isFalse();
    }

    @Test
    void oneDoubt_beginsTheRowAnew() {
        desertedInARow(Absence.IN_A_ROW - 1);

        absence.doubted();

        assertThat(desertedInARow(Absence.IN_A_ROW - 1)).isFalse();
        assertThat(deserted()).isTrue();
    }

    @Test
    void answerAfterTheEnd_isALifeOfItsOwn() {
        desertedInARow(Absence.IN_A_ROW);

        absence.doubted();

        assertThat(absence.isCertain()).isFalse();
        assertThat(desertedInARow(Absence.IN_A_ROW - 1)).isFalse();
        assertThat(deserted()).isTrue();
    }

    private boolean desertedInARow(int times) {
        boolean any = false;
        for (int i = 0; i < times; i++) {
            any |= deserted();
        }
        return any;
    }

    private boolean deserted() {
        boolean told = absence.deserted(now);
        now = now.plus(STEP);
        return told;
    }
}
