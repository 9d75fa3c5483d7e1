package io.headroom.vm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Moment;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmTest {
    private static final VolumeId ONE = new VolumeId("v1");
    private static final VolumeId TWO = new VolumeId("v2");

    private final Vm vm = new Vm();
    private long millis;

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

        assertThat(vm.on(new Vm.DiskGone(ONE))).isEmpty();
        assertThat(vm.isStarved()).isFalse();
        assertThat(looked("io-error")).isEmpty();
    }

    @Test
    void neverMoreResumesThanTimesItStarved() {
        for (long seed = 0; seed < 50; seed++) {
            Vm any = new Vm();
            Random random = new Random(seed);
            int starvations = 0;
            int resumes = 0;
            for (int i = 0; i < 500; i++) {
                VolumeId volume = random.nextBoolean() ? ONE : TWO;
                boolean wasStarved = any.isStarved();
                Vm.Input input = switch (random.nextInt(5)) {
                    case 0 -> new Vm.DiskStarved(volume);
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

    private void starved(VolumeId volume) {
        assertThat(vm.on(new Vm.DiskStarved(volume))).isEmpty();
    }

    private List<Vm.Effect> grown(VolumeId volume) {
        return vm.on(new Vm.DiskGrown(volume, now()));
    }

    private List<Vm.Effect> looked(String status) {
        return vm.on(new Vm.Looked(status, now()));
    }

    private List<Vm.Effect> tick() {
        return vm.on(new Vm.Tick(now()));
    }

    private Moment now() {
        return new Moment(Duration.ofMillis(millis).toNanos());
    }
}
