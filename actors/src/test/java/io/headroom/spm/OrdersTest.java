package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.ledger.Deed;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Slot;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.model.LogPosition;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.State;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Orders from the intent to the answer, and whatever comes in between. */
class OrdersTest {
    private static final VolumeId V1 = new VolumeId("v1");
    private static final HostId HOST = new HostId(7);
    private static final Order.CreateVolume CREATE =
            new Order.CreateVolume("web-1", Bytes.gibi(20), Optional.of(Bytes.gibi(2)));
    private static final Order.DeleteVolume DELETE = new Order.DeleteVolume("disk-v1", false);
    private static final Order.DeleteVolume WIPE = new Order.DeleteVolume("disk-v1", true);

    /** One of each kind, that the bench's pool allows. */
    static final List<Order> EACH = List.of(
            CREATE,
            DELETE,
            WIPE,
            new Order.ResizeVolume("disk-v1", Bytes.gibi(60)),
            new Order.AssignVolume("disk-v1", HOST, false),
            new Order.AddLun("/dev/sdx", Bytes.gibi(10), false));

    private final SpmBench bench = new SpmBench();

    // In order.

    @Test
    void intentThenChangeThenFactThenAnswer() {
        serving();

        Order.Answer answer = bench.carry(CREATE);

        assertThat(bench.changes()).containsExactly("OrderIntended", "Create", "OrderCarried");
        assertThat(bench.effects.get(bench.effects.size() - 1)).isInstanceOf(Spm.Respond.class);
        assertThat(answer).isEqualTo(new Order.Answer.Carried("volume web-1 is created", bench.named("web-1")));
        PoolEvent.OrderCarried fact = bench.events(PoolEvent.OrderCarried.class).get(0);
        assertThat(fact.created()).isEqualTo(bench.named("web-1").map(Tenure.Volume::id));
        assertThat(fact.by()).isEqualTo("root");
        assertThat(fact.intendedIn()).isEqualTo(new Epoch(1));
    }

    @Test
    void aWipedVolumeGoesStepByStep() {
        serving();

        assertThat(bench.carry(WIPE))
                .isEqualTo(new Order.Answer.Carried("volume disk-v1 is wiped and deleted", Optional.empty()));

        assertThat(bench.changes())
                .containsExactly("OrderIntended", "Condemn", "Wipe", "Wipe", "Wipe", "Wipe", "Remove", "OrderCarried");
        assertThat(wipes())
                .contains(new Change.Wipe(V1, Bytes.ZERO, Bytes.mebi(256)))
                .contains(new Change.Wipe(V1, Bytes.mebi(768), Bytes.mebi(256)));
        assertThat(bench.volumes).doesNotContainKey(V1);
    }

    @Test
    void mailWithoutEnd_doesNotKeepAnOrderWaiting() {
        serving();
        Slot[] wishes = new Slot[Limits.SLOTS_PER_BLOCK];
        for (int slot = 0; slot < wishes.length; slot++) {
            bench.volume("w" + slot, Bytes.gibi(1));
            wishes[slot] = bench.asks("w" + slot, Bytes.gibi(2));
        }
        bench.live(Spm.LOOK_AT_LUNS);
        for (int host = 1; host <= 3; host++) {
            for (int slot = 0; slot < wishes.length; slot++) {
                wishes[slot] = bench.asks("w" + slot, Bytes.gibi(1 + host));
            }
            bench.post(host, wishes);
        }
        bench.effects.clear();
        bench.stopBefore(Spm.Change.class);
        bench.live(SpmBench.SCAN);
        long ticket = bench.give(CREATE);
        bench.goOn();
        bench.live(SpmBench.SCAN);

        List<String> changes = bench.changes();
        assertThat(bench.answer(ticket)).containsInstanceOf(Order.Answer.Carried.class);
        assertThat(changes.stream().filter("Answer"::equals)).hasSize(3 * Limits.SLOTS_PER_BLOCK);
        assertThat(changes.subList(0, changes.indexOf("OrderIntended")).stream().filter("Answer"::equals))
                .as("mail comes first")
                .hasSizeBetween(Spm.MAIL_BEFORE_AN_ORDER, 2 * Spm.MAIL_BEFORE_AN_ORDER);
        assertThat(changes.subList(changes.indexOf("OrderCarried"), changes.size()))
                .as("the order does not wait for the last of it")
                .contains("Answer");
    }

