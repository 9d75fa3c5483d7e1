package io.headroom.disk;

import static io.headroom.disk.Disk.Phase.ARMED;
import static io.headroom.disk.Disk.Phase.ARMING;
import static io.headroom.disk.Disk.Phase.ASKING;
import static io.headroom.disk.Disk.Phase.FULL;
import static io.headroom.disk.Disk.Phase.MEASURING;
import static io.headroom.disk.Disk.Phase.REFUSED;
import static io.headroom.disk.Disk.Phase.STARVED;
import static io.headroom.disk.Disk.Phase.UNSEEN;
import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.Moment;
import io.headroom.model.Ticket;
import io.headroom.port.Qemu;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DiskTest {
    private static final GrowthPolicy POLICY =
            new GrowthPolicy(Bytes.mebi(2560), Bytes.gibi(64), Duration.ofSeconds(20));
    private static final Bytes WATERMARK = Bytes.gibi(2);
    private static final Bytes DEVICE = Bytes.gibi(10);
    private static final Bytes THRESHOLD = DEVICE.minus(WATERMARK);
    private static final Bytes VIRTUAL = Bytes.gibi(100);
    private static final Bytes LIMIT = Bytes.of(107390828544L);

    private final Disk disk = new Disk(POLICY, DEVICE);
    private Bytes virtual = VIRTUAL;
    private long millis;

    // The way of one write.

    @Test
    void firstSeen_theDeviceIsMeasured() {
        assertThat(disk.phase()).isEqualTo(UNSEEN);

        assertThat(look(Bytes.ZERO, Bytes.ZERO)).contains(new Disk.Refresh());

        assertThat(disk.phase()).isEqualTo(MEASURING);
        assertThat(disk.limit()).isEqualTo(LIMIT);
    }

    @Test
    void measured_theThresholdIsArmedOneWatermarkBeforeTheEnd() {
        look(Bytes.ZERO, Bytes.ZERO);

        assertThat(refreshed(DEVICE)).contains(new Disk.Arm(THRESHOLD));

        assertThat(disk.phase()).isEqualTo(ARMING);
    }

    @Test
    void armedForTheFirstTime_theImageIsMeasured() {
        look(Bytes.ZERO, Bytes.ZERO);
        refreshed(DEVICE);

        assertThat(armed(Bytes.ZERO)).contains(new Disk.MeasureImage());

        assertThat(disk.phase()).isEqualTo(ARMED);
        assertThat(disk.pointer()).isEmpty();
    }

    @Test
    void measuredWithEnoughAhead_nothingIsWanted() {
        toArmed(Bytes.gibi(5));

        assertThat(disk.phase()).isEqualTo(ARMED);
        assertThat(disk.pointer()).contains(Bytes.gibi(5));
    }

    @Test
    void thresholdCrossed_theDiskAsksForAnAbsoluteSize() {
        toArmed(Bytes.gibi(5));

        List<Disk.Effect> effects = crossed(THRESHOLD.plus(Bytes.of(65536)));

        Bytes wanted = THRESHOLD.plus(Bytes.of(65536)).plus(WATERMARK).plus(Bytes.mebi(2560));
        assertThat(asked(effects).size()).isEqualTo(wanted);
        assertThat(asked(effects).why()).isEqualTo(Why.THRESHOLD);
        assertThat(disk.phase()).isEqualTo(ASKING);
    }

    @Test
    void granted_theDeviceIsRefreshedThenArmedThenTheSlotIsEmptied() {
        toAsking();
        at(100);
        on(new Disk.Posted(now()));
        at(130);
        assertThat(reply(Reply.Status.GRANTED, Bytes.gibi(13))).contains(new Disk.Refresh());
        at(170);
        assertThat(refreshed(Bytes.gibi(13))).contains(new Disk.Arm(Bytes.gibi(11)));
        at(175);

        List<Disk.Effect> effects = armed(THRESHOLD.plus(Bytes.of(1)));

        LastDone.Steps steps = new LastDone.Steps(ofMillis(100), ofMillis(30), ofMillis(40), ofMillis(5));
        assertThat(effects).contains(new Disk.Finish(Bytes.gibi(13), steps));
        assertThat(disk.phase()).isEqualTo(ARMED);
        assertThat(disk.extensions()).isEqualTo(1);
        assertThat(disk.lastTook()).contains(ofMillis(175));
    }

    @Test
    void aReplyThatOvertakesTheWordOfItsPostIsNoNegativeTime() {
        toAsking();
        at(50);
        reply(Reply.Status.GRANTED, Bytes.gibi(13));
        at(60);
        on(new Disk.Posted(now()));
        at(70);
        refreshed(Bytes.gibi(13));

        List<Disk.Effect> effects = armed(THRESHOLD.plus(Bytes.of(1)));

        assertThat(effects)
                .contains(new Disk.Finish(
                        Bytes.gibi(13), new LastDone.Steps(Duration.ZERO, ofMillis(50), ofMillis(20), Duration.ZERO)));
    }

    @Test
    void onlyTheFirstPostCounts() {
        toAsking();
        at(10);
        on(new Disk.Posted(now()));
        at(90);
        on(new Disk.Posted(now()));
        reply(Reply.Status.GRANTED, Bytes.gibi(13));
        refreshed(Bytes.gibi(13));

        assertThat(armed(Bytes.ZERO))
                .contains(new Disk.Finish(
                        Bytes.gibi(13), new LastDone.Steps(ofMillis(10), ofMillis(80), Duration.ZERO, Duration.ZERO)));
    }

    // What can come in between.

    @Test
    void armedTooLate_theGuestIsAlreadyPastTheThreshold() {
        toArmed(Bytes.ZERO);
        look(Bytes.gibi(5), Bytes.ZERO);
        assertThat(disk.phase()).isEqualTo(ARMING);

        Disk.Ask ask = asked(armed(Bytes.gibi(9)));

        assertThat(ask.why()).isEqualTo(Why.PAST_THRESHOLD);
        assertThat(ask.size()).isGreaterThanOrEqualTo(Bytes.gibi(13));
    }

    @Test
    void armedTooLate_evenWhileTheImageCannotBeMeasured() {
        look(Bytes.ZERO, Bytes.ZERO);
        refreshed(DEVICE);

        Disk.Ask ask = asked(armed(Bytes.gibi(9)));

        assertThat(ask.why()).isEqualTo(Why.PAST_THRESHOLD);
        assertThat(ask.urgency()).isEqualTo(Urgency.UNKNOWN);
    }

    @Test
    void theImageReachesPastTheThreshold_itAsks() {
        look(Bytes.ZERO, Bytes.ZERO);
        refreshed(DEVICE);
        armed(Bytes.ZERO);

        Disk.Ask ask = asked(on(new Disk.ImageMeasured(Bytes.gibi(9), now())));

        assertThat(ask.size()).isEqualTo(Bytes.gibi(9).plus(WATERMARK).plus(Bytes.mebi(2560)));
    }

    @Test
    void aDeviceBelowItsWatermarkAsksAtOnce() {
        look(Bytes.ZERO, Bytes.ZERO);
        refreshed(Bytes.gibi(1));

        Disk.Ask ask = asked(armed(Bytes.ZERO));

        assertThat(ask.why()).isEqualTo(Why.TOO_SMALL);
        assertThat(ask.size()).isEqualTo(WATERMARK.plus(Bytes.mebi(2560)));
    }

    @Test
    void aMissedEventIsFoundByALook() {
        toArmed(Bytes.gibi(5));

        Disk.Ask ask = asked(look(Bytes.gibi(9), Bytes.ZERO));

        assertThat(ask.why()).isEqualTo(Why.PAST_THRESHOLD);
    }

    @Test
    void aThresholdThatSomebodyElseSetIsArmedAgain() {
        toArmed(Bytes.gibi(5));

        assertThat(look(Bytes.gibi(5), Bytes.gibi(3))).contains(new Disk.Arm(THRESHOLD));
        assertThat(disk.phase()).isEqualTo(ARMING);
        armed(Bytes.gibi(5));
        assertThat(disk.phase()).isEqualTo(ARMED);
    }

    @Test
    void aGuestThatGetsFastAsksBeforeItsOldThreshold() {
        toArmed(Bytes.gibi(1));
        at(1_000);

        Disk.Ask ask = asked(look(Bytes.gibi(3), THRESHOLD));

        assertThat(disk.bytesPerSecond()).isEqualTo(Bytes.gibi(2).value());
        assertThat(ask.size()).isGreaterThan(Bytes.gibi(3).plus(Bytes.gibi(2 * 24)));
        assertThat(ask.urgency()).isEqualTo(Urgency.within(Duration.ofMillis(3_500)));
    }

    @Test
    void theSameEventTwice_asksOnce() {
        toArmed(Bytes.gibi(5));
        crossed(Bytes.gibi(9));

        assertThat(crossed(Bytes.gibi(9))).isEmpty();
        assertThat(disk.phase()).isEqualTo(ASKING);
    }

    @Test
    void anEventOfAnOlderThreshold_asksForNothing() {
        toArmed(Bytes.gibi(5));
        crossed(THRESHOLD.plus(Bytes.of(1)));
        grow(Bytes.gibi(20), THRESHOLD.plus(Bytes.of(1)));
        assertThat(disk.phase()).isEqualTo(ARMED);

        assertThat(crossed(THRESHOLD.plus(Bytes.of(1)))).isEmpty();
        assertThat(disk.phase()).isEqualTo(ARMED);
    }

    @Test
    void grantedTwice_refreshesOnce() {
        toAsking();
        reply(Reply.Status.GRANTED, Bytes.gibi(13));

        assertThat(reply(Reply.Status.GRANTED, Bytes.gibi(13))).isEmpty();
    }

    @Test
    void aReplyThatNobodyWaitsFor_changesNothing() {
        toArmed(Bytes.gibi(5));

        for (Reply.Status status : Reply.Status.values()) {
            assertThat(reply(status, Bytes.gibi(13))).isEmpty();
        }
        assertThat(disk.phase()).isEqualTo(ARMED);
        assertThat(disk.device()).isEqualTo(DEVICE);
    }

    @Test
    void aGrantIsAClaim_theSlotStandsUntilTheDeviceHasTheSize() {
        toAsking();
        reply(Reply.Status.GRANTED, Bytes.gibi(13));

        assertThat(refreshed(DEVICE)).isEmpty();
        assertThat(disk.phase()).isEqualTo(MEASURING);
        assertThat(tick()).containsExactly(new Disk.Refresh());

        assertThat(refreshed(Bytes.gibi(13))).contains(new Disk.Arm(Bytes.gibi(11)));
    }

    @Test
    void aClaimThatDoesNotComeTrueIsReplacedByTheNextReply() {
        toAsking();
        reply(Reply.Status.GRANTED, Bytes.gibi(13));
        refreshed(DEVICE);

        reply(Reply.Status.PARTLY, Bytes.gibi(11));
        refreshed(Bytes.gibi(11));

        assertThat(disk.phase()).isEqualTo(ARMING);
    }

    @Test
    void grantedPartly_asksAnewForTheRest() {
        toAsking();
        reply(Reply.Status.PARTLY, DEVICE.plus(Bytes.mebi(512)));
        refreshed(DEVICE.plus(Bytes.mebi(512)));

        List<Disk.Effect> effects = armed(THRESHOLD.plus(Bytes.mebi(600)));

        assertThat(effects).anyMatch(Disk.Finish.class::isInstance);
        assertThat(asked(effects).why()).isEqualTo(Why.REST);
        assertThat(effects.indexOf(asked(effects)))
                .as("the old request is done before the new one is made")
                .isGreaterThan(indexOf(effects, Disk.Finish.class));
    }

    @Test
    void grantedPartlyButEnoughForNow_asksForNothing() {
        toAsking();
        reply(Reply.Status.PARTLY, Bytes.gibi(12));
        refreshed(Bytes.gibi(12));

        assertThat(armed(THRESHOLD.plus(Bytes.of(1)))).noneMatch(Disk.Ask.class::isInstance);
        assertThat(disk.phase()).isEqualTo(ARMED);
    }

    @Test
    void waitingThenGranted() {
        toAsking();
        reply(Reply.Status.WAITING, DEVICE);
        assertThat(disk.phase()).isEqualTo(STARVED);
        assertThat(tick()).as("the request stands").isEmpty();

        grow(Bytes.gibi(13), THRESHOLD.plus(Bytes.of(1)));

        assertThat(disk.phase()).isEqualTo(ARMED);
    }

    @Test
    void theTimeThatThePoolHadNoSpaceIsNoLatency() {
        for (int i = 0; i < 5; i++) {
            toNextGrant();
        }
        toArmed(Bytes.gibi(5));
        crossed(disk.threshold().plus(Bytes.of(1)));
        reply(Reply.Status.WAITING, disk.device());
        at(3_600_000);
        Bytes pointer = disk.pointer().orElseThrow();
        grow(disk.device().plus(Bytes.gibi(3)), pointer);

        assertThat(disk.lastTook()).contains(Duration.ofHours(1));
        at(3_601_000);
        look(pointer.plus(Bytes.mebi(10)), disk.threshold());
        assertThat(disk.threshold()).as("watermark").isEqualTo(disk.device().minus(WATERMARK));
        assertThat(disk.phase()).isEqualTo(ARMED);
    }

    @ParameterizedTest
    @EnumSource(
            value = Reply.Status.class,
            names = {"UNKNOWN_VOLUME", "OVER_LIMIT", "STORAGE_REFUSED"})
    void refused_theSlotIsEmptiedAndTheDiskAsksAgainLater(Reply.Status refusal) {
        toAsking();

        assertThat(reply(refusal, DEVICE)).contains(new Disk.Withdraw());
        assertThat(disk.phase()).isEqualTo(REFUSED);
        at(29_999);
        assertThat(tick()).isEmpty();
        at(30_000);

        assertThat(asked(tick()).size()).isGreaterThan(DEVICE);
        assertThat(disk.phase()).isEqualTo(ASKING);
    }

    @Test
    void aRequestIsRepeatedUntilItIsAnswered() {
        toArmed(Bytes.gibi(5));
        Disk.Ask first = asked(crossed(Bytes.gibi(9)));

        Disk.Ask again = asked(tick());

        assertThat(again.size()).isEqualTo(first.size());
        assertThat(again.why()).isEqualTo(first.why());
        assertThat(disk.phase()).isEqualTo(ASKING);
    }

    @Test
    void whatFailedIsDoneAgainOnTheNextTick() {
        look(Bytes.ZERO, Bytes.ZERO);
        assertThat(tick()).as("still under way").isEmpty();
        assertThat(on(new Disk.Failed(new Disk.Refresh(), now()))).isEmpty();
        assertThat(tick()).containsExactly(new Disk.Refresh());

        refreshed(DEVICE);
        on(new Disk.Failed(new Disk.Arm(THRESHOLD), now()));
        assertThat(tick()).containsExactly(new Disk.Arm(THRESHOLD));

        armed(Bytes.ZERO);
        on(new Disk.Failed(new Disk.MeasureImage(), now()));
        assertThat(tick()).containsExactly(new Disk.MeasureImage());
        assertThat(tick()).as("still under way").isEmpty();
    }

    // Out of space.

    @Test
    void ranOutWhileArmed_asksAsPaused() {
        toArmed(Bytes.gibi(5));

        List<Disk.Effect> effects = on(new Disk.NoSpace(now()));

        assertThat(effects).contains(new Disk.Starved());
        assertThat(asked(effects).why()).isEqualTo(Why.NO_SPACE);
        assertThat(asked(effects).urgency()).isEqualTo(Urgency.PAUSED);
    }

    @Test
    void ranOutWhileAsking_theRequestIsReplacedByAPausedOne() {
        toAsking();

        assertThat(asked(on(new Disk.NoSpace(now()))).urgency()).isEqualTo(Urgency.PAUSED);
        assertThat(disk.phase()).isEqualTo(ASKING);
    }

    @Test
    void ranOutWhileStarved_itStaysStarvedAndSaysThatTheGuestIsPaused() {
        toAsking();
        reply(Reply.Status.WAITING, DEVICE);

        assertThat(asked(on(new Disk.NoSpace(now()))).urgency()).isEqualTo(Urgency.PAUSED);
        assertThat(disk.phase()).isEqualTo(STARVED);
    }

    @Test
    void ranOutWhileRefused_doesNotWait() {
        toAsking();
        reply(Reply.Status.OVER_LIMIT, DEVICE);

        assertThat(asked(on(new Disk.NoSpace(now()))).why()).isEqualTo(Why.NO_SPACE);
        assertThat(disk.phase()).isEqualTo(ASKING);
    }

    @Test
    void ranOutWhileMeasuring_growsWithTheGrantThatIsUnderWay() {
        toAsking();
        reply(Reply.Status.GRANTED, Bytes.gibi(13));

        assertThat(on(new Disk.NoSpace(now()))).containsExactly(new Disk.Starved());
        refreshed(Bytes.gibi(13));

        assertThat(armed(DEVICE.plus(Bytes.of(65536)))).contains(new Disk.Grown());
        assertThat(disk.phase()).isEqualTo(ARMED);
    }

    @Test
    void ranOutWhileArming_aPointerFromBeforeThatDoesNotCountAsGrown() {
        toAsking();
        reply(Reply.Status.PARTLY, DEVICE.plus(Bytes.mebi(4)));
        refreshed(DEVICE.plus(Bytes.mebi(4)));
        on(new Disk.NoSpace(now()));

        List<Disk.Effect> older = armed(DEVICE);

        assertThat(older).containsExactly(new Disk.Arm(disk.threshold()));
        List<Disk.Effect> newer = armed(DEVICE.plus(Bytes.mebi(5)));
        assertThat(newer).doesNotContain(new Disk.Grown());
        assertThat(asked(newer).urgency()).isEqualTo(Urgency.PAUSED);
    }

    @Test
    void ranOutWhenFull_isMeasuredAgain() {
        toFull();

        assertThat(on(new Disk.NoSpace(now()))).contains(new Disk.Starved(), new Disk.Refresh());
        refreshed(LIMIT);

        assertThat(armed(LIMIT)).as("the event was late").contains(new Disk.Grown());
        assertThat(disk.phase()).isEqualTo(FULL);
    }

    @Test
    void aGuestThatNeedsMoreThanItsImageIsNotToldToGoOn() {
        toFull();
        on(new Disk.NoSpace(now()));
        refreshed(LIMIT);

        assertThat(armed(LIMIT.plus(Bytes.of(65536)))).doesNotContain(new Disk.Grown());
        assertThat(disk.phase()).isEqualTo(FULL);
    }

    @Test
    void manyErrorsOfOneStop_starveOnce() {
        toArmed(Bytes.gibi(5));
        on(new Disk.NoSpace(now()));

        for (int i = 0; i < 5; i++) {
            assertThat(on(new Disk.NoSpace(now()))).doesNotContain(new Disk.Starved());
        }
    }

    @Test
    void starvedThenGrown_saysSoOnce() {
        toArmed(Bytes.gibi(5));
        on(new Disk.NoSpace(now()));

        List<Disk.Effect> effects = grow(Bytes.gibi(13), DEVICE.plus(Bytes.of(65536)));

        assertThat(effects.stream().filter(new Disk.Grown()::equals)).hasSize(1);
        look(DEVICE.plus(Bytes.of(65536)), Bytes.ZERO);
        assertThat(armed(DEVICE.plus(Bytes.of(65536)))).doesNotContain(new Disk.Grown());
    }

    @Test
    void grownByLessThanTheFailedWrite_staysStarved() {
        toArmed(Bytes.gibi(5));
        on(new Disk.NoSpace(now()));

        List<Disk.Effect> effects = grow(DEVICE.plus(Bytes.of(4096)), DEVICE.plus(Bytes.of(65536)));

        assertThat(effects).doesNotContain(new Disk.Grown());
        assertThat(asked(effects).urgency()).isEqualTo(Urgency.PAUSED);
    }

    @Test
    void foundStoppedBeyondItsDevice_isStarvedWithoutAnyEvent() {
        toArmed(Bytes.gibi(5));

        List<Disk.Effect> effects = look(DEVICE.plus(Bytes.of(65536)), Bytes.ZERO, true);

        assertThat(effects).contains(new Disk.Starved());
        assertThat(asked(effects).urgency()).isEqualTo(Urgency.PAUSED);
    }

    @Test
    void foundStoppedAtFirstSight_isStarvedAndGoesOnWhenItGrew() {
        assertThat(look(DEVICE.plus(Bytes.of(65536)), Bytes.ZERO, true)).contains(new Disk.Starved());
        refreshed(DEVICE);
        Disk.Ask ask = asked(armed(DEVICE.plus(Bytes.of(65536))));
        assertThat(ask.urgency()).isEqualTo(Urgency.PAUSED);

        assertThat(grow(Bytes.gibi(15), DEVICE.plus(Bytes.of(65536)))).contains(new Disk.Grown());
    }

    @Test
    void stoppedByAnErrorWithinItsDevice_isNotStarved() {
        assertThat(look(Bytes.gibi(5), Bytes.ZERO, true)).doesNotContain(new Disk.Starved());
        refreshed(DEVICE);
        armed(Bytes.gibi(5));
        assertThat(look(Bytes.gibi(5), THRESHOLD, true)).isEmpty();
    }

    @Test
    void aBoundedNodeThatQemuSaysIsTooSmall_isStarvedAtFirstSight() {
        Qemu.Disk bounded = new Qemu.Disk(
                "fmt", "stor", "/p", "qcow2", VIRTUAL, Bytes.of(65536), DEVICE, true, Bytes.gibi(11), Bytes.ZERO, true);

        assertThat(on(new Disk.Looked(bounded, true, false, now()))).contains(new Disk.Starved());
    }

    // The end of the image.

    @Test
    void fullWhenTheDeviceHasAllThatTheImageCanTake() {
        toFull();

        assertThat(crossed(LIMIT)).isEmpty();
        assertThat(look(LIMIT, Bytes.ZERO)).isEmpty();
        assertThat(tick()).isEmpty();
    }

    @Test
    void fullThenTheImageIsResized_itIsGuardedAgain() {
        toFull();
        virtual = Bytes.gibi(200);

        assertThat(look(LIMIT.minus(Bytes.gibi(10)), disk.threshold())).anyMatch(Disk.Arm.class::isInstance);
        armed(LIMIT.minus(Bytes.gibi(10)));

        assertThat(disk.phase()).isEqualTo(ARMED);
    }

    @Test
    void theLastChunkEndsAtTheLimit() {
        toArmed(Bytes.gibi(5));
        crossed(Bytes.gibi(9));
        grow(LIMIT.minus(Bytes.gibi(1)), Bytes.gibi(9));

        assertThat(asked(crossed(LIMIT.minus(Bytes.gibi(2)))).size()).isEqualTo(LIMIT);
    }

    @Test
    void everyMoveIsToldWithItsReason() {
        toArmed(Bytes.gibi(5));

        assertThat(crossed(Bytes.gibi(9)))
                .contains(new Disk.Moved(
                        ARMED,
                        ASKING,
                        "THRESHOLD: 1 GiB ahead of the guest, less than the watermark 2 GiB at 0 B/s; wants 13.5 GiB"));
    }

    // Steps.

    private void toArmed(Bytes imageEnd) {
        look(Bytes.ZERO, Bytes.ZERO);
        if (disk.phase() == MEASURING) {
            refreshed(DEVICE);
            armed(Bytes.ZERO);
            on(new Disk.ImageMeasured(imageEnd, now()));
        } else if (disk.phase() == ARMING) {
            armed(Bytes.ZERO);
        }
        assertThat(disk.phase()).isEqualTo(ARMED);
    }

    private void toAsking() {
        toArmed(THRESHOLD);
        crossed(THRESHOLD.plus(Bytes.of(1)));
        assertThat(disk.phase()).isEqualTo(ASKING);
    }

    private void toFull() {
        look(Bytes.ZERO, Bytes.ZERO);
        refreshed(LIMIT);
        armed(Bytes.ZERO);
        assertThat(disk.phase()).isEqualTo(FULL);
    }

    private void toNextGrant() {
        toArmed(Bytes.gibi(5));
        Bytes pointer = disk.threshold().plus(Bytes.of(1));
        crossed(pointer);
        grow(disk.device().plus(Bytes.gibi(3)), pointer);
    }

    private List<Disk.Effect> grow(Bytes size, Bytes pointer) {
        reply(Reply.Status.GRANTED, size);
        refreshed(size);
        return armed(pointer);
    }

    private List<Disk.Effect> look(Bytes pointer, Bytes threshold) {
        return look(pointer, threshold, false);
    }

    private List<Disk.Effect> look(Bytes pointer, Bytes threshold, boolean stopped) {
        Qemu.Disk seen = new Qemu.Disk(
                "fmt", "stor", "/p", "qcow2", virtual, Bytes.of(65536), Bytes.ZERO, false, pointer, threshold, false);
        return on(new Disk.Looked(seen, stopped, false, now()));
    }

    private List<Disk.Effect> crossed(Bytes pointer) {
        return on(new Disk.ThresholdCrossed(pointer, now()));
    }

    private List<Disk.Effect> refreshed(Bytes size) {
        return on(new Disk.Refreshed(size, now()));
    }

    private List<Disk.Effect> armed(Bytes pointer) {
        return on(new Disk.Armed(pointer, now()));
    }

    private List<Disk.Effect> reply(Reply.Status status, Bytes size) {
        return on(new Disk.Replied(new Reply(new Ticket(1), status, size, new Epoch(1)), now()));
    }

    private List<Disk.Effect> tick() {
        return on(new Disk.Tick(now()));
    }

    private List<Disk.Effect> on(Disk.Input input) {
        return disk.on(input);
    }

    private void at(long atMillis) {
        millis = atMillis;
    }

    private Moment now() {
        return new Moment(ofMillis(millis).toNanos());
    }

    private static Duration ofMillis(long millis) {
        return Duration.ofMillis(millis);
    }

    private static Disk.Ask asked(List<Disk.Effect> effects) {
        Optional<Disk.Ask> ask = effects.stream()
                .filter(Disk.Ask.class::isInstance)
                .map(Disk.Ask.class::cast)
                .findFirst();
        assertThat(ask).as("a request among %s", effects).isPresent();
        return ask.get();
    }

    private static int indexOf(List<Disk.Effect> effects, Class<? extends Disk.Effect> kind) {
        return effects.stream().map(kind::isInstance).toList().indexOf(true);
    }
}
