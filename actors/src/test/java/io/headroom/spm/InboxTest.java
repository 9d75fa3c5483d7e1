package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Slot;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
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
import org.junit.jupiter.api.Test;

class InboxTest {
    private static final PoolId POOL = new PoolId("pool");
    private static final Epoch EPOCH = new Epoch(4);
    private static final HostId SEVEN = new HostId(7);
    private static final HostId EIGHT = new HostId(8);
    private static final Incarnation LIFE = new Incarnation(3, 0xcafe);
    private static final VolumeId VOLUME = new VolumeId("v1");

    private final Inbox inbox = new Inbox(POOL, EPOCH);
    private long nanos;

    @Test
    void aRequestIsOwedUntilItIsAnswered() {
        take(block(SEVEN, LIFE, open(1, Urgency.UNKNOWN)));
        assertThat(inbox.owedCount()).isEqualTo(1);

        answer(Reply.Status.GRANTED);

        assertThat(inbox.mostUrgent(host -> true)).isEmpty();
    }

    @Test
    void theSameBlockAgainOwesNothing() {
        OutgoingBlock block = block(SEVEN, LIFE, open(1, Urgency.UNKNOWN));
        take(block);
        answer(Reply.Status.GRANTED);

        take(block);

        assertThat(inbox.owedCount()).isZero();
    }

    @Test
    void aNewTicketIsANewRequest() {
        take(block(SEVEN, LIFE, open(1, Urgency.UNKNOWN)));
        answer(Reply.Status.WAITING);

        take(block(SEVEN, LIFE, open(2, Urgency.PAUSED)));

        assertThat(inbox.owedCount()).isEqualTo(1);
        assertThat(inbox.waiting()).isEmpty();
    }

    @Test
    void anEmptiedSlotOwesNothing() {
        take(block(SEVEN, LIFE, open(1, Urgency.UNKNOWN)));

        take(block(SEVEN, LIFE));

        assertThat(inbox.owedCount()).isZero();
        assertThat(inbox.lastWords()).isEmpty();
    }

    @Test
    void theMostUrgentIsServedFirst_thenWhoWaitsLongest() {
        take(block(SEVEN, LIFE, open(1, Urgency.within(Duration.ofSeconds(5))), open(2, Urgency.UNKNOWN)));
        nanos++;
        take(block(EIGHT, LIFE, open(3, Urgency.PAUSED), open(4, Urgency.UNKNOWN)));

        List<Long> order = new ArrayList<>();
        for (Optional<Inbox.Standing> next = inbox.mostUrgent(host -> true);
                next.isPresent();
                next = inbox.mostUrgent(host -> true)) {
            order.add(next.get().request().ticket().value());
            answer(Reply.Status.GRANTED);
        }

        assertThat(order).containsExactly(3L, 2L, 4L, 1L);
    }

    /** Else who came later, with as little time left as the other has by now, would be served first. */
    @Test
    void whatWasLeftWhenItWasPosted_passesWhileItWaits() {
        take(block(SEVEN, LIFE, open(1, Urgency.within(Duration.ofSeconds(15)))));
        nanos += Duration.ofSeconds(10).toNanos();
        take(block(EIGHT, LIFE, open(2, Urgency.within(Duration.ofSeconds(10))), open(3, Urgency.PAUSED)));

        assertThat(inbox.unserved(new Moment(nanos)))
                .extracting(Request::urgency)
                .containsExactlyInAnyOrder(
                        Urgency.PAUSED, Urgency.within(Duration.ofSeconds(5)), Urgency.within(Duration.ofSeconds(10)));
        answer(Reply.Status.GRANTED);
        assertThat(inbox.mostUrgent(host -> true).orElseThrow().request().ticket())
                .isEqualTo(new Ticket(1));

        nanos += Duration.ofMinutes(1).toNanos();
        assertThat(inbox.unserved(new Moment(nanos)))
                .extracting(Request::urgency)
                .containsOnly(Urgency.within(Duration.ZERO));
    }