    @Test
    void mailIsServedBetweenTheChanges() {
        serving();
        bench.post(7, bench.asks("v2", Bytes.gibi(4)));
        bench.stopBefore(Spm.Change.class);
        long ticket = bench.give(WIPE);
        bench.on(new Spm.Rung(HOST));

        bench.goOn();

        assertThat(bench.changes())
                .containsSubsequence("Condemn", "ExtensionIntended", "Extend", "VolumeExtended", "Answer", "Wipe");
        assertThat(bench.answer(ticket)).containsInstanceOf(Order.Answer.Carried.class);
    }

    @ParameterizedTest
    @FieldSource("EACH")
    void repeated_isAnsweredAsDone_withoutAnyChange(Order order) {
        serving();
        bench.carry(order);
        bench.effects.clear();

        assertThat(bench.carry(order)).isInstanceOf(Order.Answer.Carried.class);

        assertThat(bench.changes()).isEmpty();
    }

    @ParameterizedTest
    @FieldSource("EACH")
    void pretended_isPlanned_andChangesNothing(Order order) {
        serving();

        Order.Answer answer = bench.pretend(order);

        assertThat(answer).isInstanceOf(Order.Answer.Planned.class);
        assertThat(((Order.Answer.Planned) answer).changes()).isNotEmpty();
        assertThat(bench.changes()).isEmpty();
    }

    @Test
    void pretendedWhereAllIsDone_plansNothing() {
        serving();
        bench.carry(CREATE);

        assertThat(bench.pretend(CREATE)).isEqualTo(new Order.Answer.Planned(List.of(), List.of()));
    }

    @Test
    void deletionThatWasToWipe_wipes_alsoWhenItIsOrderedAgainWithout() {
        serving();
        bench.refuse(change -> change instanceof Change.Wipe);
        assertThat(bench.carry(WIPE)).isInstanceOf(Order.Answer.Refused.class);
        bench.refuse(change -> false);
        int before = bench.changes().size();

        assertThat(bench.carry(new Order.DeleteVolume("disk-v1", false))).isInstanceOf(Order.Answer.Carried.class);

        assertThat(bench.changes().subList(before, bench.changes().size()))
                .contains("Wipe")
                .endsWith("Remove", "OrderCarried");
    }

    @Test
    void pretendedLun_tellsWhoWouldGetWhat() {
        serving();
        bench.volume("v1", Bytes.gibi(1));
        bench.volume("v2", Bytes.gibi(1));
        bench.free = Bytes.ZERO;
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.post(8, bench.asks("v2", Bytes.gibi(2)));
        bench.live(Duration.ofSeconds(3));

        Order.Answer answer = bench.pretend(new Order.AddLun("/dev/sdb", Bytes.gibi(3), false));

        assertThat(((Order.Answer.Planned) answer).shares())
                .containsExactly(
                        "volume disk-v1, 29 s left, gets 2 GiB of the 3 GiB that it wants; 2 want space",
                        "volume disk-v2, 29 s left, gets 1 GiB, all that it wants; 2 want space");
        assertThat(bench.free).isEqualTo(Bytes.ZERO);
    }

    @Test
    void ordersAreCarriedOutOneAfterTheOther() {
        serving();
        bench.stopBefore(Spm.Change.class);
        long first = bench.give(WIPE);
        long second = bench.give(CREATE);

        bench.goOn();

        assertThat(bench.changes()).endsWith("Remove", "OrderCarried", "OrderIntended", "Create", "OrderCarried");
        assertThat(bench.answer(first)).containsInstanceOf(Order.Answer.Carried.class);
        assertThat(bench.answer(second)).containsInstanceOf(Order.Answer.Carried.class);
    }

