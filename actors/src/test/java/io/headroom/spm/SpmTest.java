package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.ledger.Progress;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Slot;
import io.headroom.mailbox.Urgency;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SpmTest {
    private final SpmBench bench = new SpmBench();

    // Taking over.

    @Test
    void takesOverInOrder_intentThenTagThenFactThenHeader() {
        bench.serve();

        assertThat(bench.changes()).startsWith("TakeoverIntended", "Tag", "TakenOver", "WriteHeader");
        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.SERVING);
        assertThat(bench.tag).isEqualTo(new Epoch(1));
        assertThat(bench.header.orElseThrow().epoch()).isEqualTo(new Epoch(1));
        assertThat(bench.steps().indexOf(new Spm.Scan()))
                .as("no mail is read before")
                .isGreaterThan(5);
    }

    @Test
    void aBusyLeaseIsTriedAgain() {
        bench.leaseIsBusy = true;
        bench.serve();
        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.ACQUIRING);
        assertThat(bench.spm.report().problems()).containsExactly("the lease is held by host 2");
        bench.pass(Duration.ofMillis(499));
        assertThat(bench.steps()).containsExactly(new Spm.Acquire());

        bench.leaseIsBusy = false;
        bench.pass(Duration.ofMillis(1));

        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.SERVING);
        assertThat(bench.spm.report().problems()).isEmpty();
    }

    @Test
    void whereverATakeoverStops_theNextOneServesUnderAHigherEpoch() {
        List<Class<? extends Spm.Step>> stops =
                List.of(Spm.ReadTruth.class, Spm.Append.class, Spm.Tag.class, Spm.WriteHeader.class, Spm.Scan.class);
        Epoch last = Epoch.NONE;
        for (Class<? extends Spm.Step> stop : stops) {
            bench.stopBefore(stop);
            bench.serve();
            bench.restart();
            bench.serve();
            assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.SERVING);
            assertThat(bench.spm.report().epoch()).isGreaterThan(last);
            last = bench.spm.report().epoch();
            bench.restart();
        }
    }

    @Test
    void everyStepOfATakeoverIsRepeatedUntilItIsDone() {
        int[] failures = {0};
        bench.failBefore(step -> failures[0]++ % 3 != 2);
        for (int i = 0; i < 100 && bench.spm.phase() != Spm.Phase.SERVING; i++) {
            bench.pass(Spm.RETRY);
        }

        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.SERVING);
        assertThat(bench.events()).startsWith("TakeoverIntended", "TakenOver");
    }

    // Serving.

    @Test
    void servesInOrder_intentThenExtensionThenFactThenReply() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.effects.clear();

        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.changes()).containsExactly("ExtensionIntended", "Extend", "VolumeExtended", "Answer");
        assertThat(bench.effects).contains(new Spm.Ring(new HostId(7)));
        assertThat(bench.size("v1")).isEqualTo(Bytes.gibi(4));
        Reply reply = bench.reply(7, 0);
        assertThat(reply.status()).isEqualTo(Reply.Status.GRANTED);
        assertThat(reply.size()).isEqualTo(Bytes.gibi(4));
        assertThat(reply.epoch()).isEqualTo(new Epoch(1));
        assertThat(bench.spm.report().served()).isEqualTo(1);
    }

    @Test
    void withoutAnyBell_theScanFindsTheMail() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));

        bench.live(SpmBench.SCAN);

        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
    }

    @Test
    void theBellBlockMakesItSooner() {
        serving();
        bench.live(SpmBench.SCAN);
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.bell = 42;

        bench.live(Duration.ofMillis(300));

        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
    }

    @Test
    void theMostUrgentIsServedFirst() {
        serving();
        bench.post(
                7,
                bench.asks("v1", Bytes.gibi(4), Urgency.within(Duration.ofSeconds(9))),
                bench.asks("v2", Bytes.gibi(4), Urgency.PAUSED),
                bench.asks("v3", Bytes.gibi(4), Urgency.UNKNOWN));

        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.steps().stream().filter(Spm.Change.class::isInstance))
                .extracting(step -> ((Tenure.Change.Extend) ((Spm.Change) step).to())
                        .volume()
                        .value())
                .containsExactly("v2", "v3", "v1");
    }

    @Test
    void aRequestIsServedOnce() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.on(new Spm.Rung(new HostId(7)));
        bench.effects.clear();

        bench.on(new Spm.Rung(new HostId(7)));
        bench.echo(7);
        bench.live(Duration.ofSeconds(10));

        assertThat(bench.changes()).containsOnly("WriteHeader");
    }

    @Test
    void aVolumeThatHasTheSizeIsAnsweredWithoutAnyChange() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.mebi(512)));
        bench.effects.clear();

        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.changes()).containsExactly("Answer");
        assertThat(bench.reply(7, 0).size()).isEqualTo(Bytes.gibi(1));
    }

    @Test
    void aRefusalIsRecordedBeforeItIsSaid() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(60)), bench.asks("v9", Bytes.gibi(1)));
        bench.effects.clear();

        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.changes()).containsExactly("RequestHeld", "Answer", "RequestHeld", "Answer");
        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.OVER_LIMIT);
        assertThat(bench.reply(7, 1).status()).isEqualTo(Reply.Status.UNKNOWN_VOLUME);
    }

    @Test
    void aVolumeThatCameToBeLaterIsLookedForBeforeItIsRefused() {
        serving();
        bench.live(Spm.BELIEVED.multipliedBy(10));
        bench.volume("v8", Bytes.gibi(1));
        bench.post(7, bench.asks("v8", Bytes.gibi(4)));

        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
        assertThat(bench.size("v8")).isEqualTo(Bytes.gibi(4));
    }

    // No space.

    @Test
    void aPoolWithLessThanAskedGivesWhatItHas() {
        bench.free = Bytes.gibi(2);
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(9)));

        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.PARTLY);
        assertThat(bench.reply(7, 0).size()).isEqualTo(Bytes.gibi(3));
    }

    @Test
    void whoWaitsIsServedWhenSpaceComes_fromWherever() {
        bench.free = Bytes.ZERO;
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)), bench.asks("v2", Bytes.gibi(4), Urgency.PAUSED));
        bench.on(new Spm.Rung(new HostId(7)));
        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.WAITING);
        assertThat(bench.spm.report().waiting()).hasSize(2);
        bench.effects.clear();
        bench.live(Duration.ofMinutes(1));
        assertThat(bench.changes()).as("said once").containsOnly("WriteHeader");

        bench.free = Bytes.gibi(50);
        bench.live(Spm.LOOK_FOR_SPACE);

        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
        assertThat(bench.reply(7, 1).status()).isEqualTo(Reply.Status.GRANTED);
        assertThat(bench.spm.report().waiting()).isEmpty();
    }

    /** Whatever waits, the storage is asked for space six times a minute, and nothing is written but the heartbeat. */
    @Test
    void aThousandThatWait_costAsMuchAsOne() {
        bench.free = Bytes.ZERO;
        for (int volume = 0; volume < 1_000; volume++) {
            bench.volume("w" + volume, Bytes.gibi(1));
        }
        serving();
        for (int host = 1; host <= 50; host++) {
            Slot[] slots = new Slot[20];
            for (int slot = 0; slot < slots.length; slot++) {
                slots[slot] = bench.asks("w" + ((host - 1) * 20 + slot), Bytes.gibi(4), Urgency.PAUSED);
            }
            bench.post(host, slots);
        }
        bench.live(Duration.ofSeconds(20));
        assertThat(bench.spm.report().waiting()).hasSize(1_000);
        bench.effects.clear();

        bench.live(Duration.ofMinutes(1));

        assertThat(bench.effects).filteredOn(Spm.Inspect.class::isInstance).hasSize(6);
        assertThat(bench.changes()).containsOnly("WriteHeader");

        bench.free = Bytes.gibi(2_900);
        bench.live(Spm.LOOK_FOR_SPACE.plus(Duration.ofSeconds(2)));

        assertThat(bench.spm.report().waiting()).isEmpty();
        for (int host = 1; host <= 50; host++) {
            for (int slot = 0; slot < 20; slot++) {
                assertThat(bench.reply(host, slot).size())
                        .as("a fair share")
                        .isBetween(Bytes.mebi(3_968), Bytes.gibi(4));
            }
        }
    }

    /** LVM counts as free what it does not allocate from: then one try in ten seconds, in total. */
    @Test
    void spaceThatCannotBeHad_isTriedWithEveryLookOnce_andSaid() {
        bench.free = Bytes.gibi(10);
        bench.barred = Bytes.gibi(9);
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4), Urgency.PAUSED), bench.asks("v2", Bytes.gibi(4)));
        bench.on(new Spm.Rung(new HostId(7)));
        assertThat(bench.reply(7, 0).size()).as("half of what can be had").isEqualTo(Bytes.mebi(1536));
        assertThat(bench.reply(7, 1).size()).isEqualTo(Bytes.mebi(1536));
        bench.post(7, bench.asks("v1", Bytes.gibi(4), Urgency.PAUSED), bench.asks("v2", Bytes.gibi(4)));
        bench.on(new Spm.Rung(new HostId(7)));
        assertThat(bench.spm.report().waiting()).hasSize(2);
        assertThat(bench.spm.report().problems())
                .singleElement()
                .asString()
                .startsWith("of 9 GiB that is free only 0 B can be allocated");
        bench.effects.clear();

        bench.live(Duration.ofMinutes(1));

        assertThat(bench.changes()).filteredOn("Extend"::equals).hasSizeBetween(1, 6);

        bench.barred = Bytes.ZERO;
        bench.live(Spm.LOOK_FOR_SPACE);
        assertThat(bench.size("v1")).isEqualTo(Bytes.gibi(4));
        assertThat(bench.size("v2")).isEqualTo(Bytes.gibi(4));
        assertThat(bench.spm.report().problems()).isEmpty();
    }

    @Test
    void whoWaitsIsAnsweredWhenSomebodyExtendedTheVolumeByHand() {
        bench.free = Bytes.ZERO;
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.on(new Spm.Rung(new HostId(7)));

        bench.volume("v1", Bytes.gibi(4));
        bench.live(Spm.LOOK_FOR_SPACE);

        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
    }

    // Unknown outcomes.

    @Test
    void anUnknownExtensionThatWasDoneIsFoundDone() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.failAfter(Spm.Change.class::isInstance);
        bench.effects.clear();

        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.steps().stream().filter(Spm.Change.class::isInstance))
                .as("never redone")
                .hasSize(1);
        assertThat(bench.steps()).contains(new Spm.Inspect());
        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
    }

    @Test
    void anUnknownExtensionThatWasNotDoneIsAbandonedThenServedAnew() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        int[] left = {1};
        bench.failBefore(step -> step instanceof Spm.Change && left[0]-- > 0);
        bench.effects.clear();

        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.changes())
                .containsExactly(
                        "ExtensionIntended",
                        "Extend",
                        "ExtensionAbandoned",
                        "ExtensionIntended",
                        "Extend",
                        "VolumeExtended",
                        "Answer");
        assertThat(bench.size("v1")).isEqualTo(Bytes.gibi(4));
    }

    @Test
    void anUnknownExtensionUnderAForeignTagEndsTheTenure() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.failBefore(Spm.Change.class::isInstance);
        bench.tag = new Epoch(2);

        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.ENDED);
        assertThat(bench.incoming).isEmpty();
    }

    @Test
    void aReplyThatCouldNotBeWrittenIsWrittenAgain() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.failBefore(Spm.Answer.class::isInstance);
        bench.on(new Spm.Rung(new HostId(7)));
        assertThat(bench.incoming).isEmpty();
        assertThat(bench.spm.report().problems())
                .singleElement()
                .asString()
                .startsWith("the mail for host 7 cannot be written: broken");

        bench.failBefore(step -> false);
        bench.pass(Spm.RETRY);

        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
        assertThat(bench.spm.report().problems()).isEmpty();
    }

    @Test
    void aHostWhoseBlockCannotBeWritten_isPutOffEverLonger_andTheOthersAreServed() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.post(8, bench.asks("v2", Bytes.gibi(4)));
        bench.failBefore(step ->
                step instanceof Spm.Answer answer && answer.block().host().equals(new HostId(7)));
        bench.live(Duration.ofSeconds(3));

        assertThat(bench.reply(8, 0).status()).isEqualTo(Reply.Status.GRANTED);
        assertThat(bench.spm.report().problems()).singleElement().asString().contains("host 7", "the other hosts");
        assertThat(bench.spm.report().queued()).isZero();

        bench.live(Duration.ofMinutes(10));
        long logged = bench.log.size();
        long tries = triesFor(7);
        bench.live(Duration.ofMinutes(10));
        assertThat(triesFor(7) - tries).as("tries in ten minutes").isBetween(8L, 12L);
        assertThat(bench.log).as("what was decided is not decided again").hasSize((int) logged);

        bench.failBefore(step -> false);
        bench.live(Delivery.LONGEST_PAUSE.plus(Spm.RETRY));
        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
        assertThat(bench.spm.report().problems()).isEmpty();
    }

    @Test
    void aHostThatIsPutOff_isServedAgainByItsNextLife() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.failBefore(Spm.Answer.class::isInstance);
        bench.live(Duration.ofSeconds(3));
        bench.failBefore(step -> false);
        bench.comesBack(7, bench.asks("v1", Bytes.gibi(5)));
        bench.live(Delivery.LONGEST_PAUSE);

        assertThat(bench.reply(7, 0).size()).isEqualTo(Bytes.gibi(5));
        assertThat(bench.spm.report().problems()).isEmpty();
    }

    @Test
    void aReplyThatCannotBeReadBack_isWrittenAgain_andTheHostIsServed() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.live(Duration.ofSeconds(3));
        bench.effects.clear();
        bench.failBefore(Spm.ReadStanding.class::isInstance);
        bench.live(SpmBench.SCAN);

        assertThat(triesFor(7)).as("writing mends a bad sector").isPositive();
        bench.post(7, bench.asks("v1", Bytes.gibi(5)));
        bench.live(SpmBench.SCAN);
        assertThat(bench.reply(7, 0).size()).isEqualTo(Bytes.gibi(5));
        assertThat(bench.spm.report().problems()).isEmpty();
    }

    private long triesFor(int host) {
        return bench.steps().stream()
                .filter(step -> step instanceof Spm.Answer answer
                        && answer.block().host().equals(new HostId(host)))
                .count();
    }

    @Test
    void aFactThatCouldNotBeWrittenHoldsTheReplyBack() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.failBefore(step -> step instanceof Spm.Append append
                && append.placed().entry().event() instanceof PoolEvent.VolumeExtended);
        bench.on(new Spm.Rung(new HostId(7)));
        bench.live(Duration.ofSeconds(5));

        assertThat(bench.incoming).as("say only what is durable").isEmpty();

        bench.failBefore(step -> false);
        bench.pass(Spm.RETRY);
        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
    }

    @Test
    void anAnswerToAStepThatIsNotUnderwayMeansNothing() {
        serving();
        bench.effects.clear();

        bench.on(new Spm.Done(new Spm.Change(new Tenure.Change.Extend(new VolumeId("v1"), Bytes.gibi(9))), "late"));
        bench.on(new Spm.Failed(new Spm.Release(), "late"));

        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.SERVING);
        assertThat(bench.effects).isEmpty();
    }

    // Other SPMs.

    @Test
    void aHigherEpochInTheHeaderEndsTheTenureBeforeAnyChange() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.header = bench.header.map(ours -> foreign(ours, new Epoch(2)));
        bench.effects.clear();

        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.changes()).containsExactly("Release");
        assertThat(bench.effects).contains(new Spm.Ended("host 9 serves in epoch 2"));
        assertThat(bench.size("v1")).isEqualTo(Bytes.gibi(1));
    }

    @Test
    void aLowerEpochInTheHeaderIsWrittenOver() {
        bench.header = Optional.of(foreign(
                new Header(SpmBench.POOL, Epoch.NONE, 1, SpmBench.SPM, "", "", 0, LogPosition.START), new Epoch(5)));
        serving();
        Header ours = bench.header.orElseThrow();
        assertThat(ours.epoch()).isEqualTo(new Epoch(6));
        bench.header = Optional.of(foreign(ours, new Epoch(5)));

        bench.live(Duration.ofSeconds(2));

        assertThat(bench.header.orElseThrow().epoch()).isEqualTo(new Epoch(6));
        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.SERVING);
    }

    @Test
    void aReplyThatAFormerSpmWroteOverIsWrittenAgain() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.on(new Spm.Rung(new HostId(7)));
        IncomingBlock ours = bench.incoming.get(new HostId(7));

        bench.incoming.put(
                new HostId(7),
                new IncomingBlock(
                        SpmBench.POOL,
                        new HostId(7),
                        0,
                        SpmBench.LIFE,
                        99,
                        new Epoch(0),
                        Collections.nCopies(20, Optional.empty())));
        bench.live(SpmBench.SCAN);

        assertThat(bench.incoming.get(new HostId(7))).isEqualTo(ours);
        assertThat(bench.notes).anyMatch(note -> note.contains("mail for host 7 was not ours"));
    }

    @Test
    void standingSlotsOfAPreviousEpochAreAnsweredAnew() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.on(new Spm.Rung(new HostId(7)));
        bench.restart();
        bench.serve();
        bench.effects.clear();

        bench.echo(7);
        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.changes()).as("absolute sizes make it harmless").containsExactly("Answer");
        assertThat(bench.reply(7, 0).epoch()).isEqualTo(new Epoch(2));
    }

    @Test
    void theMailOfAHostThatDoesNotEchoTheEpochWaits() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.restart();
        bench.serve();
        bench.live(Duration.ofSeconds(10));
        assertThat(bench.size("v1")).as("it may be dead").isEqualTo(Bytes.gibi(1));
        assertThat(bench.effects).as("it may live").contains(new Spm.Ring(new HostId(7)));

        bench.echo(7);
        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(bench.size("v1")).isEqualTo(Bytes.gibi(4));
    }

    // Crashes of a tenure.

    @Test
    void whereverAnSpmDies_theNextOneSettlesItByLooking() {
        for (Class<? extends Spm.Step> death :
                List.<Class<? extends Spm.Step>>of(Spm.Append.class, Spm.Change.class, Spm.Answer.class)) {
            SpmBench pool = new SpmBench();
            pool.serve();
            pool.post(7, pool.asks("v1", Bytes.gibi(4)));
            pool.stopBefore(death);
            pool.on(new Spm.Rung(new HostId(7)));
            pool.restart();
            pool.serve();
            pool.echo(7);
            pool.on(new Spm.Rung(new HostId(7)));

            assertThat(pool.size("v1")).isEqualTo(Bytes.gibi(4));
            assertThat(pool.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
            long intents = pool.events(PoolEvent.ExtensionIntended.class).size();
            long settled = pool.events(PoolEvent.VolumeExtended.class).size()
                    + pool.events(PoolEvent.ExtensionFoundDone.class).size()
                    + pool.events(PoolEvent.ExtensionAbandoned.class).size();
            assertThat(settled).as("death before %s", death).isEqualTo(intents);
        }
    }

    @Test
    void aLeaseThatIsLostEndsTheTenureAtOnce() {
        serving();
        bench.effects.clear();

        bench.on(new Spm.LeaseLost("the keeper is gone"));

        assertThat(bench.effects).containsExactly(new Spm.Ended("the lease is lost: the keeper is gone"));
        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.ENDED);
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.on(new Spm.Rung(new HostId(7)));
        bench.live(Duration.ofSeconds(10));
        assertThat(bench.size("v1")).isEqualTo(Bytes.gibi(1));
    }

    // Stepping down.

    @Test
    void stepsDownInOrder_theLeaseLast() {
        serving();
        bench.effects.clear();

        bench.on(new Spm.StepDown("maintenance"));

        assertThat(bench.changes()).containsExactly("SteppedDown", "Release");
        assertThat(bench.effects).endsWith(new Spm.Ended("maintenance"));
    }

    @Test
    void stepsDownAfterTheRequestAtHand() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.stopBefore(Spm.Change.class);
        bench.on(new Spm.Rung(new HostId(7)));
        bench.on(new Spm.StepDown("maintenance"));

        bench.goOn();

        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
        assertThat(bench.events()).endsWith("SteppedDown");
        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.ENDED);
    }

    @Test
    void stepsDownBeforeItServed() {
        bench.leaseIsBusy = true;
        bench.serve();

        bench.on(new Spm.StepDown("maintenance"));
        bench.pass(Spm.RETRY);

        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.ENDED);
        assertThat(bench.steps()).as("there is no lease to give back").doesNotContain(new Spm.Release());
    }

    @Test
    void stepsDownWhileTheLeaseCannotBeAskedFor() {
        bench.failBefore(Spm.Acquire.class::isInstance);
        bench.stopBefore(Spm.Acquire.class);
        bench.serve();
        bench.on(new Spm.StepDown("maintenance"));

        bench.goOn();

        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.ENDED);
        assertThat(bench.steps()).doesNotContain(new Spm.Release());
    }

    @Test
    void stepsDownEvenWhereTheStorageFails() {
        serving();
        bench.failBefore(Spm.Append.class::isInstance);

        bench.on(new Spm.StepDown("maintenance"));

        assertThat(bench.steps()).endsWith(new Spm.Release());
        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.ENDED);
    }

    @Test
    void stepsDownWhileTheStorageIsTriedAgainAndAgain() {
        serving();
        bench.failBefore(step -> !(step instanceof Spm.Release));
        bench.live(Duration.ofSeconds(5));

        bench.on(new Spm.StepDown("maintenance"));
        bench.live(Spm.RETRY);

        assertThat(bench.steps()).endsWith(new Spm.Release());
        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.ENDED);
    }

    @Test
    void stepsDownWithAChangeOfUnknownOutcome_whereTheStorageCannotBeLookedAt() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.failBefore(step -> step instanceof Spm.Change || step instanceof Spm.Inspect);
        bench.on(new Spm.Rung(new HostId(7)));
        bench.live(Duration.ofSeconds(5));
        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.SERVING);

        bench.on(new Spm.StepDown("maintenance"));
        bench.live(Spm.RETRY);

        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.ENDED);
        assertThat(bench.events()).endsWith("ExtensionIntended");
    }

    // The ledger.

    @Test
    void theLedgerIsFedWhatItAskedForOnce() {
        serving();
        bench.effects.clear();

        ask(Progress.START, "journal-1", 1);

        assertThat(fed()).extracting(LogEntry::sequence).containsExactly(1L, 2L);
        bench.effects.clear();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.on(new Spm.Rung(new HostId(7)));
        assertThat(fed()).as("not before it asks again").isEmpty();
    }

    @Test
    void aLedgerThatIsCurrentIsFedWhatComesNext() {
        serving();
        ask(new Progress(new LogPosition(new Epoch(1), 2), Collections.emptySortedMap()), "journal-1", 3);
        assertThat(fed()).isEmpty();

        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.on(new Spm.Rung(new HostId(7)));

        assertThat(fed()).extracting(LogEntry::sequence).containsExactly(3L);
        assertThat(bench.spm.report().journaled()).isEqualTo(new LogPosition(new Epoch(1), 2));
    }

    @Test
    void aJournalThatIsNotTheOneThePoolRemembersIsRecorded() {
        serving();
        ask(Progress.START, "journal-1", 10);
        bench.live(Duration.ofSeconds(2));
        assertThat(bench.header.orElseThrow().journal()).isEqualTo("journal-1");
        bench.restart();
        bench.serve();

        ask(Progress.START, "journal-2", 1);

        assertThat(bench.events(PoolEvent.JournalReplaced.class))
                .containsExactly(new PoolEvent.JournalReplaced("journal-1", 10, "journal-2", 1));
    }

    @Test
    void aJournalThatWasRestoredFromABackupIsRecorded() {
        serving();
        ask(Progress.START, "journal-1", 10);

        ask(Progress.START, "journal-1", 9);

        assertThat(bench.events(PoolEvent.JournalReplaced.class))
                .containsExactly(new PoolEvent.JournalReplaced("journal-1", 10, "journal-1", 9));
    }

    @Test
    void theSameJournalFurtherOnIsNothingSpecial() {
        serving();
        ask(Progress.START, "journal-1", 10);
        ask(Progress.START, "journal-1", 11);
        ask(Progress.START, "journal-1", 11);

        assertThat(bench.events(PoolEvent.JournalReplaced.class)).isEmpty();
    }

    @Test
    void whatAHostFinishedIsRecordedOnce_evenByTheNextSpm() {
        serving();
        Slot slot = bench.asks("v1", Bytes.gibi(4));
        bench.post(7, slot);
        bench.on(new Spm.Rung(new HostId(7)));
        bench.restart();
        bench.serve();
        LastDone done = new LastDone(slot.request().orElseThrow().ticket(), Bytes.gibi(4), LastDone.Steps.NONE);

        for (int i = 0; i < 2; i++) {
            bench.post(7, new Slot(slot.volume(), Optional.empty(), Optional.of(done)));
            bench.live(SpmBench.SCAN);
        }

        assertThat(bench.events(PoolEvent.HostFinished.class))
                .containsExactly(new PoolEvent.HostFinished(new HostId(7), new VolumeId("v1"), done));
    }

    @Test
    void aLedgerWhoseDatabaseIsAway_isNamedWithItsCauseUntilItAsksAgain() {
        serving();
        bench.on(new Spm.LedgerAway("connection refused"));
        assertThat(bench.spm.report().problems())
                .singleElement()
                .asString()
                .contains("connection refused", "growth goes on", "headroom.journal");

        ask(Progress.START, "journal-1", 1);
        assertThat(bench.spm.report().problems()).isEmpty();
    }

    @Test
    void withoutALedgerItServesForEver() {
        serving();
        Bytes size = Bytes.gibi(1);
        for (int i = 0; i < 300; i++) {
            size = size.plus(Bytes.mebi(128));
            bench.post(7, bench.asks("v1", size));
            bench.on(new Spm.Rung(new HostId(7)));
            assertThat(bench.size("v1")).isEqualTo(size);
        }

        assertThat(bench.log).hasSizeLessThanOrEqualTo(64);
        assertThat(bench.notes).anyMatch(note -> note.startsWith("the ledger is behind"));
    }

    @Test
    void theReportSaysWhatIsGoingOn() {
        serving();
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.stopBefore(Spm.Change.class);
        bench.on(new Spm.Rung(new HostId(7)));

        SpmReport report = bench.spm.report();

        assertThat(report.doing()).isEqualTo("Extend");
        assertThat(report.queued()).isEqualTo(1);
        assertThat(report.volumes()).isEqualTo(3);
        assertThat(report.logged()).isEqualTo(new LogPosition(new Epoch(1), 3));
    }

    private void serving() {
        bench.serve();
        assertThat(bench.spm.phase()).isEqualTo(Spm.Phase.SERVING);
    }

    private void ask(Progress progress, String journal, long events) {
        bench.on(new Spm.LedgerAsked(progress, 200, journal, events));
    }

    private List<LogEntry> fed() {
        return bench.effects.stream()
                .filter(Spm.Feed.class::isInstance)
                .flatMap(feed -> ((Spm.Feed) feed).entries().stream())
                .toList();
    }

    private static Header foreign(Header ours, Epoch epoch) {
        return new Header(ours.pool(), epoch, 77, new HostId(9), "", "", 0, LogPosition.START);
    }
}
