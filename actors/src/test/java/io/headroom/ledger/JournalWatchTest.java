package io.headroom.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.ledger.JournalWatch.Look;
import io.headroom.ledger.JournalWatch.Verdict;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JournalWatchTest {
    private final JournalWatch watch = new JournalWatch();

    @Test
    void whatWasReadIsNotCountedAgain_butForItsLastEvent() {
        watch.read(100);

        assertThat(look(100)).isEqualTo(new Look(100, 1, List.of()));
    }

    @Test
    void whatWasWrittenSinceTheLastLook_isCountedFromTheEventBeforeIt() {
        watch.read(100);
        watch.looked(look(100), Optional.of(1L));

        assertThat(look(105)).isEqualTo(new Look(100, 6, List.of()));
    }

    @Test
    void whatWasCountedOnceIsNotCountedAgain() {
        watch.read(100);

        assertThat(watch.looked(look(105), Optional.of(6L))).isEqualTo(Verdict.SAME);
        assertThat(look(105)).isEqualTo(new Look(105, 1, List.of()));
    }

    @Test
    void emptiedJournal_isChanged() {
        watch.read(100);

        assertThat(watch.looked(look(100), Optional.of(0L))).isEqualTo(Verdict.CHANGED);
    }

    @Test
    void restoredBetweenALookAndTheWriteAfterIt_isChangedAtTheNextLook() {
        watch.read(100);
        watch.looked(look(100), Optional.of(1L));

        Look next = look(102);

        assertThat(watch.looked(next, Optional.of(2L)))
                .as("101 and 102 are there, 100 is not")
                .isEqualTo(Verdict.CHANGED);
    }

    @Test
    void eventsOfSomebodyElse_areAChangeToo() {
        watch.read(100);

        assertThat(watch.looked(look(100), Optional.of(2L))).isEqualTo(Verdict.CHANGED);
    }

    @Test
    void whatCouldNotBeCounted_isCountedWithTheNextLook() {
        watch.read(100);

        assertThat(watch.looked(look(100), Optional.empty())).isEqualTo(Verdict.UNKNOWN);
        assertThat(look(103)).isEqualTo(new Look(100, 4, List.of()));
    }

    @Test
    void oneLookAtATime() {
        watch.read(100);
        Look first = look(100);

        assertThat(watch.look(100, List.of())).isEmpty();
        assertThat(watch.looked(first, Optional.of(1L))).isEqualTo(Verdict.SAME);
        assertThat(watch.look(100, List.of())).isPresent();
    }

    @Test
    void lookFromBeforeTheJournalWasReadAnew_meansNothing() {
        watch.read(100);
        Look before = look(100);
        watch.read(60);

        assertThat(watch.looked(before, Optional.of(0L))).isEqualTo(Verdict.LATE);
        assertThat(look(60)).isEqualTo(new Look(60, 1, List.of()));
    }

    @Test
    void emptyJournal_isCountedFromItsFirstEventOn() {
        watch.read(0);

        assertThat(look(1)).isEqualTo(new Look(1, 1, List.of()));
    }

    private Look look(long events) {
        return watch.look(events, List.of()).orElseThrow();
    }
}