    @Test
    void moreThanCanWait_areToldSo() {
        serving();
        bench.stopBefore(Spm.Inspect.class);
        bench.give(CREATE);
        for (int waiting = 0; waiting < Orders.MOST_WAITING; waiting++) {
            assertThat(bench.answer(bench.give(CREATE))).isEmpty();
        }

        assertThat(bench.carry(CREATE))
                .isEqualTo(new Order.Answer.Refused(
                        "32 orders wait for their turn already; nothing was changed", "ask again shortly"));
    }

    @Test
    void spaceThatComesByAnOrder_isGivenToWhoWaits() {
        bench.free = Bytes.ZERO;
        serving();
        bench.post(7, bench.asks("v2", Bytes.gibi(4)));
        bench.on(new Spm.Rung(HOST));
        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.WAITING);

        bench.carry(new Order.AddLun("/dev/sdx", Bytes.gibi(10), false));

        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
    }

    @Test
    void aLargerImage_mayGrowFurther() {
        serving();
        bench.carry(new Order.ResizeVolume("disk-v1", Bytes.gibi(60)));
        bench.post(7, bench.asks("v1", Bytes.gibi(55)));

        bench.on(new Spm.Rung(HOST));

        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
    }

    @Test
    void aVolumeThatGoes_isNotGrown() {
        serving();
        bench.refuse(Change.Remove.class::isInstance);
        bench.carry(DELETE);
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));

        bench.on(new Spm.Rung(HOST));

        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.STORAGE_REFUSED);
        assertThat(bench.changes()).doesNotContain("Extend");
    }

    // In use.

    @Test
    void aVolumeThatAHostGuards_isNotDeleted() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(1)));
        bench.on(new Spm.Rung(HOST));
        bench.effects.clear();

        assertThat(bench.carry(DELETE))
                .isInstanceOfSatisfying(
                        Order.Answer.Refused.class,
                        refused -> assertThat(refused.cause()).isEqualTo("volume disk-v1 is in use on host 7"));

        assertThat(bench.changes()).isEmpty();
    }

    @Test
    void aHostThatDoesNotEchoTheEpoch_guardsAllTheSame() {
        bench.post(7, bench.asks("v1", Bytes.gibi(1)));
        serving();
        bench.live(SpmBench.SCAN);
        assertThat(bench.incoming).as("its mail is not served").isEmpty();

        assertThat(bench.carry(WIPE)).isInstanceOf(Order.Answer.Refused.class);
        assertThat(bench.named("disk-v1").orElseThrow().state()).isEqualTo(State.READY);
    }

    @Test
    void aVmThatWasStartedMeanwhile_savesItsVolume() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(1)));
        bench.stopBefore(step -> step instanceof Spm.Append append
                && append.placed().entry().event() instanceof PoolEvent.OrderIntended);
        long ticket = bench.give(DELETE);
        bench.on(new Spm.Rung(HOST));

        bench.goOn();

        assertThat(bench.answer(ticket)).containsInstanceOf(Order.Answer.Refused.class);
        assertThat(bench.events()).endsWith("OrderIntended", "OrderAbandoned");
        assertThat(bench.named("disk-v1").orElseThrow().state()).isEqualTo(State.READY);
    }

    // Unknown outcomes.

    @ParameterizedTest
    @FieldSource("EACH")
    void whatWasDoneWithoutAnybodyHearing_isFoundDone(Order order) {
        serving();
        bench.failAfter(step -> step instanceof Spm.Change change && !(change.to() instanceof Change.Wipe));

        assertThat(bench.carry(order)).isInstanceOf(Order.Answer.Carried.class);

        assertThat(bench.steps().stream()
                        .filter(step -> step instanceof Spm.Change change && !(change.to() instanceof Change.Wipe)))
                .as("never redone")
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @FieldSource("EACH")
    void whatWasNotDone_isAbandoned_andDoneWhenItIsOrderedAgain(Order order) {
        serving();
        bench.failBefore(Spm.Change.class::isInstance);

        assertThat(bench.carry(order))
                .isInstanceOfSatisfying(
                        Order.Answer.Refused.class,
                        refused -> assertThat(refused.cause()).contains("not done"));
        assertThat(bench.events()).endsWith("OrderIntended", "OrderAbandoned");

        bench.failBefore(step -> false);
        assertThat(bench.carry(order)).isInstanceOf(Order.Answer.Carried.class);
    }

    @ParameterizedTest
    @FieldSource("EACH")
    void whatTheStorageRefuses_isAbandonedWithItsWords(Order order) {
        serving();
        bench.refuse(change -> true);

        assertThat(bench.carry(order))
                .isInstanceOfSatisfying(
                        Order.Answer.Refused.class,
                        refused -> assertThat(refused.cause()).isEqualTo("the storage says no"));

        assertThat(bench.events()).endsWith("OrderIntended", "OrderAbandoned");
    }

    @Test
    void aCondemnedVolumeThatCannotBeRemoved_isTriedAgain_andOthersAreServedMeanwhile() {
        serving();
        bench.refuse(Change.Remove.class::isInstance);

        assertThat(bench.carry(DELETE)).isInstanceOf(Order.Answer.Refused.class);
        assertThat(bench.spm.report().problems()).singleElement().asString().contains("disk-v1 cannot be removed");
        assertThat(bench.carry(CREATE)).isInstanceOf(Order.Answer.Carried.class);

        bench.refuse(change -> false);
        bench.live(Orders.LEFTOVER_AGAIN.plusSeconds(1));
        assertThat(bench.volumes).doesNotContainKey(V1);
        assertThat(bench.events(PoolEvent.OrderIntended.class))
                .as("once for each")
                .hasSize(2);
        assertThat(bench.spm.report().problems()).isEmpty();
    }

    // Takeovers.

    @ParameterizedTest
    @FieldSource("EACH")
    void whatAFormerSpmDid_isFoundDone(Order order) {
        serving();
        bench.stopBefore(step ->
                step instanceof Spm.Append append && append.placed().entry().event() instanceof PoolEvent.OrderCarried);
        bench.give(order);
        bench.restart();

        serving();

        PoolEvent.OrderCarried fact = bench.events(PoolEvent.OrderCarried.class).get(0);
        assertThat(fact.intendedIn()).isEqualTo(new Epoch(1));
        assertThat(fact.created().isPresent()).isEqualTo(fact.deed() instanceof Deed.Creation);
        assertThat(bench.carry(order)).isInstanceOf(Order.Answer.Carried.class);
        assertThat(bench.events(PoolEvent.OrderIntended.class)).hasSize(1);
    }

    @ParameterizedTest
    @FieldSource("EACH")
    void whatAFormerSpmOnlyIntended_isAbandoned(Order order) {
        serving();
        bench.stopBefore(Spm.Change.class);
        bench.give(order);
        bench.restart();

        serving();

        assertThat(bench.events(PoolEvent.OrderAbandoned.class))
                .singleElement()
                .satisfies(event -> assertThat(event.intendedIn()).isEqualTo(new Epoch(1)));
        assertThat(bench.carry(order)).isInstanceOf(Order.Answer.Carried.class);
    }

    @Test
    void aDeletionThatAFormerSpmBegan_goesOnAsItWasOrdered() {
        for (Order.DeleteVolume order : List.of(DELETE, new Order.DeleteVolume("disk-v2", true))) {
            serving();
            bench.stopBefore(step -> step instanceof Spm.Change change && change.to() instanceof Change.Remove);
            bench.give(order);
            bench.restart();

            serving();

            assertThat(bench.named(order.volume())).isEmpty();
            assertThat(wipes()).as("%s", order).hasSize(order.wipe() ? 4 : 0);
            bench.restart();
        }
        assertThat(bench.events(PoolEvent.OrderCarried.class)).hasSize(2);
    }

    @Test
    void aCondemnedVolumeOfWhichNothingIsKnown_isWiped() {
        bench.volumes.put(V1, bench.volumes.get(V1).withState(State.CONDEMNED));

        serving();

        assertThat(bench.volumes).doesNotContainKey(V1);
        assertThat(wipes()).hasSize(4);
        assertThat(bench.events(PoolEvent.OrderCarried.class))
                .singleElement()
                .satisfies(event -> assertThat(event.by()).isEqualTo(Orders.OURSELVES));
    }

    @Test
    void anUnfinishedVolumeThatNoOrderWants_isRemoved() {
        bench.volumes.put(V1, bench.volumes.get(V1).withState(State.UNFINISHED));

        serving();

        assertThat(bench.volumes).doesNotContainKey(V1);
        assertThat(wipes()).as("it holds nothing").isEmpty();
    }

    @ParameterizedTest
    @FieldSource("EACH")
    void whereverItStops_theNextSpmEndsIt(Order order) {
        for (int stop = 0; ; stop++) {
            SpmBench one = new SpmBench();
            one.serve();
            one.effects.clear();
            int[] left = {stop};
            one.stopBefore((Spm.Step step) -> left[0]-- == 0);
            long ticket = one.give(order);
            boolean isCarried = one.answer(ticket).isPresent();
            one.restart();
            one.serve();
            one.live(Duration.ofSeconds(1));

            assertThat(one.volumes.values())
                    .as("stopped before step %s of %s", stop, order)
                    .allMatch(volume -> volume.state() == State.READY);
            assertThat(LogBook.read(one.contents(), LogPosition.START).openIntents())
                    .isEmpty();
            assertThat(one.carry(order)).isInstanceOf(Order.Answer.Carried.class);
            if (isCarried) {
                assertThat(stop).isGreaterThan(4);
                return;
            }
        }
    }

    // Other times.

    @Test
    void beforeTheSpmServes_anOrderIsRefused() {
        bench.leaseIsBusy = true;
        bench.serve();

        assertThat(bench.carry(CREATE))
                .isInstanceOfSatisfying(
                        Order.Answer.Refused.class,
                        refused -> assertThat(refused.next()).isEqualTo("ask again shortly"));
        assertThat(bench.spm.volumes().problem()).contains("does not serve").contains("ask again");
    }

    @Test
    void whenTheTenureEnds_everybodyIsToldSo() {
        serving();
        bench.stopBefore(Spm.Change.class);
        long underway = bench.give(WIPE);
        long waiting = bench.give(CREATE);

        bench.on(new Spm.LeaseLost("the keeper is gone"));

        for (long ticket : List.of(underway, waiting)) {
            assertThat(bench.answer(ticket).orElseThrow())
                    .isInstanceOfSatisfying(Order.Answer.Refused.class, refused -> {
                        assertThat(refused.cause()).contains("the keeper is gone");
                        assertThat(refused.next()).contains("give the order again");
                    });
        }
    }

    @Test
    void theReportOfTheVolumesTellsWhoGuardsThem() {
        serving();
        bench.carry(new Order.AssignVolume("disk-v2", HOST, false));
        bench.post(8, bench.asks("v1", Bytes.gibi(1)));
        bench.on(new Spm.Rung(new HostId(8)));

        VolumesReport report = bench.spm.volumes();

        assertThat(report.problem()).isEmpty();
        assertThat(report.volumes())
                .extracting(known -> known.volume().name())
                .containsExactly("disk-v1", "disk-v2", "disk-v3");
        assertThat(report.volumes().get(0).guardedBy()).containsExactly(new HostId(8));
        assertThat(report.volumes().get(1).volume().hosts()).isEqualTo(Set.of(HOST));
    }

    private void serving() {
        bench.serve();
        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.SERVING);
        Predicate<Spm.Effect> isWipe =
                effect -> effect instanceof Spm.Change change && change.to() instanceof Change.Wipe;
        bench.effects.removeIf(isWipe.negate());
    }

    private List<Change> wipes() {
        return bench.steps().stream()
                .filter(step -> step instanceof Spm.Change change && change.to() instanceof Change.Wipe)
                .map(step -> ((Spm.Change) step).to())
                .toList();
    }
}
