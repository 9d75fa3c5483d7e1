package io.headroom.mailbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.fake.FakeBlocks;
import io.headroom.ledger.PoolEvent;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import io.headroom.spm.Spm;
import io.headroom.store.mailbox.Identity;
import io.headroom.store.mailbox.MailboxArea;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Known defects of polled block mailboxes, where host and manager exchange fixed slots of shared blocks: each test
 * shows one that ours does not have.
 */
class PolledMailboxDefectsTest {
    private static final Duration A_WHILE = Duration.ofSeconds(5);

    private final MailRoom room = new MailRoom(8, Bytes.gibi(1000));

    // Who is served.

    @Test
    void theHighestHostIdOfThePoolIsServed() {
        MailRoom large = new MailRoom(250, Bytes.gibi(1000));
        large.volume("v1", Bytes.gibi(1));
        large.live(A_WHILE);
        MailRoom.Host last = large.starts(250);

        last.wants("v1", Bytes.gibi(4));
        large.live(A_WHILE);

        assertThat(last.replies("v1")).extracting(Reply::status).containsExactly(Reply.Status.GRANTED);
    }

    @Test
    void everyDiskOfAHostCanWaitAtTheSameTime() {
        for (int i = 0; i < Limits.DISKS_PER_HOST; i++) {
            room.volume("v" + i, Bytes.gibi(1));
        }
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);

        for (int i = 0; i < Limits.DISKS_PER_HOST; i++) {
            host.wants("v" + i, Bytes.gibi(2));
        }
        assertThat(host.openSlots()).isEqualTo(320);
        room.live(A_WHILE);