    @Test
    void aHostThatDoesNotEchoTheEpochWaits() {
        OutgoingBlock late =
                new OutgoingBlock(POOL, SEVEN, 0, 1, LIFE, 1, new Epoch(3), "", slots(open(1, Urgency.PAUSED)));

        take(late);
        assertThat(inbox.isOfThisEpoch(late)).isFalse();
        assertThat(inbox.owedCount()).isZero();

        take(block(SEVEN, LIFE, open(1, Urgency.PAUSED)));
        assertThat(inbox.owedCount()).isEqualTo(1);
    }

    @Test
    void anotherLifeOfAHostStartsAnew() {
        take(block(SEVEN, LIFE, open(1, Urgency.UNKNOWN)));
        answer(Reply.Status.GRANTED);

        take(block(SEVEN, LIFE.next(0xbeef), open(1, Urgency.UNKNOWN)));

        assertThat(inbox.owedCount()).as("the same ticket of another life").isEqualTo(1);
        IncomingBlock word = answer(Reply.Status.GRANTED);
        assertThat(word.answers()).isEqualTo(LIFE.next(0xbeef));
    }

    @Test
    void whatTheFormerLifeWroteLateIsIgnored() {
        take(block(SEVEN, LIFE, open(1, Urgency.UNKNOWN)));
        take(block(SEVEN, LIFE.next(0xbeef)));

        take(block(SEVEN, LIFE, open(1, Urgency.UNKNOWN)));

        assertThat(inbox.owedCount()).isZero();
    }

    @Test
    void aLifeThatGoesOnWriting_isHeardAgain_whateverWasTakenForItsSuccessor() {
        take(living(LIFE, 1, open(1, Urgency.UNKNOWN)));
        take(living(new Incarnation(2, 0xaaaa), 40));
        assertThat(inbox.owedCount()).isZero();

        take(living(LIFE, 2, open(1, Urgency.UNKNOWN)));
        take(living(LIFE, 2, open(1, Urgency.UNKNOWN)));
        assertThat(inbox.owedCount()).as("it may be one late write").isZero();

        take(living(LIFE, 3, open(1, Urgency.UNKNOWN)));
        assertThat(inbox.owedCount()).isEqualTo(1);
        take(living(new Incarnation(2, 0xaaaa), 40));
        assertThat(inbox.owedCount()).as("the stale one now is the former").isEqualTo(1);
    }

    private static OutgoingBlock living(Incarnation life, long sequence, Slot... first) {
        return new OutgoingBlock(POOL, SEVEN, 0, 1, life, sequence, EPOCH, "", slots(first));
    }

    @Test
    void aHostThatHadToNumberItsLivesAnewIsHeard() {
        take(block(SEVEN, new Incarnation(9, 0xaaaa)));

        take(block(SEVEN, new Incarnation(1, 0xbbbb), open(1, Urgency.PAUSED)));

        assertThat(inbox.owedCount()).isEqualTo(1);
    }

    @Test
    void aBlockThatIsNoLongerInUseOwesNothing() {
        take(new OutgoingBlock(POOL, SEVEN, 1, 2, LIFE, 1, EPOCH, "", slots(open(1, Urgency.UNKNOWN))));
        assertThat(inbox.owedCount()).isEqualTo(1);

        take(block(SEVEN, LIFE));

        assertThat(inbox.owedCount()).isZero();
    }

    @Test
    void repliesShareABlockWithTheirNeighbours() {
        take(block(SEVEN, LIFE, open(1, Urgency.PAUSED), open(2, Urgency.UNKNOWN)));

        IncomingBlock first = answer(Reply.Status.GRANTED);
        IncomingBlock second = answer(Reply.Status.WAITING);

        assertThat(first.replies().get(0)).isPresent();
        assertThat(second.replies().get(0)).isEqualTo(first.replies().get(0));
        assertThat(second.replies().get(1).orElseThrow().status()).isEqualTo(Reply.Status.WAITING);
        assertThat(second.sequence()).isGreaterThan(first.sequence());
        assertThat(inbox.lastWords()).containsExactly(second);
    }

