package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.mailbox.Urgency;
import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import io.headroom.spm.Distribution.Claim;
import io.headroom.spm.Distribution.Share;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class DistributionTest {
    private static final int SEEDS = 3_000;
    private static final Bytes EXTENT = Bytes.mebi(4);

    // Examples.

    @Test
    void enoughForAll_eachGetsWhatItWants() {
        List<Share> shares = Distribution.of(Bytes.gibi(10), EXTENT, List.of(running("a", 100, 60), paused("b", 50)));

        assertThat(shares).allMatch(Share::isAll);
        assertThat(volumes(shares)).containsExactly("b", "a");
    }

    @Test
    void tooLittleForAll_whoWantsLittleGetsIt_andTheRestIsSharedEvenly() {
        List<Share> shares =
                Distribution.of(extents(21), EXTENT, List.of(paused("a", 100), paused("b", 100), paused("c", 1)));

        assertThat(extents(shares)).containsExactly(10L, 10L, 1L);
    }

    @Test
    void whatCannotBeHalvedGoesToTheMoreUrgent() {
        List<Share> shares = Distribution.of(
                extents(5), EXTENT, List.of(running("later", 9, 60), running("sooner", 9, 6), paused("paused", 9)));

        assertThat(volumes(shares)).containsExactly("paused", "sooner", "later");
        assertThat(extents(shares)).containsExactly(2L, 2L, 1L);
    }

    @Test
    void lessThanOneForEach_thePausedGoOnFirst_thenWhoseTimeIsUnknown_thenByTheTimeLeft() {
        List<Claim> claims = List.of(
                running("ten", 9, 10),
                running("five", 9, 5),
                new Claim(new VolumeId("unknown"), extents(1), extents(10), Urgency.UNKNOWN),
                paused("y", 9),
                paused("x", 9));

        List<Share> shares = Distribution.of(extents(4), EXTENT, claims);

        assertThat(volumes(shares)).containsExactly("x", "y", "unknown", "five", "ten");
        assertThat(extents(shares)).containsExactly(1L, 1L, 1L, 1L, 0L);
        assertThat(shares.get(4).isNothing()).isTrue();
    }

    @Test
    void aVolumeThatTwoHostsAskFor_isOne() {
        List<Share> shares = Distribution.of(extents(100), EXTENT, List.of(running("a", 5, 60), paused("a", 8)));

        assertThat(shares).singleElement().satisfies(share -> {
            assertThat(share.claim().urgency()).isEqualTo(Urgency.PAUSED);
            assertThat(extents(shares)).containsExactly(8L);
        });
    }

    @Test
    void aShareIsExplainedInOneLine() {
        List<Share> shares = Distribution.of(extents(3), EXTENT, List.of(paused("a", 8), running("b", 1, 7)));

        assertThat(shares.get(0)).hasToString("volume a, paused, gets 8 MiB of the 32 MiB that it wants; 2 want space");
        assertThat(shares.get(1)).hasToString("volume b, 7 s left, gets 4 MiB, all that it wants; 2 want space");
    }

    @Test
    void nobodyWantsAnything() {
        assertThat(Distribution.of(extents(3), EXTENT, List.of())).isEmpty();
        assertThat(Distribution.of(extents(3), EXTENT, List.of(paused("a", 0))))
                .singleElement()
                .matches(Share::isNothing);
    }

    // Whatever is asked for.

    @Test
    void neverMoreThanIsFree_neverMoreThanIsWanted_inWholeExtents() {
        forAnySituation(of -> {
            Bytes given = Bytes.ZERO;
            for (Share share : of.shares) {
                Bytes more = share.to().minus(share.claim().size());
                given = given.plus(more);
                assertThat(more.roundedDownTo(of.extent)).isEqualTo(more);
                Bytes wants = share.claim().wanted().minusOrZero(share.claim().size());
                assertThat(wants.roundedUpTo(of.extent)).isGreaterThanOrEqualTo(more);
            }
            assertThat(of.free).isGreaterThanOrEqualTo(given);
        });
    }

    @Test
    void eachVolumeOnce() {
        forAnySituation(of -> assertThat(volumes(of.shares))
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(of.claims.stream()
                        .map(claim -> claim.volume().value())
                        .distinct()
                        .toList()));
    }

    @Test
    void whoCameFirstDoesNotMatter() {
        forAnySituation(of -> {
            List<Claim> shuffled = new ArrayList<>(of.claims);
            Collections.shuffle(shuffled, of.random);
            assertThat(Distribution.of(of.free, of.extent, shuffled)).isEqualTo(of.shares);
        });
    }

    @Test
    void nobodyGetsMoreThanAnotherWhoWantsMore_butForOneExtentOfTheMoreUrgent() {
        forAnySituation(of -> {
            for (int one = 0; one < of.shares.size(); one++) {
                for (int other = 0; other < of.shares.size(); other++) {
                    long more = one < other ? 1 : 0;
                    if (!of.shares.get(other).isAll()) {
                        assertThat(of.given(one))
                                .as("%s beside %s", of.shares.get(one), of.shares.get(other))
                                .isLessThanOrEqualTo(of.given(other) + more);
                    }
                }
            }
        });
    }

    @Test
    void nothingIsKeptBackWhileSomebodyWantsIt() {
        forAnySituation(of -> {
            long given = 0;
            for (int i = 0; i < of.shares.size(); i++) {
                given += of.given(i);
            }
            if (!of.shares.stream().allMatch(Share::isAll)) {
                assertThat(given).isEqualTo(of.free.value() / of.extent.value());
            }
        });
    }

    @Test
    void thePausedAreServedFirst_thenByTheTimeLeft() {
        forAnySituation(of -> {
            List<Urgency> urgencies =
                    of.shares.stream().map(share -> share.claim().urgency()).toList();
            assertThat(urgencies).isSorted();
        });
    }

    /** This is why the SPM need not remember a distribution while it serves it, and why a failover changes nothing. */
    @Test
    void sharingOutTheRestAnewAfterTheFirstWasServed_comesToTheSame() {
        forAnySituation(of -> {
            Bytes free = of.free;
            List<Claim> rest = new ArrayList<>(of.claims);
            List<Share> served = new ArrayList<>();
            while (!rest.isEmpty()) {
                Share first = Distribution.of(free, of.extent, rest).get(0);
                served.add(first);
                rest.removeIf(claim -> claim.volume().equals(first.claim().volume()));
                free = free.minus(first.to().minus(first.claim().size()));
            }
            assertThat(served.stream().map(Share::to))
                    .isEqualTo(of.shares.stream().map(Share::to).toList());
        });
    }

    @Test
    void moreSpaceLeavesNobodyWithLess() {
        forAnySituation(of -> {
            List<Share> more = Distribution.of(of.free.plus(of.extent), of.extent, of.claims);
            for (int i = 0; i < more.size(); i++) {
                assertThat(more.get(i).to())
                        .isGreaterThanOrEqualTo(of.shares.get(i).to());
            }
        });
    }

    private static final class Situation {
        private final Random random;
        private final Bytes extent;
        private final Bytes free;
        private final List<Claim> claims = new ArrayList<>();
        private final List<Share> shares;

        private Situation(long seed) {
            random = new Random(seed);
            extent = Bytes.mebi(1L << random.nextInt(8));
            int count = random.nextInt(12);
            long wanted = 1 + random.nextInt(40);
            for (int i = 0; i < count; i++) {
                // Some volumes have several claims: two hosts have them during a migration.
                VolumeId volume = new VolumeId("v" + random.nextInt(count + 3));
                Bytes size = extent.times(volume.value().hashCode() % 50);
                Bytes more = Bytes.of(random.nextLong(extent.value() * wanted));
                claims.add(new Claim(volume, size, size.plus(more), urgency()));
            }
            free = Bytes.of(random.nextLong(1 + extent.value() * wanted * (1 + random.nextInt(12))));
            shares = Distribution.of(free, extent, claims);
        }

        private Urgency urgency() {
            switch (random.nextInt(4)) {
                case 0:
                    return Urgency.PAUSED;
                case 1:
                    return Urgency.UNKNOWN;
                default:
                    return Urgency.within(Duration.ofSeconds(random.nextInt(5)));
            }
        }

        private long given(int share) {
            Share of = shares.get(share);
            return of.to().minus(of.claim().size()).value() / extent.value();
        }
    }

    private static void forAnySituation(Consumer<Situation> holds) {
        for (long seed = 0; seed < SEEDS; seed++) {
            Situation situation = new Situation(seed);
            try {
                holds.accept(situation);
            } catch (AssertionError broken) {
                throw new AssertionError(
                        "seed " + seed + ": " + situation.free + " free in extents of " + situation.extent + ": "
                                + situation.shares,
                        broken);
            }
        }
    }

    private static Claim paused(String volume, long extents) {
        return new Claim(new VolumeId(volume), extents(10), extents(10 + extents), Urgency.PAUSED);
    }

    private static Claim running(String volume, long extents, long secondsLeft) {
        return new Claim(
                new VolumeId(volume),
                extents(10),
                extents(10 + extents),
                Urgency.within(Duration.ofSeconds(secondsLeft)));
    }

    private static Bytes extents(long count) {
        return EXTENT.times(count);
    }

    private static List<Long> extents(List<Share> shares) {
        return shares.stream()
                .map(share -> share.to().minus(share.claim().size()).value() / EXTENT.value())
                .toList();
    }

    private static List<String> volumes(List<Share> shares) {
        return shares.stream().map(share -> share.claim().volume().value()).toList();
    }
}
