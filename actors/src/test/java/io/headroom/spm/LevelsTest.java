package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Bytes;
import io.headroom.model.PoolLevel;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LevelsTest {
    private static final Bytes CAPACITY = Bytes.gibi(1000);

    private final Levels levels = new Levels(new Levels.Limits(20, 10, 5), PoolLevel.NORMAL);

    @ParameterizedTest
    @CsvSource({"1000,NORMAL", "200,NORMAL", "199,WARN", "100,WARN", "99,CRITICAL", "0,CRITICAL"})
    void byTheFreePartOfTheCapacity(long free, PoolLevel level) {
        levels.on(CAPACITY, Bytes.gibi(free));

        assertThat(levels.level()).isEqualTo(level);
    }

    @Test
    void enteringAndLeavingIsToldOnce_withHysteresis() {
        assertThat(levels.on(CAPACITY, Bytes.gibi(199))).contains(new Levels.Change(PoolLevel.NORMAL, PoolLevel.WARN));
        assertThat(levels.on(CAPACITY, Bytes.gibi(201))).isEmpty();
        assertThat(levels.on(CAPACITY, Bytes.gibi(99))).contains(new Levels.Change(PoolLevel.WARN, PoolLevel.CRITICAL));
        assertThat(levels.on(CAPACITY, Bytes.gibi(109))).isEmpty();
        assertThat(levels.on(CAPACITY, Bytes.gibi(110)))
                .contains(new Levels.Change(PoolLevel.CRITICAL, PoolLevel.WARN));
        assertThat(levels.on(CAPACITY, Bytes.gibi(219))).isEmpty();
        assertThat(levels.on(CAPACITY, Bytes.gibi(220))).contains(new Levels.Change(PoolLevel.WARN, PoolLevel.NORMAL));
    }

    @Test
    void aLunThatComes_endsBothAtOnce() {
        levels.on(CAPACITY, Bytes.gibi(1));

        assertThat(levels.on(CAPACITY.times(2), Bytes.gibi(1001)))
                .contains(new Levels.Change(PoolLevel.CRITICAL, PoolLevel.NORMAL));
    }

    @Test
    void aGuestThatComesAndGoesAtALevel_causesNoMoreThanOneChange() {
        Random random = new Random(7);
        int changes = 0;
        for (int i = 0; i < 1_000; i++) {
            changes += levels.on(CAPACITY, Bytes.gibi(190 + random.nextInt(20))).isPresent() ? 1 : 0;
        }
        assertThat(changes).isEqualTo(1);
    }

    @Test
    void chunksShrinkWhereItIsCritical_butNotThePausedGuests() {
        assertThat(levels.part(Bytes.gibi(8), false)).isEqualTo(Bytes.gibi(8));
        levels.on(CAPACITY, Bytes.gibi(1));

        assertThat(levels.part(Bytes.gibi(8), false)).isEqualTo(Bytes.gibi(2));
        assertThat(levels.part(Bytes.gibi(8), true)).isEqualTo(Bytes.gibi(8));
    }

    @Test
    void theReserveIsAPartOfTheCapacity() {
        assertThat(levels.reserve(CAPACITY)).isEqualTo(Bytes.gibi(50));
    }

    @ParameterizedTest
    @CsvSource({"10,20,5", "91,10,5", "20,-1,5", "20,10,91"})
    void whatIsNotAllowedIsNamed(int warn, int critical, int reserve) {
        assertThatThrownBy(() -> new Levels.Limits(warn, critical, reserve)).hasMessageContaining("allowed are");
    }
}
