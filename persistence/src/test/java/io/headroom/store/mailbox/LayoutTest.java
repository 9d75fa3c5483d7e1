package io.headroom.store.mailbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.port.PoolLog;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LayoutTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyBlock_isUsedOnceAndNoneIsOutside(long seed) {
        Random random = new Random(seed);
        Layout layout = new Layout(1 + random.nextInt(Limits.HOSTS), 4 + random.nextInt(7), 16 + random.nextInt(250));
        BitSet used = new BitSet();

        take(used, Layout.IDENTITY);
        take(used, Layout.HEADER);
        take(used, Layout.BELL);
        for (int host = 1; host <= layout.hosts(); host++) {
            for (int index = 0; index < Limits.BLOCKS_PER_HOST; index++) {
                take(used, layout.outgoing(new HostId(host), index));
                take(used, layout.incoming(new HostId(host), index));
            }
        }
        for (int segment = 0; segment < layout.segments(); segment++) {
            for (int slot = 0; slot < layout.places(); slot++) {
                PoolLog.Place place = new PoolLog.Place(segment, slot);
                take(used, layout.log(place));
                assertThat(layout.placeAt(layout.log(place))).isEqualTo(place);
            }
        }

        assertThat(used.nextClearBit(0)).isEqualTo((int) layout.blocks());
        assertThat(used.length()).isEqualTo((int) layout.blocks());
    }

    private static void take(BitSet used, long block) {
        assertThat(used.get((int) block)).as("block %d", block).isFalse();
        used.set((int) block);
    }

    @Test
    void firstBlocksOfAllHosts_areOneRange() {
        Layout layout = new Layout(2_000, 4, 1_024);

        assertThat(layout.outgoing(new HostId(1), 0)).isEqualTo(3);
        assertThat(layout.outgoing(new HostId(2_000), 0)).isEqualTo(2_002);
        assertThat(layout.incoming(new HostId(1), 0)).isEqualTo(2_003);
        assertThat(layout.incoming(new HostId(2_000), 0)).isEqualTo(4_002);
    }

    @Test
    void furtherBlocksOfAHost_areOneRange() {
        Layout layout = new Layout(8, 4, 16);

        assertThat(layout.outgoing(new HostId(3), 15) - layout.outgoing(new HostId(3), 1))
                .isEqualTo(14);
        assertThat(layout.outgoing(new HostId(4), 1)).isEqualTo(layout.outgoing(new HostId(3), 15) + 1);
    }

    @Test
    void size_countsEverything() {
        assertThat(new Layout(8, 4, 16).size()).isEqualTo(Bytes.of((3 + 8 * 16 * 2 + 4 * 16) * 4096L));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 4, 64, 0 hosts",
        "2001, 4, 64, 2001 hosts",
        "8, 3, 64, 3 segments",
        "8, 65, 64, 65 segments",
        "8, 4, 15, 15 places",
        "8, 4, 4097, 4097 places"
    })
    void nonsense_isRefusedByName(int hosts, int segments, int places, String named) {
        assertThatThrownBy(() -> new Layout(hosts, segments, places))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(named)
                .hasMessageContaining("allowed are");
    }

    @Test
    void whatIsNotInTheLayout_isRefused() {
        Layout layout = new Layout(8, 4, 16);

        assertThatThrownBy(() -> layout.outgoing(new HostId(9), 0)).hasMessageContaining("made for the ids 1 to 8");
        assertThatThrownBy(() -> layout.incoming(new HostId(1), 16)).hasMessageContaining("no block 16");
        assertThatThrownBy(() -> layout.log(new PoolLog.Place(4, 0))).hasMessageContaining("4 segments of 16");
        assertThatThrownBy(() -> layout.log(new PoolLog.Place(0, 16))).hasMessageContaining("4 segments of 16");
    }
}