        for (int i = 0; i < Limits.DISKS_PER_HOST; i++) {
            assertThat(host.replies("v" + i)).as("v%d", i).hasSize(1);
        }
    }

    @Test
    void whoIsInNeedIsServedFirst_howeverManyCameBefore() {
        for (int i = 0; i < 100; i++) {
            room.volume("v" + i, Bytes.gibi(1));
        }
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        for (int i = 0; i < 99; i++) {
            host.wants("v" + i, Bytes.gibi(2));
        }
        host.wants("v99", Bytes.gibi(2), Urgency.PAUSED);
        room.spmDid(Spm.Change.class);

        room.live(A_WHILE);

        assertThat(room.spmDid(Spm.Change.class).get(0).to())
                .isEqualTo(new Tenure.Change.Extend(new VolumeId("v99"), Bytes.gibi(2)));
    }

    @Test
    void theRequestOfADeadHostIsNotServedByTheNextSpm() {
        room.volume("v1", Bytes.gibi(1));
        MailRoom.Host host = room.starts(7);
        host.wants("v1", Bytes.gibi(4));
        room.dies(7);

        room.live(A_WHILE);
        room.newSpm();
        room.live(A_WHILE);

        assertThat(room.size("v1")).isEqualTo(Bytes.gibi(1));
    }

    @Test
    void theRequestOfALivingHostIsServedByTheNextSpm() {
        room.volume("v1", Bytes.gibi(1));
        MailRoom.Host host = room.starts(7);
        host.wants("v1", Bytes.gibi(4));

        room.live(A_WHILE);
        room.newSpm();
        room.live(A_WHILE);

        assertThat(host.replies("v1").get(0).size()).isEqualTo(Bytes.gibi(4));
    }

    // Replies.

    @Test
    void aReplyLeftFromAnEarlierLifeOfTheHostDoesNotHideTheNextOne() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        room.starts(7).wants("v1", Bytes.gibi(4));
        room.live(A_WHILE);

        MailRoom.Host next = room.starts(7);
        assertThat(next.replies("v1")).as("that reply is not for this life").isEmpty();
        next.wants("v1", Bytes.gibi(4));
        room.live(A_WHILE);

        assertThat(next.replies("v1")).extracting(Reply::status).containsExactly(Reply.Status.GRANTED);
    }

    @Test
    void whoeverAsksTheSameAgainHearsTheReplyToo() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        host.wants("v1", Bytes.gibi(4));
        room.live(A_WHILE);

        host.wants("v1", Bytes.gibi(4));

        assertThat(host.replies("v1"))
                .hasSize(2)
                .containsOnly(host.replies("v1").get(0));
        assertThat(room.spmDid(Spm.Change.class)).as("nothing is done twice").hasSize(1);
    }

    @Test
    void aFailureIsNoSuccessAndItsReasonIsKept() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);

        host.wants("v1", Bytes.gibi(501));
        host.wants("v9", Bytes.gibi(2));
        room.live(A_WHILE);

        assertThat(host.replies("v1")).extracting(Reply::status).containsExactly(Reply.Status.OVER_LIMIT);
        assertThat(host.replies("v9")).extracting(Reply::status).containsExactly(Reply.Status.UNKNOWN_VOLUME);
        assertThat(host.replies("v1").get(0).status().isGrant()).isFalse();
        assertThat(room.history().stream()
                        .filter(PoolEvent.RequestHeld.class::isInstance)
                        .map(event -> ((PoolEvent.RequestHeld) event).cause()))
                .containsExactlyInAnyOrder(
                        "volume disk-v1 may have at most 500 GiB, not 501 GiB", "the pool has no volume v9");
    }

    @Test
    void aFormerSpmsReplyIsNotBelieved() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        room.newSpm();
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        room.live(A_WHILE);
        MailRoom.done(room.area
                .spmMail()
                .answer(room.forged(
                        7,
                        new Incarnation(1, 0),
                        new Epoch(1),
                        new Reply(new Ticket(1), Reply.Status.GRANTED, Bytes.gibi(400), new Epoch(1)))));

        host.wants("v1", Bytes.gibi(4));
        room.live(A_WHILE);

        assertThat(host.replies("v1")).extracting(Reply::epoch).containsExactly(new Epoch(2));
    }

    @Test
    void aReplyThatSomebodyWroteOverIsWrittenAgain() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        host.wants("v1", Bytes.gibi(4));
        room.live(A_WHILE);
        byte[] ours = room.incoming(7);

        room.incoming(7, new byte[ours.length]);
        room.live(A_WHILE);

        assertThat(room.incoming(7)).isEqualTo(ours);
    }

    // Storage that fails.

    @Test
    void aHostsWriteThatFailedIsRepeatedByItself() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        room.storage.failWrites("no path");
        host.wants("v1", Bytes.gibi(4));
        room.live(A_WHILE);
        assertThat(room.size("v1")).isEqualTo(Bytes.gibi(1));

        room.storage.work();
        room.live(A_WHILE);

        assertThat(host.replies("v1")).extracting(Reply::status).containsExactly(Reply.Status.GRANTED);
    }

    @Test
    void aBadSectorUnderOneHostsRequestsConcernsThatHostAlone() {
        room.volume("v1", Bytes.gibi(1));
        room.volume("v2", Bytes.gibi(1));
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        MailRoom.Host neighbour = room.starts(8);
        room.live(A_WHILE);
        host.wants("v1", Bytes.gibi(4));
        neighbour.wants("v2", Bytes.gibi(4));
        room.spoilOutgoing(7);
        room.live(MailRoom.SCAN);

        assertThat(neighbour.replies("v2")).extracting(Reply::status).containsExactly(Reply.Status.GRANTED);
        assertThat(room.size("v1")).isEqualTo(Bytes.gibi(1));
        assertThat(room.spmProblems())
                .singleElement()
                .asString()
                .contains("outgoing 7/0", "the mail of host 7 cannot be read", "Input/output error");

        // The host's next sign of life writes the block, and a disk gives such a sector a new place.
        room.live(Duration.ofSeconds(60));
        assertThat(host.replies("v1")).extracting(Reply::status).containsExactly(Reply.Status.GRANTED);
        assertThat(room.spmProblems()).isEmpty();
    }

    @Test
    void aBadSectorUnderTheBellCostsTimeAndNothingElse() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        room.live(A_WHILE);
        room.spoilBell();
        host.wants("v1", Bytes.gibi(4));
        room.spoilBell();
        room.live(MailRoom.SCAN.multipliedBy(2));

        assertThat(host.replies("v1")).extracting(Reply::status).containsExactly(Reply.Status.GRANTED);
        assertThat(room.spmProblems()).singleElement().asString().contains("the bell block cannot be read");
    }

    @Test
    void anSpmsReplyThatFailedIsRepeatedByItself() {
        room.volume("v1", Bytes.gibi(4));
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        host.wants("v1", Bytes.gibi(4));
        room.storage.failWrites("no path");
        room.live(A_WHILE);
        assertThat(host.replies("v1")).isEmpty();

        room.storage.work();
        room.live(A_WHILE);

        assertThat(host.replies("v1")).extracting(Reply::status).containsExactly(Reply.Status.GRANTED);
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 2048, 3584})
    void aTornRequestIsNotBelieved_andReadAgain(int torn) {
        MailRoom.Host host = withAllSlotsButOneAnswered();
        byte[] before = room.outgoing(7);
        host.wants("v19", Bytes.gibi(4));
        byte[] after = room.outgoing(7);
        room.spmDid(Spm.Step.class);

        room.outgoing(7, half(after, before, torn));
        room.live(MailRoom.SCAN);
        assertThat(room.spmNotes()).anyMatch(note -> note.startsWith("outgoing 7/0 cannot be believed: torn"));
        assertThat(room.spmDid(Spm.Change.class)).isEmpty();

        room.outgoing(7, after);
        room.live(MailRoom.SCAN);
        assertThat(room.size("v19")).isEqualTo(Bytes.gibi(4));
    }

    @Test
    void aTornReplyIsNotBelieved_andMended() {
        MailRoom.Host host = withAllSlotsButOneAnswered();
        byte[] before = room.incoming(7);
        host.wants("v19", Bytes.gibi(4));
        room.dies(7);
        room.live(MailRoom.SCAN);
        byte[] after = room.incoming(7);

        room.incoming(7, half(after, before, 512));
        assertThat(MailRoom.done(room.area.hostMail(new HostId(7)).read(1)).damages())
                .extracting(Damage::cause)
                .containsExactly("torn or damaged: the checksum does not fit the bytes");
        room.live(A_WHILE);

        assertThat(room.incoming(7)).as("the SPM's last word stands again").isEqualTo(after);
    }

    /** Only the last slot of the block changes afterwards: far from the block's beginning, which tells of the change. */
    private MailRoom.Host withAllSlotsButOneAnswered() {
        for (int i = 0; i < Limits.SLOTS_PER_BLOCK; i++) {
            room.volume("v" + i, Bytes.gibi(1));
        }
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        for (int i = 0; i < Limits.SLOTS_PER_BLOCK - 1; i++) {
            host.wants("v" + i, Bytes.gibi(2));
        }
        room.live(A_WHILE);
        return host;
    }

    @Test
    void aBlockThatIsReadBadlyOnceRepeatsNothing() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        host.wants("v1", Bytes.gibi(4));
        room.live(A_WHILE);
        byte[] good = room.outgoing(7);
        room.spmDid(Spm.Step.class);

        byte[] bad = good.clone();
        bad[1000] ^= 1;
        room.outgoing(7, bad);
        room.live(MailRoom.SCAN);
        assertThat(room.spmNotes()).anyMatch(note -> note.startsWith("outgoing 7/0 cannot be believed"));
        room.outgoing(7, good);
        room.live(A_WHILE);

        List<Spm.Step> steps = room.spmDid(Spm.Step.class);
        assertThat(steps).noneMatch(Spm.Change.class::isInstance).noneMatch(Spm.Answer.class::isInstance);
        assertThat(host.replies("v1")).hasSize(1);
    }

    @Test
    void aRequestThatCannotBeReadDoesNotKeepItsSlot() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        host.wants("v1", Bytes.gibi(4));
        byte[] nonsense = room.outgoing(7);
        Arrays.fill(nonsense, 100, 300, (byte) 0xff);
        room.outgoing(7, nonsense);
        room.live(Duration.ofSeconds(3));
        assertThat(room.size("v1")).isEqualTo(Bytes.gibi(1));

        room.live(Duration.ofSeconds(10));

        assertThat(host.replies("v1"))
                .as("the host writes its block again as its sign of life")
                .extracting(Reply::status)
                .containsExactly(Reply.Status.GRANTED);
        host.takes("v1", Bytes.gibi(4));
        assertThat(host.openSlots()).isZero();
    }

    // Identity.

    @Test
    void theBlockOfAnotherHostIsRecognisedWhereItDoesNotBelong() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        host.wants("v1", Bytes.gibi(4));
        byte[] ofSeven = room.outgoing(7);
        room.dies(7);
        room.outgoing(7, new byte[ofSeven.length]);

        room.outgoing(5, ofSeven);
        room.live(A_WHILE);

        assertThat(room.spmNotes()).anyMatch(note -> note.startsWith("outgoing 5/0 cannot be believed"));
        assertThat(room.size("v1")).isEqualTo(Bytes.gibi(1));
    }

    @Test
    void theBlockOfAnotherPoolIsRecognised() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        FakeBlocks elsewhere = new FakeBlocks(room.area.identity().layout().blocks());
        MailboxArea other = MailRoom.done(MailboxArea.create(
                elsewhere,
                new Identity(new PoolId("other"), room.area.identity().layout())));
        OutgoingBlock block = new OutgoingBlock(
                new PoolId("other"),
                new HostId(7),
                0,
                1,
                new Incarnation(1, 1),
                1,
                new Epoch(1),
                "",
                Collections.nCopies(Limits.SLOTS_PER_BLOCK, Slot.FREE));
        MailRoom.done(other.hostMail(new HostId(7)).post(block));
        byte[] foreign = new byte[4096];
        MailRoom.done(elsewhere.read(3 + 6, 1)).get(foreign);

        room.outgoing(7, foreign);
        room.live(A_WHILE);

        assertThat(room.spmNotes())
                .anyMatch(note -> note.startsWith("outgoing 7/0 cannot be believed") && note.contains("other"));
    }

    @Test
    void aRequestOfAnEarlierLifeOfTheHostIsNotTakenForOneOfThisLife() {
        room.volume("v1", Bytes.gibi(1));
        room.volume("v2", Bytes.gibi(1));
        room.live(A_WHILE);
        MailRoom.Host first = room.starts(7);
        first.wants("v1", Bytes.gibi(4));
        room.live(A_WHILE);
        byte[] late = room.outgoing(7);
        MailRoom.Host second = room.starts(7);
        second.wants("v2", Bytes.gibi(4));
        room.live(A_WHILE);

        room.outgoing(7, late);
        room.live(MailRoom.SCAN);
        room.live(Duration.ofSeconds(10));

        assertThat(room.spmDid(Spm.Change.class)).hasSize(2);
        assertThat(second.replies("v2")).hasSize(1);
    }

    // What standing still costs.

    @Test
    void anIdleMailboxCostsNoWritesButSignsOfLife() {
        room.volume("v1", Bytes.gibi(1));
        room.live(A_WHILE);
        MailRoom.Host host = room.starts(7);
        host.wants("v1", Bytes.gibi(4));
        room.live(A_WHILE);
        host.takes("v1", Bytes.gibi(4));
        room.live(A_WHILE);
        room.dies(7);
        room.spmDid(Spm.Step.class);

        room.live(Duration.ofMinutes(1));

        List<Spm.Step> steps = room.spmDid(Spm.Step.class);
        assertThat(steps).noneMatch(Spm.Answer.class::isInstance).noneMatch(Spm.Append.class::isInstance);
        assertThat(steps.stream().filter(Spm.WriteHeader.class::isInstance)).hasSizeBetween(50, 61);
    }

    @Test
    void whoWaitsForSpaceIsToldOnceAndCausesNoWork() {
        MailRoom full = new MailRoom(8, Bytes.ZERO);
        full.volume("v1", Bytes.gibi(1));
        full.live(A_WHILE);
        MailRoom.Host host = full.starts(7);
        host.wants("v1", Bytes.gibi(4));
        full.live(A_WHILE);
        assertThat(host.replies("v1")).extracting(Reply::status).containsExactly(Reply.Status.WAITING);
        full.spmDid(Spm.Step.class);

        full.live(Duration.ofMinutes(1));

        List<Spm.Step> steps = full.spmDid(Spm.Step.class);
        assertThat(steps).noneMatch(Spm.Answer.class::isInstance).noneMatch(Spm.Append.class::isInstance);
        assertThat(steps.stream().filter(Spm.Inspect.class::isInstance)).hasSizeLessThanOrEqualTo(7);
        assertThat(host.replies("v1")).hasSize(1);
    }

    @Test
    void aPoolThatIsNearlyFullGivesWhatItHas() {
        MailRoom nearlyFull = new MailRoom(8, Bytes.gibi(2));
        nearlyFull.volume("v1", Bytes.gibi(1));
        nearlyFull.live(A_WHILE);
        MailRoom.Host host = nearlyFull.starts(7);

        host.wants("v1", Bytes.gibi(5));
        nearlyFull.live(A_WHILE);

        assertThat(host.replies("v1")).extracting(Reply::status).containsExactly(Reply.Status.PARTLY);
        assertThat(host.replies("v1").get(0).size()).isEqualTo(Bytes.gibi(3));
    }

    /** The first {@code length} bytes of one block, and the rest of another. */
    private static byte[] half(byte[] first, byte[] second, int length) {
        byte[] both = second.clone();
        System.arraycopy(first, 0, both, 0, length);
        return both;
    }
}
