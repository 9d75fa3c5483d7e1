package io.headroom.store.mailbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.mailbox.OutgoingBlock;
import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.port.SpmMail;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeenBlocksTest {
    private static final PoolId POOL = new PoolId("pool-a");
    private static final SpmMail.Collected NOTHING = new SpmMail.Collected(List.of(), List.of());

    private final RandomRecords records = new RandomRecords(POOL, 1);
    private final SeenBlocks seen = new SeenBlocks(new Identity(POOL, new Layout(8, 4, 16)));
    private final OutgoingBlock first = records.outgoing(new HostId(3), 0, 1);
    private final OutgoingBlock second = records.outgoing(new HostId(3), 0, 2);

    @Test
    void blank_isNoNews() {
        see(blank());

        assertThat(seen.take()).isEqualTo(NOTHING);
    }

    @Test
    void sameBytesTwice_areNewsOnce() {
        see(OutgoingCodec.encode(first));
        assertThat(seen.take().blocks()).containsExactly(first);

        see(OutgoingCodec.encode(first));
        assertThat(seen.take()).isEqualTo(NOTHING);
    }

    @Test
    void changedTwiceBeforeItIsTaken_isNewsAsItIsNow() {
        see(OutgoingCodec.encode(first));
        see(OutgoingCodec.encode(second));

        assertThat(seen.take().blocks()).containsExactly(second);
        assertThat(seen.inUse(3)).isEqualTo(2);
    }

    @Test
    void damage_isToldUntilItIsMended() {
        see(OutgoingCodec.encode(first));
        seen.take();

        see(OutgoingCodec.encode(second).put(300, (byte) 1));
        assertThat(seen.take().damages()).singleElement().satisfies(damage -> {
            assertThat(damage.block()).isEqualTo("outgoing 3/0");
            assertThat(damage.cause()).contains("torn or damaged");
        });
        see(OutgoingCodec.encode(second).put(300, (byte) 1));
        assertThat(seen.take().damages()).hasSize(1);
        see(OutgoingCodec.encode(second).put(300, (byte) 2));
        assertThat(seen.take().damages()).hasSize(1);
        see(OutgoingCodec.encode(second));
        assertThat(seen.take()).isEqualTo(new SpmMail.Collected(List.of(second), List.of()));
    }

    @Test
    void afterDamage_theLastGoodImageIsNoNewsAndAnotherIs() {
        see(OutgoingCodec.encode(first));
        see(OutgoingCodec.encode(second).put(300, (byte) 1));
        seen.take();

        see(OutgoingCodec.encode(first));
        assertThat(seen.take()).isEqualTo(NOTHING);
        see(OutgoingCodec.encode(second));
        assertThat(seen.take().blocks()).containsExactly(second);
    }

    @Test
    void damageThatPassedBeforeItWasTaken_isNoNews() {
        see(OutgoingCodec.encode(first).put(300, (byte) 1));
        see(OutgoingCodec.encode(first));

        assertThat(seen.take()).isEqualTo(new SpmMail.Collected(List.of(first), List.of()));
    }

    @Test
    void theSameDamageAfterAGoodImage_isToldAgain() {
        ByteBuffer torn = OutgoingCodec.encode(second).put(300, (byte) 1);
        see(torn);
        see(OutgoingCodec.encode(first));
        seen.take();

        see(torn);
        assertThat(seen.take().damages()).hasSize(1);
    }

    @Test
    void writtenOnceAndZeroesNow_isDamageAndNotForgotten() {
        see(OutgoingCodec.encode(second));
        seen.take();

        see(blank());
        assertThat(seen.take().damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage.cause()).contains("all zeroes now"));
        assertThat(seen.inUse(3))
                .as("the damage does not tell how many blocks are in use")
                .isEqualTo(2);
    }

    @Test
    void blockThatIsNoLongerInUse_isNoLongerDamaged() {
        seen.see(3, 0, OutgoingCodec.encode(records.outgoing(new HostId(3), 0, 2)));
        seen.miss(3, 1, "Input/output error");
        assertThat(seen.take().damages()).hasSize(1);

        see(OutgoingCodec.encode(first));

        assertThat(seen.take().damages()).isEmpty();
    }

    @Test
    void takenInTheOrderOfHostsAndBlocks() {
        OutgoingBlock host5 = records.outgoing(new HostId(5), 0, 2);
        OutgoingBlock host5more = records.outgoing(new HostId(5), 1, 2);
        seen.see(5, 1, OutgoingCodec.encode(host5more));
        seen.see(5, 0, OutgoingCodec.encode(host5));
        see(OutgoingCodec.encode(first));

        assertThat(seen.take().blocks()).containsExactly(first, host5, host5more);
    }

    private void see(ByteBuffer bytes) {
        seen.see(3, 0, bytes);
    }

    private static ByteBuffer blank() {
        return ByteBuffer.allocate(Frame.SIZE);
    }
}
