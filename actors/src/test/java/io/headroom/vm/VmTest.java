package io.headroom.vm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Moment;
import io.headroom.model.VolumeId;
import io.headroom.port.Notebook.Notes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmTest {
    private static final VolumeId ONE = new VolumeId("v1");
    private static final VolumeId TWO = new VolumeId("v2");

    private final Vm vm = new Vm();
    private long millis;

    @BeforeEach
    void nothingWasNoted() {
        vm.on(new Vm.Recalled(Notes.NONE));
    }

    @Test
    void resumedOnceWhenItsStarvedDiskGrew() {
        starved(ONE);

        assertThat(grown(ONE)).containsExactly(new Vm.Look());
        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
        assertThat(looked("io-error")).isEmpty();
        assertThat(looked("running")).isEmpty();
    }

    @Test
    void resumedOnlyWhenAllStarvedDisksGrew() {
        starved(ONE);
        starved(TWO);

        assertThat(grown(ONE)).isEmpty();
        assertThat(looked("io-error")).isEmpty();

        grown(TWO);
        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
    }

    @ParameterizedTest
    @ValueSource(strings = {"paused", "running", "shutdown", "inmigrate", "suspended", "internal-error", ""})
    void onlyAnIoErrorIsResumed_neverWhatAPersonPaused(String status) {
        starved(ONE);
        grown(ONE);

        assertThat(looked(status)).isEmpty();
        assertThat(looked("io-error")).as("what comes later is another stop").isEmpty();
    }

    @Test
    void withoutEvidenceOfWantOfSpace_nothingIsResumed() {
        assertThat(looked("io-error")).isEmpty();
        assertThat(grown(ONE)).isEmpty();
        assertThat(looked("io-error")).isEmpty();
        assertThat(tick()).isEmpty();
    }

    @Test
    void endedWhileItStoodForSpace_owesNothing_andIsNoLongerNotedAsPaused() {
        starved(ONE);
        grown(ONE);

        assertThat(deserted()).containsExactly(new Vm.Note(Notes.NONE), new Vm.Ended());

        assertThat(vm.isStarved()).isFalse();
        assertThat(vm.status()).isEmpty();
        assertThat(cause()).isEqualTo(Pause.Cause.ENDED);
        assertThat(vm.pause(VolumeId::value).why()).contains("remove the socket that it left behind");
        assertThat(tick()).isEmpty();
        assertThat(deserted()).as("told once").isEmpty();
    }

    @Test
    void heldByAPerson_staysHeldWhenItEnds() {
        vm.on(new Vm.Hold(true));

        assertThat(deserted()).containsExactly(new Vm.Ended());

        assertThat(vm.isHeld()).isTrue();
    }

    @Test
    void vmThatMayLive_hasNotEnded() {
        deserted();

        vm.on(new Vm.MayLive());

        assertThat(cause()).isEqualTo(Pause.Cause.NONE);
        assertThat(deserted()).as("a second end").containsExactly(new Vm.Ended());
    }

    @Test
    void grownTwice_looksOnceMoreAndResumesOnce() {
        starved(ONE);
        grown(ONE);
        assertThat(grown(ONE)).containsExactly(new Vm.Look());

        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
        assertThat(grown(ONE)).isEmpty();
        assertThat(looked("io-error")).isEmpty();
    }

    @Test
    void starvedAgainBeforeTheLook_isNotResumed() {
        starved(ONE);
        grown(ONE);
        starved(TWO);

        assertThat(looked("io-error")).isEmpty();
        grown(TWO);
        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
    }

    @Test
    void aLookThatFailedIsMadeAgain() {
        starved(ONE);
        grown(ONE);

        assertThat(tick()).containsExactly(new Vm.Look());
        assertThat(tick()).containsExactly(new Vm.Look());
        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
    }

    @Test
    void anOrderOfUnknownOutcomeIsGivenAgainOnlyIfTheVmStillStands() {
        starved(ONE);
        grown(ONE);
        looked("io-error");
        vm.on(new Vm.ResumeFailed());

        assertThat(tick()).containsExactly(new Vm.Look());
        assertThat(looked("running")).isEmpty();
        assertThat(tick()).isEmpty();
    }

    @Test
    void anOrderThatFailedIsGivenAgain() {
        starved(ONE);
        grown(ONE);
        looked("io-error");
        vm.on(new Vm.ResumeFailed());
        tick();

        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
    }

    @Test
    void afterAResume_oneLooksWhetherItLasted() {
        starved(ONE);
        grown(ONE);
        looked("io-error");

        assertThat(tick()).isEmpty();
        millis += 1_000;
        assertThat(tick()).containsExactly(new Vm.Look());
        assertThat(tick()).as("once").isEmpty();
    }

    @Test
    void aDiskThatIsGoneNoLongerHoldsTheVmBack() {
        starved(ONE);
        starved(TWO);
        vm.on(new Vm.DiskGone(ONE));

        grown(TWO);

        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
    }

    @Test
    void aDiskThatIsGoneIsNoReasonToGoOn() {
        starved(ONE);

        assertThat(vm.on(new Vm.DiskGone(ONE))).containsExactly(new Vm.Note(Notes.NONE));
        assertThat(vm.isStarved()).isFalse();
        assertThat(looked("io-error")).isEmpty();
    }

    @Test
    void neverMoreResumesThanTimesItStarved() {
        for (long seed = 0; seed < 50; seed++) {
            Vm any = new Vm();
            any.on(new Vm.Recalled(Notes.NONE));
            Random random = new Random(seed);
            int starvations = 0;
            int resumes = 0;
            for (int i = 0; i < 500; i++) {
                VolumeId volume = random.nextBoolean() ? ONE : TWO;
                boolean wasStarved = any.isStarved();
                Vm.Input input = switch (random.nextInt(5)) {
                    case 0 -> new Vm.DiskStarved(volume, now());
                    case 1 -> new Vm.DiskGrown(volume, now());
                    case 2 -> new Vm.Looked(random.nextBoolean() ? "io-error" : "paused", now());
                    case 3 -> new Vm.DiskGone(volume);
                    default -> new Vm.Tick(now());
                };
                starvations += input instanceof Vm.DiskStarved && !wasStarved ? 1 : 0;
                List<Vm.Effect> effects = any.on(input);
                if (effects.contains(new Vm.Resume())) {
                    resumes++;
                    assertThat(wasStarved).as("seed %d", seed).isFalse();
                    assertThat(any.status()).isEqualTo("io-error");
                }
                assertThat(resumes).isLessThanOrEqualTo(starvations);
            }
            assertThat(resumes).as("seed %d", seed).isPositive();
        }
    }

    // A person, and other errors.

    @Test
    void heldByAPerson_staysStarved_andGoesOnWhenReleased() {
        assertThat(vm.on(new Vm.Hold(true))).containsExactly(new Vm.Note(new Notes(true, Set.of())));
        starved(ONE);

        assertThat(grown(ONE)).isEmpty();
        assertThat(looked("io-error")).isEmpty();
        assertThat(cause()).isEqualTo(Pause.Cause.HELD);

        assertThat(vm.on(new Vm.Hold(false))).containsExactly(new Vm.Note(new Notes(false, Set.of(ONE))));
        assertThat(tick()).containsExactly(new Vm.Look());
        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
    }

    @Test
    void asLongAsItIsUnknownWhetherItIsHeld_itIsNotResumed() {
        Vm early = new Vm();
        early.on(new Vm.DiskStarved(ONE, now()));
        early.on(new Vm.DiskGrown(ONE, now()));
        assertThat(early.on(new Vm.Looked("io-error", now()))).isEmpty();

        early.on(new Vm.Recalled(new Notes(false, Set.of())));

        assertThat(early.on(new Vm.Tick(now()))).containsExactly(new Vm.Look());
        assertThat(early.on(new Vm.Looked("io-error", now()))).containsExactly(new Vm.Resume());
    }

    @Test
    void alsoStoppedByAnErrorThatSpaceDoesNotHeal_isLeftToAPerson() {
        starved(ONE);
        vm.on(new Vm.OtherwiseFailed("an I/O error, node disk1"));
        grown(ONE);

        assertThat(looked("io-error")).isEmpty();
        assertThat(cause()).isEqualTo(Pause.Cause.OTHER_ERROR);
        assertThat(tick()).isEmpty();
    }

    @Test
    void goneOnAfterAnotherError_itIsResumedForSpaceAgain() {
        vm.on(new Vm.OtherwiseFailed("an I/O error, node disk1"));
        looked("io-error");
        vm.on(new Vm.WentOn());
        starved(ONE);
        grown(ONE);

        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
    }

    // What is noted.

    @Test
    void whatItIsPausedForIsNotedFirst_andStruckOutWhenItRuns() {
        assertThat(starves(ONE)).containsExactly(new Vm.Note(new Notes(false, Set.of(ONE))));
        assertThat(starves(TWO)).containsExactly(new Vm.Note(new Notes(false, Set.of(ONE, TWO))));
        grown(ONE);
        grown(TWO);
        assertThat(vm.on(new Vm.Looked("io-error", now()))).containsExactly(new Vm.Resume());

        assertThat(vm.on(new Vm.Resumed())).containsExactly(new Vm.Note(Notes.NONE));
    }

    @Test
    void anotherErrorIsNotedToo_andIsKnownToTheNextProcess() {
        starves(ONE);
        Notes notes = new Notes(false, Set.of(ONE), "an I/O error, node disk1");
        assertThat(vm.on(new Vm.OtherwiseFailed("an I/O error, node disk1"))).containsExactly(new Vm.Note(notes));

        Vm next = new Vm();
        next.on(new Vm.Recalled(notes));
        next.on(new Vm.DiskStarved(ONE, now()));
        next.on(new Vm.DiskGrown(ONE, now()));

        assertThat(next.on(new Vm.Looked("io-error", now()))).doesNotContain(new Vm.Resume());
        assertThat(next.pause(VolumeId::value).cause()).isEqualTo(Pause.Cause.OTHER_ERROR);
        assertThat(next.on(new Vm.Looked("running", now()))).containsExactly(new Vm.Note(Notes.NONE));
    }

    @Test
    void starvedAgainBeforeTheOrderIsAnswered_theNoteStays() {
        starved(ONE);
        grown(ONE);
        looked("io-error");
        starves(ONE);

        assertThat(vm.on(new Vm.Resumed())).isEmpty();
        assertThat(vm.isPausedFor(ONE)).isTrue();
    }

    @Test
    void letOnByAPerson_theNoteIsStruckOut() {
        vm.on(new Vm.Recalled(new Notes(false, Set.of(ONE))));

        assertThat(vm.on(new Vm.Looked("running", now()))).containsExactly(new Vm.Note(Notes.NONE));
    }

    // Back-off.

    @Test
    void starvedAgainSoonAfterEachResume_restsTwiceAsLongEachTime_withALimit() {
        long[] rests = {0, 2, 4, 8, 16, 32, 60, 60};
        for (long rest : rests) {
            starved(ONE);
            grown(ONE);
            assertThat(restUntilResumed()).as("rest").isEqualTo(rest * 1_000);
        }
    }

    @Test
    void whileItRestsTheReasonIsStated() {
        resumedAndStarvedAgainAfter(1_000);
        grown(ONE);

        assertThat(looked("io-error")).isEmpty();

        assertThat(cause()).isEqualTo(Pause.Cause.RESTING);
        assertThat(vm.pause(VolumeId::value).why()).contains("within 10 s", "2 s after");
    }

    @Test
    void aResumeThatLasted_endsTheResting() {
        resumedAndStarvedAgainAfter(1_000);
        grown(ONE);
        millis += 2_000;
        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
        looked("running");
        millis += Vm.TOO_SOON.toMillis();

        starved(ONE);
        grown(ONE);

        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
    }

    /** For as long as it takes to be believed. */
    private List<Vm.Effect> deserted() {
        List<Vm.Effect> effects = new ArrayList<>();
        for (int i = 0; i < Absence.IN_A_ROW; i++) {
            effects.addAll(vm.on(new Vm.Deserted(now())));
            millis += Absence.LASTING.toMillis();
        }
        return effects;
    }

    private void resumedAndStarvedAgainAfter(long after) {
        starved(ONE);
        grown(ONE);
        assertThat(looked("io-error")).containsExactly(new Vm.Resume());
        millis += after;
        starved(ONE);
    }

    /** How long it takes, by looks of each second, since the last resume or since now where there was none. */
    private long restUntilResumed() {
        long began = millis;
        while (looked("io-error").isEmpty()) {
            millis += 1_000;
        }
        return millis - began;
    }

    // What is said of it.

    @ParameterizedTest
    @ValueSource(strings = {"paused", "shutdown", "inmigrate", "postmigrate"})
    void aPauseThatIsNotOursNamesQemusWord(String status) {
        looked(status);

        assertThat(vm.pause(VolumeId::value)).isEqualTo(new Pause(Pause.Cause.OTHERWISE, "QEMU says " + status));
    }

    @Test
    void eachPauseHasItsCause() {
        assertThat(cause()).isEqualTo(Pause.Cause.NONE);
        looked("running");
        assertThat(cause()).isEqualTo(Pause.Cause.NONE);
        looked("io-error");
        assertThat(cause()).isEqualTo(Pause.Cause.UNEXPLAINED);
        starved(TWO);
        starved(ONE);
        assertThat(vm.pause(volume -> "disk " + volume))
                .isEqualTo(new Pause(Pause.Cause.NO_SPACE, "no space on disk v1, disk v2"));
        grown(ONE);
        grown(TWO);
        assertThat(cause()).isEqualTo(Pause.Cause.GOING_ON);
        looked("io-error");
        assertThat(cause()).as("told to go on").isEqualTo(Pause.Cause.GOING_ON);
    }

    private Pause.Cause cause() {
        return vm.pause(VolumeId::value).cause();
    }

    private void starved(VolumeId volume) {
        assertThat(starves(volume)).allMatch(Vm.Note.class::isInstance);
    }

    private List<Vm.Effect> starves(VolumeId volume) {
        return vm.on(new Vm.DiskStarved(volume, now()));
    }

    private List<Vm.Effect> grown(VolumeId volume) {
        return vm.on(new Vm.DiskGrown(volume, now()));
    }

    private List<Vm.Effect> looked(String status) {
        return vm.on(new Vm.Looked(status, now())).stream()
                .filter(effect -> !(effect instanceof Vm.Note))
                .toList();
    }

    private List<Vm.Effect> tick() {
        return vm.on(new Vm.Tick(now()));
    }

    private Moment now() {
        return new Moment(Duration.ofMillis(millis).toNanos());
    }
}
