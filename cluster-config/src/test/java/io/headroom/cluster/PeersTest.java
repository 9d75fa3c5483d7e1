package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.mailbox.Header;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.model.Moment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PeersTest {
    private static final Duration RHYTHM = Duration.ofSeconds(20);
    private static final Duration SILENT_AFTER = RHYTHM.plusSeconds(10);

    private final Peers peers = new Peers(RHYTHM);

    @Test
    void reachable_ordersSpmThenLivingThenUnwatched_andDropsTheSilent() {
        look(0, header(1), Blocks.of(1, 1, "dead:1"), Blocks.of(2, 1, "living:1"), Blocks.of(9, 1, "spm:1"));
        look(29, header(2), Blocks.of(2, 2, "living:1"), Blocks.of(3, 1, "new:1"));

        assertThat(peers.reachable(at(29))).containsExactly("spm:1", "living:1", "dead:1", "new:1");
        assertThat(peers.reachable(at(31))).containsExactly("spm:1", "living:1", "new:1");
    }

    @Test
    void firstSight_isNoSignOfLife() {
        look(0, header(1), Blocks.of(2, 1, "b:1"));

        assertThat(peers.all(at(1))).singleElement().satisfies(peer -> {
            assertThat(peer.alive()).isFalse();
            assertThat(peer.silent()).isEqualTo(Duration.ofSeconds(1));
        });
        assertThat(peers.beatingSpm(at(1), SILENT_AFTER)).isEmpty();
    }

    @Test
    void changedSequence_isASignOfLife() {
        look(0, header(1), Blocks.of(2, 1, "b:1"));
        look(5, header(2), Blocks.of(2, 2, "b:1"));

        assertThat(peers.all(at(6)))
                .singleElement()
                .satisfies(peer -> assertThat(peer.alive()).isTrue());
        assertThat(peers.beatingSpm(at(6), SILENT_AFTER)).contains("spm:1");
    }

    @Test
    void formerIncarnation_changesNothing() {
        look(0, Optional.empty(), Blocks.of(2, 5, 1, "new:1"));
        look(1, Optional.empty(), Blocks.of(2, 4, 900, "old:1"));

        assertThat(peers.all(at(2))).singleElement().satisfies(peer -> {
            assertThat(peer.address()).isEqualTo("new:1");
            assertThat(peer.alive()).isFalse();
        });
    }

    @Test
    void hostWithoutAddress_isKnownButNotReachable() {
        look(0, Optional.empty(), Blocks.of(2, 1, ""));

        assertThat(peers.reachable(at(0))).isEmpty();
        assertThat(peers.all(at(0))).hasSize(1);
    }

    @Test
    void manyHosts_areScannedSeldom_andGivenMoreTime() {
        OutgoingBlock[] blocks = IntStream.rangeClosed(1, 100)
                .mapToObj(host -> Blocks.of(host, 1, "h" + host + ":1"))
                .toArray(OutgoingBlock[]::new);
        assertThat(peers.scanEvery()).isEqualTo(Duration.ofSeconds(10));
        look(0, Optional.empty(), blocks);

        assertThat(peers.scanEvery()).isEqualTo(Duration.ofSeconds(50));
        assertThat(peers.reachable(at(69))).hasSize(100);
        assertThat(peers.reachable(at(70))).isEmpty();
    }

    private void look(int second, Optional<Header> header, OutgoingBlock... changed) {
        peers.looked(at(second), header, List.of(changed));
    }

    private static Optional<Header> header(long beat) {
        return Optional.of(Blocks.header(1, beat, 9, "spm:1"));
    }

    private static Moment at(int second) {
        return new Moment(Duration.ofSeconds(second).toNanos());
    }
}
