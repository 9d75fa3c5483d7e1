package io.headroom.mailbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MailTest {
    private static final PoolId POOL = new PoolId("pool");
    private static final HostId HOST = new HostId(7);
    private static final VolumeId VOLUME = new VolumeId("v1");

    @Test
    void aPausedGuestIsMoreUrgentThanAnUnknownOneAndThatThanOneWithTime() {
        Urgency soon = Urgency.within(Duration.ofSeconds(1));
        Urgency late = Urgency.within(Duration.ofHours(1));

        assertThat(Stream.of(late, Urgency.UNKNOWN, soon, Urgency.PAUSED).sorted())
                .containsExactly(Urgency.PAUSED, Urgency.UNKNOWN, soon, late);
    }

    @Test
    void aSlotHoldsOnlyRequestsOfItsVolume() {
        Request request =
                new Request(new Ticket(1), VOLUME, new VmName("vm"), Bytes.gibi(1), Why.THRESHOLD, Urgency.UNKNOWN);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Slot(Optional.of(new VolumeId("v2")), Optional.of(request), Optional.empty()))
                .withMessageContaining("v2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Slot(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(new LastDone(new Ticket(1), Bytes.ZERO, LastDone.Steps.NONE))));
    }

    @Test
    void aBlockHasItsNumberOfSlotsAndItsPlaceAmongTheBlocksInUse() {
        assertThat(outgoing(0, 1, "", Limits.SLOTS_PER_BLOCK)).isNotNull();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> outgoing(0, 1, "", 3))
                .withMessage("a block has 20 slots, not 3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> outgoing(1, 1, "", Limits.SLOTS_PER_BLOCK))
                .withMessageContaining("block 1 of 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> outgoing(0, 17, "", Limits.SLOTS_PER_BLOCK))
                .withMessageContaining("at most 16");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> outgoing(0, 1, "a".repeat(73), Limits.SLOTS_PER_BLOCK))
                .withMessageContaining("longer than 72");
    }

    @Test
    void anIncomingBlockHasOneReplyForEachSlot() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new IncomingBlock(POOL, HOST, 0, Incarnation.NONE, 1, Epoch.NONE, List.of()))
                .withMessage("a block has 20 replies, not 0");
    }

    @Test
    void aHeaderHasRoomForItsWords() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Header(POOL, Epoch.NONE, 0, HOST, "a".repeat(73), "", 0, LogPosition.START))
                .withMessageContaining("(72)");
    }

    @Test
    void storedCodesNeverChange() {
        assertThat(Stream.of(Why.values()).map(Why::code)).containsExactly(1, 2, 3, 4, 5);
        assertThat(Stream.of(Reply.Status.values()).map(Reply.Status::code)).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(Stream.of(Reply.Status.values()).filter(Reply.Status::isGrant))
                .containsExactly(Reply.Status.GRANTED, Reply.Status.PARTLY);
    }

    private static OutgoingBlock outgoing(int index, int inUse, String address, int slots) {
        return new OutgoingBlock(
                POOL,
                HOST,
                index,
                inUse,
                Incarnation.NONE,
                1,
                Epoch.NONE,
                address,
                Collections.nCopies(slots, Slot.FREE));
    }
}
