package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.cluster.Formation.Order;
import io.headroom.cluster.Formation.Sight;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.model.Moment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FormationTest {
    private static final Duration FORM_AFTER = Duration.ofSeconds(5);
    private static final Moment START = new Moment(Long.MAX_VALUE - 1_000_000_000L); // the clock may wrap

    private final Peers peers = new Peers(Duration.ofSeconds(30));
    private final Formation formation = new Formation("a:1", List.of("seed:1"), FORM_AFTER, START);

    @Test
    void seedsAndKnownPeers_areAskedAtOnce_withoutOneself() {
        look(0, Optional.empty(), Blocks.of(1, 1, "a:1"), Blocks.of(2, 1, "b:1"));

        assertThat(alone(0)).isEqualTo(new Order.Join(List.of("b:1", "seed:1")));
    }

    @Test
    void sameContacts_areNotAskedAgainBeforeTheRetry() {
        look(0, Optional.empty(), Blocks.of(2, 1, "b:1"));
        alone(0);

        assertThat(alone(1)).isEqualTo(new Order.Wait());
        assertThat(alone(2)).isEqualTo(new Order.Join(List.of("b:1", "seed:1")));
    }

    @Test
    void newContact_isAskedAtOnce() {
        look(0, Optional.empty());
        alone(0);
        look(1, Optional.empty(), Blocks.of(2, 1, "b:1"));

        assertThat(alone(1)).isEqualTo(new Order.Join(List.of("b:1", "seed:1")));
    }

    @Test
    void nobodyKnown_waits() {
        Formation lonely = new Formation("a:1", List.of(), FORM_AFTER, START);
        look(0, Optional.empty());

        assertThat(lonely.next(new Sight(at(0), false, Set.of(), peers))).isEqualTo(new Order.Wait());
    }

    @Test
    void silence_takesTheLeaseThenFormsOnce() {
        look(0, Optional.empty());
        alone(0);

        assertThat(alone(5)).isEqualTo(new Order.TakeLease());
        assertThat(alone(6)).isEqualTo(new Order.Wait());
        formation.leaseAnswered(true);
        assertThat(alone(7)).isEqualTo(new Order.Form());
        assertThat(alone(8)).isEqualTo(new Order.Wait());
        assertThat(alone(60)).isEqualTo(new Order.Wait());
    }

    @Test
    void busyLease_isTriedAgainAfterTheRetry_neverForms() {
        look(0, Optional.empty());
        alone(0);
        assertThat(alone(5)).isEqualTo(new Order.TakeLease());
        formation.leaseAnswered(false);

        assertThat(alone(6)).as("meanwhile others are asked").isInstanceOf(Order.Join.class);
        assertThat(alone(7)).isEqualTo(new Order.TakeLease());
    }

    @Test
    void storageNeverSeen_doesNotTakeTheLease() {
        assertThat(alone(0)).isInstanceOf(Order.Join.class);
        assertThat(alone(9)).isInstanceOf(Order.Join.class);
    }

    @Test
    void beatingSpm_keepsTrying_untilItIsSilent() {
        for (int second = 0; second <= 20; second++) {
            look(second, header(second));
            assertThat(alone(second)).isNotInstanceOfAny(Order.TakeLease.class, Order.Form.class);
        }
        look(24, header(20));
        assertThat(alone(24)).isNotInstanceOf(Order.TakeLease.class);
        look(25, header(20));
        assertThat(alone(25)).isEqualTo(new Order.TakeLease());
    }

    @Test
    void oldHeader_countsFromTheFirstLook() {
        look(4, header(7));
        assertThat(alone(4)).isInstanceOf(Order.Join.class);
        look(5, header(7));
        assertThat(alone(5)).isEqualTo(new Order.Wait());
        look(9, header(7));
        assertThat(alone(9)).isEqualTo(new Order.TakeLease());
    }

    @Test
    void letInWhileHoldingTheLease_givesItBack() {
        look(0, Optional.empty());
        alone(0);
        alone(5);
        formation.leaseAnswered(true);

        assertThat(member(6, Set.of("a:1", "b:1"))).isEqualTo(new Order.GiveLeaseBack());
        assertThat(member(7, Set.of("a:1", "b:1"))).isEqualTo(new Order.Wait());
    }

    @Test
    void formedItself_keepsTheLeaseForItsSpm() {
        look(0, Optional.empty());
        alone(0);
        alone(5);
        formation.leaseAnswered(true);
        assertThat(alone(6)).isEqualTo(new Order.Form());

        assertThat(member(7, Set.of("a:1"))).isEqualTo(new Order.Wait());
    }

    @Test
    void foreignSpm_dissolvesTheClusterAfterThreeTimesFormAfter() {
        for (int second = 0; second < 16; second++) {
            look(second, header(second));
            assertThat(member(second, Set.of("a:1", "b:1"))).isEqualTo(new Order.Wait());
        }
        look(16, header(16));
        assertThat(member(16, Set.of("a:1", "b:1"))).isInstanceOf(Order.StartAnew.class);
    }

    @Test
    void ownOrMemberSpm_isNotForeign() {
        for (int second = 0; second < 60; second++) {
            look(second, header(second));
            assertThat(member(second, Set.of("a:1", "spm:1"))).isEqualTo(new Order.Wait());
        }
    }

    @Test
    void foreignSpmThatFellSilent_isForgotten() {
        look(0, header(0));
        look(1, header(1));
        member(1, Set.of("a:1"));
        look(14, header(1));
        member(14, Set.of("a:1"));
        look(17, header(2));

        assertThat(member(17, Set.of("a:1"))).isEqualTo(new Order.Wait());
    }

    @Test
    void oldestThatSeesNoStorage_leavesItsRoleToAnother() {
        assertThat(formation.blind(at(0), true)).isEqualTo(new Order.Wait());
        assertThat(formation.blind(at(9), true)).isEqualTo(new Order.Wait());
        assertThat(formation.blind(at(10), true)).isInstanceOf(Order.StartAnew.class);
    }

    @Test
    void youngerThatSeesNoStorage_stays_untilTheRoleIsItsOwn() {
        formation.blind(at(0), false);
        assertThat(formation.blind(at(60), false)).isEqualTo(new Order.Wait());
        assertThat(formation.blind(at(61), true)).isInstanceOf(Order.StartAnew.class);
    }

    @Test
    void oldestThatSawTheStorageInBetween_stays() {
        formation.blind(at(0), true);
        look(9, header(1));
        member(9, Set.of("a:1", "spm:1"));

        assertThat(formation.blind(at(18), true)).isEqualTo(new Order.Wait());
    }

    private Order alone(int second) {
        return formation.next(new Sight(at(second), false, Set.of(), peers));
    }

    private Order member(int second, Set<String> members) {
        return formation.next(new Sight(at(second), true, members, peers));
    }

    private void look(int second, Optional<Header> header, OutgoingBlock... changed) {
        peers.looked(at(second), header, List.of(changed));
    }

    private static Optional<Header> header(long beat) {
        return Optional.of(Blocks.header(1, beat, 9, "spm:1"));
    }

    private static Moment at(int second) {
        return START.plus(Duration.ofSeconds(second));
    }
}
