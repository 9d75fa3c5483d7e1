package io.headroom.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Slot;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.LogPosition;
import io.headroom.model.Moment;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private static final PoolId POOL = new PoolId("pool");
    private static final HostId HOST = new HostId(7);
    private static final HostId SPM = new HostId(1);
    private static final Incarnation LIFE = new Incarnation(3, 0xcafe);
    private static final Epoch FIRST = new Epoch(4);
    private static final VolumeId VOLUME = new VolumeId("v1");
    private static final VmName VM = new VmName("vm1");
    private static final LastDone.Steps STEPS =
            new LastDone.Steps(Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMillis(3), Duration.ofMillis(4));

    private final Outbox outbox = new Outbox(
            POOL,
            HOST,
            LIFE,
            "host7:7355",
            new Outbox.Timing(Duration.ofMillis(200), Duration.ofSeconds(2), Duration.ofSeconds(10)));
    private long millis;
    private long beat;

    @BeforeEach
    void bornIntoAPoolWithAnSpm() {
        List<Outbox.Effect> effects = on(new Outbox.Arrived(Optional.of(header(FIRST, SPM)), List.of(), now()));
        assertThat(effects).contains(new Outbox.EpochSeen(Epoch.NONE, FIRST, SPM));
        writtenAll(effects);
        assertThat(outbox.openSlots()).isZero();
    }

    // One request.

    @Test
    void wanted_theBlockIsWrittenThenTheBellRings() {
        List<Outbox.Effect> effects = want(VOLUME, Bytes.gibi(3));

        OutgoingBlock block = written(effects);
        assertThat(block.slots().get(0).request().orElseThrow().size()).isEqualTo(Bytes.gibi(3));
        assertThat(block.epoch()).isEqualTo(FIRST);
        assertThat(block.incarnation()).isEqualTo(LIFE);
        assertThat(effects).as("not before it is durable").doesNotContain(new Outbox.Ring());
        assertThat(done(block)).containsExactly(new Outbox.Posted(VOLUME), new Outbox.Ring());
        assertThat(outbox.openSlots()).isEqualTo(1);
    }

    @Test
    void answered_theReplyIsDeliveredOnce() {
        Ticket ticket = post(VOLUME, Bytes.gibi(3));
        Reply reply = new Reply(ticket, Reply.Status.GRANTED, Bytes.gibi(3), FIRST);

        assertThat(arrived(reply)).containsExactly(new Outbox.Deliver(VOLUME, reply));
        assertThat(arrived(reply)).isEmpty();
        assertThat(outbox.openSlots()).as("the device has not the size yet").isEqualTo(1);
    }

    @Test
    void waitingThenGranted_bothAreDelivered() {
        Ticket ticket = post(VOLUME, Bytes.gibi(3));
        Reply waiting = new Reply(ticket, Reply.Status.WAITING, Bytes.gibi(1), FIRST);
        Reply granted = new Reply(ticket, Reply.Status.GRANTED, Bytes.gibi(3), FIRST);

        assertThat(arrived(waiting)).containsExactly(new Outbox.Deliver(VOLUME, waiting));
        assertThat(arrived(waiting)).isEmpty();
        assertThat(arrived(granted)).containsExactly(new Outbox.Deliver(VOLUME, granted));
    }

    @Test
    void taken_theSlotIsEmptyAndTellsWhatWasDone() {
        Ticket ticket = post(VOLUME, Bytes.gibi(3));
        arrived(new Reply(ticket, Reply.Status.GRANTED, Bytes.gibi(3), FIRST));

        List<Outbox.Effect> effects = on(new Outbox.Taken(VOLUME, Bytes.gibi(3), STEPS));

        OutgoingBlock block = written(effects);
        assertThat(block.slots().get(0))
                .isEqualTo(new Slot(
                        Optional.of(VOLUME),
                        Optional.empty(),
                        Optional.of(new LastDone(ticket, Bytes.gibi(3), STEPS))));
        assertThat(done(block)).as("nothing to ring for").isEmpty();
        assertThat(outbox.openSlots()).isZero();
    }

    @Test
    void takenTwice_changesNothing() {
        post(VOLUME, Bytes.gibi(3));
        written(on(new Outbox.Taken(VOLUME, Bytes.gibi(3), STEPS)));

        assertThat(writes(on(new Outbox.Taken(VOLUME, Bytes.gibi(3), STEPS)))).isEmpty();
    }

    @Test
    void theNextRequestOfTheDiskStandsInTheSameSlotBesideWhatWasDoneLast() {
        Ticket first = post(VOLUME, Bytes.gibi(3));
        post(new VolumeId("v2"), Bytes.gibi(1));
        writtenAll(on(new Outbox.Taken(VOLUME, Bytes.gibi(3), STEPS)));

        Slot slot = written(want(VOLUME, Bytes.gibi(6))).slots().get(0);

        assertThat(slot.request().orElseThrow().ticket()).isGreaterThan(first);
        assertThat(slot.lastDone().orElseThrow().ticket()).isEqualTo(first);
    }

    @Test
    void withdrawn_theSlotIsFreeForAnotherDisk() {
        post(VOLUME, Bytes.gibi(3));

        assertThat(written(on(new Outbox.Withdrawn(VOLUME))).slots().get(0)).isEqualTo(Slot.FREE);
        assertThat(on(new Outbox.Withdrawn(VOLUME))).isEmpty();
    }

    // Replaced requests.

    @Test
    void aLargerSizeReplacesTheRequestUnderANewTicket() {
        Ticket first = post(VOLUME, Bytes.gibi(3));
        Ticket second = post(VOLUME, Bytes.gibi(4));

        assertThat(second).isGreaterThan(first);
        assertThat(outbox.openSlots()).isEqualTo(1);
        assertThat(arrived(new Reply(first, Reply.Status.GRANTED, Bytes.gibi(3), FIRST)))
                .as("the answer to the replaced request")
                .isEmpty();
        assertThat(arrived(new Reply(second, Reply.Status.GRANTED, Bytes.gibi(4), FIRST)))
                .hasSize(1);
    }

    @Test
    void aGuestThatIsPausedNowReplacesTheRequest() {
        Ticket first = post(VOLUME, Bytes.gibi(3));

        OutgoingBlock block = written(on(new Outbox.Wanted(VOLUME, VM, Bytes.gibi(3), Why.NO_SPACE, Urgency.PAUSED)));

        assertThat(block.slots().get(0).request().orElseThrow().ticket()).isGreaterThan(first);
        assertThat(block.slots().get(0).request().orElseThrow().urgency()).isEqualTo(Urgency.PAUSED);
    }

    @Test
    void theSameRequestAgain_isNotPostedAgain() {
        post(VOLUME, Bytes.gibi(3));

        assertThat(want(VOLUME, Bytes.gibi(3))).isEmpty();
    }

    @Test
    void theSameRequestAgainAfterItWasAnswered_getsTheReplyAgain() {
        Ticket ticket = post(VOLUME, Bytes.gibi(3));
        Reply reply = new Reply(ticket, Reply.Status.GRANTED, Bytes.gibi(3), FIRST);
        arrived(reply);

        assertThat(want(VOLUME, Bytes.gibi(3)))
                .as("the disk's actor may be another one by now")
                .containsExactly(new Outbox.Deliver(VOLUME, reply));
    }

    // Replies that do not count.

    @Test
    void aReplyToAnotherLifeOfTheHostIsIgnored() {
        Ticket ticket = post(VOLUME, Bytes.gibi(3));
        Reply reply = new Reply(ticket, Reply.Status.GRANTED, Bytes.gibi(3), FIRST);

        assertThat(arrived(new Incarnation(2, 0xcafe), FIRST, reply)).isEmpty();
        assertThat(arrived(new Incarnation(3, 0xbeef), FIRST, reply)).isEmpty();
        assertThat(arrived(LIFE, FIRST, reply)).hasSize(1);
    }

    @Test
    void aReplyOfALowerEpochIsIgnored() {
        Ticket ticket = post(VOLUME, Bytes.gibi(3));
        Epoch former = new Epoch(3);

        assertThat(arrived(LIFE, former, new Reply(ticket, Reply.Status.GRANTED, Bytes.gibi(3), former)))
                .isEmpty();
        assertThat(arrived(LIFE, FIRST, new Reply(ticket, Reply.Status.GRANTED, Bytes.gibi(3), former)))
                .isEmpty();
    }

    @Test
    void aReplyForANeighbourIsIgnored() {
        post(VOLUME, Bytes.gibi(3));
        Ticket second = post(new VolumeId("v2"), Bytes.gibi(3));

        assertThat(arrived(new Reply(second, Reply.Status.GRANTED, Bytes.gibi(3), FIRST)))
                .as("in the slot of another disk")
                .isEmpty();
    }

    @Test
    void aReplyInABlockThatTheHostDoesNotUseIsIgnored() {
        Ticket ticket = post(VOLUME, Bytes.gibi(3));

        assertThat(on(new Outbox.Arrived(
                        Optional.of(header(FIRST, SPM)),
                        List.of(incoming(
                                5, LIFE, FIRST, 0, new Reply(ticket, Reply.Status.GRANTED, Bytes.ZERO, FIRST))),
                        now())))
                .isEmpty();
    }

    // Epochs.

    @Test
    void aNewEpochIsEchoedInEveryBlock() {
        fillFirstBlock();
        Epoch next = new Epoch(5);

        List<Outbox.Effect> effects =
                on(new Outbox.Arrived(Optional.of(header(next, new HostId(2))), List.of(), now()));

        assertThat(effects).contains(new Outbox.EpochSeen(FIRST, next, new HostId(2)));
        assertThat(writes(effects)).hasSize(2).allMatch(block -> block.epoch().equals(next));
        assertThat(outbox.epoch()).isEqualTo(next);
    }

    @Test
    void anEchoRingsForWhatIsNotAnswered() {
        post(VOLUME, Bytes.gibi(3));

        OutgoingBlock echo =
                written(on(new Outbox.Arrived(Optional.of(header(new Epoch(5), new HostId(2))), List.of(), now())));

        assertThat(done(echo)).contains(new Outbox.Ring());
    }

    @Test
    void aFormerSpmThatWritesTheHeaderIsNotBelieved() {
        millis += 5_000;

        List<Outbox.Effect> effects =
                on(new Outbox.Arrived(Optional.of(header(new Epoch(3), new HostId(9))), List.of(), now()));

        assertThat(effects).isEmpty();
        assertThat(outbox.epoch()).isEqualTo(FIRST);
        assertThat(outbox.header().orElseThrow().spm()).isEqualTo(SPM);
        assertThat(outbox.spmSilent(now())).contains(Duration.ofSeconds(5));
    }

    @Test
    void theSpmIsSilentSinceItsHeartbeatChangedLast() {
        Header same = header(FIRST, SPM);
        on(new Outbox.Arrived(Optional.of(same), List.of(), now()));
        millis += 3_000;
        on(new Outbox.Arrived(Optional.of(same), List.of(), now()));
        on(new Outbox.Arrived(Optional.empty(), List.of(), now()));
        assertThat(outbox.spmSilent(now())).contains(Duration.ofSeconds(3));

        on(new Outbox.Arrived(Optional.of(header(FIRST, SPM)), List.of(), now()));
        assertThat(outbox.spmSilent(now())).contains(Duration.ZERO);
    }

    // Storage that fails, bells that get lost.

    @Test
    void aFailedWriteIsRepeatedUntilItIsDone() {
        OutgoingBlock block = written(want(VOLUME, Bytes.gibi(3)));

        for (int i = 0; i < 3; i++) {
            assertThat(on(new Outbox.WriteFailed(0))).as("not at once").isEmpty();
            assertThat(written(tick())).isEqualTo(block);
        }
        assertThat(done(block)).containsExactly(new Outbox.Posted(VOLUME), new Outbox.Ring());
    }

    @Test
    void aBlockIsWrittenByOneWriteAtATime() {
        OutgoingBlock first = written(want(VOLUME, Bytes.gibi(3)));
        assertThat(writes(want(new VolumeId("v2"), Bytes.gibi(3)))).isEmpty();

        List<Outbox.Effect> effects = done(first);

        OutgoingBlock second = written(effects);
        assertThat(second.sequence()).isGreaterThan(first.sequence());
        assertThat(second.slots().get(1).request()).isPresent();
        assertThat(effects)
                .as("the second request does not stand on the storage yet")
                .doesNotContain(new Outbox.Posted(new VolumeId("v2")));
        assertThat(done(second)).contains(new Outbox.Posted(new VolumeId("v2")));
    }

    @Test
    void aClosedSlotIsNoNews_theBellStaysSilentForTheOthers() {
        post(VOLUME, Bytes.gibi(3));
        post(new VolumeId("v2"), Bytes.gibi(3));

        OutgoingBlock closed = written(on(new Outbox.Taken(VOLUME, Bytes.gibi(3), STEPS)));

        assertThat(closed.slots().get(1).request()).isPresent();
        assertThat(done(closed)).doesNotContain(new Outbox.Ring());
    }

    @Test
    void aLostBellCostsNothingButTime() {
        post(VOLUME, Bytes.gibi(3));

        millis += 100;
        assertThat(tick()).isEmpty();
        millis += 100;
        assertThat(tick()).as("it looks by itself, hurried").containsExactly(new Outbox.Read(1));
    }

    @Test
    void aSlowStorageDoesNotStretchTheRhythm() {
        post(VOLUME, Bytes.gibi(3));
        millis += 200;
        assertThat(reads(tick())).containsExactly(new Outbox.Read(1));
        millis += 150;
        on(new Outbox.Arrived(Optional.empty(), List.of(), now()));

        millis += 50;
        assertThat(reads(tick())).containsExactly(new Outbox.Read(1));
    }

    @Test
    void anAnsweredHostLooksAtItsLeisure() {
        Ticket ticket = post(VOLUME, Bytes.gibi(3));
        arrived(new Reply(ticket, Reply.Status.WAITING, Bytes.gibi(1), FIRST));

        millis += 1_999;
        assertThat(tick()).isEmpty();
        millis += 1;
        assertThat(tick()).containsExactly(new Outbox.Read(1));
        millis += 10_000;
        assertThat(reads(tick())).as("one look at a time").isEmpty();
    }

    @Test
    void rung_itLooksAtOnce_andOnceMoreWhenItRingsMeanwhile() {
        assertThat(on(new Outbox.Rung())).containsExactly(new Outbox.Read(1));
        assertThat(on(new Outbox.Rung())).isEmpty();
        assertThat(on(new Outbox.Rung())).isEmpty();

        assertThat(on(new Outbox.Arrived(Optional.empty(), List.of(), now()))).containsExactly(new Outbox.Read(1));
        assertThat(on(new Outbox.Arrived(Optional.empty(), List.of(), now()))).isEmpty();
    }

    @Test
    void aLookThatFailedIsMadeAgain() {
        on(new Outbox.Rung());
        on(new Outbox.ReadFailed());
        millis += 2_000;

        assertThat(reads(tick())).containsExactly(new Outbox.Read(1));
    }

    @Test
    void aHostWithoutAnythingToSayShowsThatItLives() {
        millis += 9_999;
        assertThat(writes(tick())).isEmpty();
        millis += 1;

        OutgoingBlock block = written(tick());

        assertThat(done(block)).isEmpty();
        millis += 10_000;
        assertThat(written(tick()).sequence()).isGreaterThan(block.sequence());
    }

    // Many disks.

    @Test
    void theTwentyFirstDiskOpensAnotherBlock() {
        fillFirstBlock();

        assertThat(outbox.openSlots()).isEqualTo(21);
        millis += 200;
        assertThat(tick()).as("replies are looked for in both").containsExactly(new Outbox.Read(2));
    }

    @Test
    void theFirstBlockTellsHowManyAreInUse() {
        for (int i = 0; i < Limits.SLOTS_PER_BLOCK; i++) {
            post(new VolumeId("v" + i), Bytes.gibi(3));
        }

        List<OutgoingBlock> blocks = writes(want(new VolumeId("one-more"), Bytes.gibi(3)));

        assertThat(blocks).extracting(OutgoingBlock::index).containsExactly(0, 1);
        assertThat(blocks).allMatch(block -> block.inUse() == 2);
        assertThat(blocks.get(1).slots().get(0).request()).isPresent();
    }

    @Test
    void aDiskThatFindsNoSlotIsToldSo_andGetsTheNextThatIsFreed() {
        for (int i = 0; i < Limits.DISKS_PER_HOST; i++) {
            post(new VolumeId("v" + i), Bytes.gibi(3));
        }

        assertThat(want(new VolumeId("one-more"), Bytes.gibi(3)))
                .containsExactly(new Outbox.NoSlot(new VolumeId("one-more")));
        writtenAll(on(new Outbox.Withdrawn(new VolumeId("v42"))));

        OutgoingBlock block = written(want(new VolumeId("one-more"), Bytes.gibi(3)));
        assertThat(block.index()).isEqualTo(2);
        assertThat(block.slots().get(2).volume()).contains(new VolumeId("one-more"));
    }

    // Lives.

    @Test
    void aLifeFollowsWhateverTheStorageRemembers() {
        OutgoingBlock own = writtenAs(new Incarnation(6, 0xaaaa));
        IncomingBlock answered = incoming(0, new Incarnation(8, 0xbbbb), FIRST, 0, null);

        assertThat(Outbox.following(Optional.of(own), List.of(), 5)).isEqualTo(new Incarnation(7, 5));
        assertThat(Outbox.following(Optional.empty(), List.of(answered), 5)).isEqualTo(new Incarnation(9, 5));
        assertThat(Outbox.following(Optional.of(own), List.of(answered), 5)).isEqualTo(new Incarnation(9, 5));
        assertThat(Outbox.following(Optional.empty(), List.of(), 5)).isEqualTo(new Incarnation(1, 5));
    }

    // Steps.

    private void fillFirstBlock() {
        for (int i = 0; i <= Limits.SLOTS_PER_BLOCK; i++) {
            post(new VolumeId("v" + i), Bytes.gibi(3));
        }
    }

    private List<Outbox.Effect> want(VolumeId volume, Bytes size) {
        return on(new Outbox.Wanted(volume, VM, size, Why.THRESHOLD, Urgency.within(Duration.ofSeconds(9))));
    }

    private Ticket post(VolumeId volume, Bytes size) {
        List<OutgoingBlock> blocks = writtenAll(want(volume, size));
        return blocks.stream()
                .flatMap(block -> block.slots().stream())
                .filter(slot -> slot.volume().equals(Optional.of(volume)))
                .findFirst()
                .flatMap(Slot::request)
                .orElseThrow()
                .ticket();
    }

    private List<OutgoingBlock> writtenAll(List<Outbox.Effect> effects) {
        List<OutgoingBlock> all = new ArrayList<>(writes(effects));
        for (int i = 0; i < all.size(); i++) {
            all.addAll(writes(done(all.get(i))));
        }
        return all;
    }

    private List<Outbox.Effect> done(OutgoingBlock block) {
        return on(new Outbox.Written(block.index(), block.sequence(), now()));
    }

    private List<Outbox.Effect> arrived(Reply reply) {
        return arrived(LIFE, FIRST, reply);
    }

    private List<Outbox.Effect> arrived(Incarnation to, Epoch epoch, Reply reply) {
        return on(
                new Outbox.Arrived(Optional.of(header(FIRST, SPM)), List.of(incoming(0, to, epoch, 0, reply)), now()));
    }

    private static IncomingBlock incoming(int index, Incarnation to, Epoch epoch, int slot, Reply reply) {
        List<Optional<Reply>> replies = new ArrayList<>(Collections.nCopies(Limits.SLOTS_PER_BLOCK, Optional.empty()));
        replies.set(slot, Optional.ofNullable(reply));
        return new IncomingBlock(POOL, HOST, index, to, 1, epoch, replies);
    }

    private static OutgoingBlock writtenAs(Incarnation life) {
        return new OutgoingBlock(
                POOL, HOST, 0, 1, life, 9, FIRST, "", Collections.nCopies(Limits.SLOTS_PER_BLOCK, Slot.FREE));
    }

    private Header header(Epoch epoch, HostId spm) {
        return new Header(POOL, epoch, ++beat, spm, "host1:7355", "", 0, LogPosition.START);
    }

    private List<Outbox.Effect> tick() {
        return on(new Outbox.Tick(now()));
    }

    private List<Outbox.Effect> on(Outbox.Input input) {
        return outbox.on(input);
    }

    private Moment now() {
        return new Moment(Duration.ofMillis(millis).toNanos());
    }

    private static OutgoingBlock written(List<Outbox.Effect> effects) {
        assertThat(writes(effects)).hasSize(1);
        return writes(effects).get(0);
    }

    private static List<OutgoingBlock> writes(List<Outbox.Effect> effects) {
        return effects.stream()
                .filter(Outbox.Write.class::isInstance)
                .map(effect -> ((Outbox.Write) effect).block())
                .toList();
    }

    private static List<Outbox.Effect> reads(List<Outbox.Effect> effects) {
        return effects.stream().filter(Outbox.Read.class::isInstance).toList();
    }
}