    @Test
    void aReplyThatDidNotReachTheStorageIsStillOwed() {
        take(block(SEVEN, LIFE, open(1, Urgency.UNKNOWN)));
        Inbox.Standing standing = inbox.mostUrgent(host -> true).orElseThrow();

        inbox.answer(standing, reply(standing, Reply.Status.GRANTED));

        assertThat(inbox.mostUrgent(host -> true)).contains(standing);
        assertThat(inbox.lastWords()).isEmpty();
    }

    @Test
    void whoWaitsIsOwedAgainWhenSpaceMayHaveCome() {
        take(block(SEVEN, LIFE, open(1, Urgency.UNKNOWN), open(2, Urgency.UNKNOWN)));
        answer(Reply.Status.WAITING);
        answer(Reply.Status.GRANTED);
        assertThat(inbox.waiting()).hasSize(1);

        inbox.spaceMayHaveCome();

        Inbox.Standing standing = inbox.mostUrgent(host -> true).orElseThrow();
        assertThat(standing.request().ticket()).isEqualTo(new Ticket(1));
        assertThat(inbox.hasSaid(standing, Reply.Status.WAITING, Bytes.gibi(1))).isTrue();
        assertThat(inbox.hasSaid(standing, Reply.Status.GRANTED, Bytes.gibi(1))).isFalse();
        inbox.stillWaits(standing);
        assertThat(inbox.owedCount()).isZero();
        assertThat(inbox.waiting()).containsExactly(standing);
    }

    @Test
    void whatAHostFinishedIsToldOnce() {
        LastDone done = new LastDone(new Ticket(1), Bytes.gibi(3), LastDone.Steps.NONE);
        Slot finished = new Slot(Optional.of(VOLUME), Optional.empty(), Optional.of(done));
        inbox.expectWordOf(SEVEN, VOLUME, new Ticket(1));

        assertThat(take(block(SEVEN, LIFE, finished))).containsExactly(new PoolEvent.HostFinished(SEVEN, VOLUME, done));
        assertThat(take(block(SEVEN, LIFE, finished))).isEmpty();
    }

    @Test
    void whatWasFinishedBeforeAnybodyExpectedItIsNoNews() {
        LastDone done = new LastDone(new Ticket(1), Bytes.gibi(3), LastDone.Steps.NONE);
        inbox.expectWordOf(SEVEN, VOLUME, new Ticket(2));

        assertThat(take(block(SEVEN, LIFE, new Slot(Optional.of(VOLUME), Optional.empty(), Optional.of(done)))))
                .isEmpty();
    }

    private List<PoolEvent.HostFinished> take(OutgoingBlock block) {
        return inbox.take(block, new Moment(nanos));
    }

    private IncomingBlock answer(Reply.Status status) {
        Inbox.Standing standing = inbox.mostUrgent(host -> true).orElseThrow();
        Reply reply = reply(standing, status);
        IncomingBlock block = inbox.answer(standing, reply);
        inbox.answered(standing, reply, block);
        return block;
    }

    private static Reply reply(Inbox.Standing standing, Reply.Status status) {
        return new Reply(standing.request().ticket(), status, Bytes.gibi(1), EPOCH);
    }

    private static OutgoingBlock block(HostId host, Incarnation life, Slot... slots) {
        return new OutgoingBlock(POOL, host, 0, 1, life, 1, EPOCH, "", slots(slots));
    }

    private static Slot open(long ticket, Urgency urgency) {
        VolumeId volume = new VolumeId("v" + ticket);
        return new Slot(
                Optional.of(volume),
                Optional.of(new Request(
                        new Ticket(ticket), volume, new VmName("vm1"), Bytes.gibi(3), Why.THRESHOLD, urgency)),
                Optional.empty());
    }

    private static List<Slot> slots(Slot... some) {
        List<Slot> slots = new ArrayList<>(Collections.nCopies(Limits.SLOTS_PER_BLOCK, Slot.FREE));
        for (int i = 0; i < some.length; i++) {
            slots.set(i, some[i]);
        }
        return slots;
    }
}
