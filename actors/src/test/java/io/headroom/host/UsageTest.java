package io.headroom.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.host.Usage.Kind;
import io.headroom.model.Moment;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UsageTest {
    private static final VolumeId VOLUME = new VolumeId("v1");
    private static final VmName VM = new VmName("web");
    private static final String PATH = "/dev/pool/web";

    private final Usage usage = new Usage();
    private Moment now = new Moment(0);

    @Test
    void activated_isClaimedFirst_thenOpened_andToldWithItsPath() {
        assertThat(activate(1)).containsExactly(step(Kind.CLAIM));
        assertThat(done(Kind.CLAIM)).containsExactly(step(Kind.OPEN));
        assertThat(done(Kind.OPEN)).containsExactly(new Usage.Told(1, PATH, Optional.empty()));
    }

    @Test
    void activatedForAMigration_isClaimedBesideTheOther() {
        assertThat(usage.on(new Usage.Activate(1, VOLUME, true, now)))
                .containsExactly(new Usage.Step(Kind.CLAIM, VOLUME, true));
    }

    @Test
    void claimRefused_opensNothing_andLeavesNothingBehind() {
        activate(1);

        assertThat(usage.on(new Usage.Failed(new Usage.Step(Kind.CLAIM, VOLUME, false), true, "host 2 has it", now)))
                .containsExactly(new Usage.Told(1, "", Optional.of("host 2 has it")));

        later();
        assertThat(vms()).containsExactly(step(Kind.CLOSE));
        assertThat(done(Kind.CLOSE)).containsExactly(step(Kind.RELEASE));
        assertThat(failed(Kind.RELEASE, true)).isEmpty();
        assertThat(usage.problems()).isEmpty();
    }

    @Test
    void openingFailed_isTold_andGivenBack() {
        activate(1);
        done(Kind.CLAIM);

        assertThat(failed(Kind.OPEN, false)).containsExactly(new Usage.Told(1, "", Optional.of("why")));

        later();
        assertThat(vms()).containsExactly(step(Kind.CLOSE));
        assertThat(done(Kind.CLOSE)).containsExactly(step(Kind.RELEASE));
        assertThat(done(Kind.RELEASE)).isEmpty();
        assertThat(usage.problems()).isEmpty();
    }

    @Test
    void activatedVolume_waitsForItsVm_andIsGivenBackWhenThatEnds() {
        activate(1);
        done(Kind.CLAIM);
        done(Kind.OPEN);
        assertThat(vms()).isEmpty();
        assertThat(vmHas(VOLUME)).isEmpty();

        assertThat(vms()).containsExactly(step(Kind.CLOSE));
        assertThat(done(Kind.CLOSE)).containsExactly(step(Kind.RELEASE));
        assertThat(done(Kind.RELEASE)).isEmpty();
        assertThat(vms()).isEmpty();
    }

    @Test
    void vmThatWasStartedByHand_hasItsVolumeClaimed() {
        assertThat(vmHas(VOLUME)).containsExactly(step(Kind.CLAIM));
        assertThat(done(Kind.CLAIM)).isEmpty();
        assertThat(vmHas(VOLUME)).isEmpty();
    }

    @Test
    void claimForAVmRefused_isToldAndTriedAgainLater() {
        vmHas(VOLUME);
        failed(Kind.CLAIM, true);

        assertThat(usage.problems())
                .singleElement()
                .asString()
                .contains("used here and the SPM does not note it")
                .contains("why");
        assertThat(vmHas(VOLUME)).isEmpty();
        later();
        assertThat(vmHas(VOLUME)).containsExactly(step(Kind.CLAIM));
        done(Kind.CLAIM);
        assertThat(usage.problems()).isEmpty();
    }

    @Test
    void volumeBelowASnapshot_staysUntilTheVmEnds() {
        vmHas(VOLUME);
        done(Kind.CLAIM);

        assertThat(usage.on(new Usage.Reported(Map.of(VM, Set.of()), Set.of(), now)))
                .isEmpty();
        assertThat(vms()).containsExactly(step(Kind.CLOSE));
    }

    @Test
    void activatedAfterItsQemuDied_waitsForTheNextOne() {
        vmHas(VOLUME);
        done(Kind.CLAIM);
        activate(1);
        done(Kind.CLAIM);
        done(Kind.OPEN);

        usage.on(new Usage.Reported(Map.of(VM, Set.of(VOLUME)), Set.of(VM), now));
        assertThat(vms()).as("the one that died has ended").isEmpty();

        vmHas(VOLUME);
        assertThat(vms()).as("the next one too").containsExactly(step(Kind.CLOSE));
    }

    @Test
    void vmThatIsSilent_keepsWhatItHas_alsoWhereItWasFoundSo() {
        assertThat(usage.on(new Usage.Reported(Map.of(VM, Set.of(VOLUME)), Set.of(VM), now)))
                .containsExactly(step(Kind.CLAIM));
        done(Kind.CLAIM);

        assertThat(usage.on(new Usage.Reported(Map.of(VM, Set.of()), Set.of(VM), now)))
                .isEmpty();
    }

    @Test
    void volumeThatIsStillOpenAfterItsVmEnded_isTriedAgainUntilItIsNot() {
        vmHas(VOLUME);
        done(Kind.CLAIM);
        vms();
        assertThat(failed(Kind.CLOSE, true)).isEmpty();
        assertThat(vms()).isEmpty();

        later();
        assertThat(vms()).containsExactly(step(Kind.CLOSE));
        assertThat(done(Kind.CLOSE)).containsExactly(step(Kind.RELEASE));
    }

    @Test
    void releaseThatNobodyAnswered_isRepeatedUntilTheSpmTookIt() {
        vmHas(VOLUME);
        done(Kind.CLAIM);
        vms();
        done(Kind.CLOSE);
        assertThat(failed(Kind.RELEASE, false)).isEmpty();

        later();
        assertThat(vms()).containsExactly(step(Kind.RELEASE));
        assertThat(done(Kind.RELEASE)).isEmpty();
    }

    @Test
    void vmThatComesBackWhileItsVolumeIsReleased_getsItAgain() {
        vmHas(VOLUME);
        done(Kind.CLAIM);
        vms();
        done(Kind.CLOSE);

        assertThat(vmHas(VOLUME)).isEmpty();
        assertThat(done(Kind.RELEASE)).containsExactly(step(Kind.CLAIM));
    }

    @Test
    void activatedWhileItsFormerVmIsCleanedUpAfter_isOpenedAgain() {
        vmHas(VOLUME);
        done(Kind.CLAIM);
        vms();

        assertThat(activate(2)).isEmpty();
        assertThat(done(Kind.CLOSE)).containsExactly(step(Kind.CLAIM));
        assertThat(done(Kind.CLAIM)).containsExactly(step(Kind.OPEN));
    }

    @Test
    void deactivated_isClosedFirst_thenReleased_andTold() {
        activate(1);
        done(Kind.CLAIM);
        done(Kind.OPEN);

        assertThat(deactivate(2)).containsExactly(step(Kind.CLOSE));
        assertThat(done(Kind.CLOSE)).containsExactly(step(Kind.RELEASE));
        assertThat(done(Kind.RELEASE)).containsExactly(new Usage.Told(2, "", Optional.empty()));
    }

    @Test
    void deactivatedWhileAVmHasIt_isRefusedWithTheVm() {
        vmHas(VOLUME);
        done(Kind.CLAIM);

        assertThat(deactivate(2)).singleElement().asString().contains("VM web has it open");
        assertThat(vmHas(VOLUME)).isEmpty();
    }

    @Test
    void deactivatedWhileSomebodyElseHasItOpen_staysAsItWas() {
        activate(1);
        done(Kind.CLAIM);
        done(Kind.OPEN);
        deactivate(2);

        assertThat(failed(Kind.CLOSE, true)).singleElement().asString().contains("why");

        later();
        assertThat(vms()).isEmpty();
    }

    @Test
    void deactivatedAfterANewStart_isClosedAndReleasedAllTheSame() {
        assertThat(deactivate(1)).containsExactly(step(Kind.CLOSE));
        assertThat(done(Kind.CLOSE)).containsExactly(step(Kind.RELEASE));
        assertThat(done(Kind.RELEASE)).containsExactly(new Usage.Told(1, "", Optional.empty()));
    }

    @Test
    void secondOrderWhileOneIsUnderWay_isRefused() {
        activate(1);

        assertThat(activate(2)).singleElement().asString().contains("already");
        assertThat(deactivate(3)).singleElement().asString().contains("already");
    }

    private List<Usage.Effect> activate(long ticket) {
        return usage.on(new Usage.Activate(ticket, VOLUME, false, now));
    }

    private List<Usage.Effect> deactivate(long ticket) {
        return usage.on(new Usage.Deactivate(ticket, VOLUME, now));
    }

    private List<Usage.Effect> vmHas(VolumeId volume) {
        return usage.on(new Usage.Reported(Map.of(VM, Set.of(volume)), Set.of(), now));
    }

    private List<Usage.Effect> vms() {
        return usage.on(new Usage.Reported(Map.of(), Set.of(), now));
    }

    private List<Usage.Effect> done(Kind kind) {
        return usage.on(new Usage.Done(step(kind), kind == Kind.OPEN ? PATH : "", now));
    }

    private List<Usage.Effect> failed(Kind kind, boolean certain) {
        return usage.on(new Usage.Failed(step(kind), certain, "why", now));
    }

    private void later() {
        now = now.plus(Usage.AGAIN);
    }

    private static Usage.Step step(Kind kind) {
        return new Usage.Step(kind, VOLUME, false);
    }
}
