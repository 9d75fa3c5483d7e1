package io.headroom.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.headroom.ledger.LedgerActor.Command;
import io.headroom.ledger.LedgerActor.Demand;
import io.headroom.ledger.LedgerActor.Feed;
import io.headroom.ledger.LedgerActor.Summarize;
import io.headroom.ledger.LedgerActor.Summary;
import io.headroom.ledger.LedgerEvent.Hole;
import io.headroom.ledger.LedgerEvent.JournalOpened;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LedgerActorTest {
    private static final PoolId POOL = new PoolId("pool-1");
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String ID = LedgerActor.persistenceId(POOL).id();

    private final ActorTestKit kit = ActorTestKit.create(ConfigFactory.parseString("""
                    pekko.persistence.testkit.events.serialize = off
                    pekko.persistence.testkit.snapshots.serialize = off
                    pekko.actor.testkit.typed.system-shutdown-default = 60s
                    """)
            .withFallback(PersistenceTestKitPlugin.getInstance().config())
            .withFallback(PersistenceTestKitSnapshotPlugin.config())
            .withFallback(ConfigFactory.load()));
    private final PersistenceTestKit journal = PersistenceTestKit.create(kit.system());
    private final TestProbe<LedgerActor.Word> spm = kit.createTestProbe();
    private final PoolHistory history = new PoolHistory();

    @AfterEach
    void stopSystem() {
        kit.shutdownTestKit();
    }

    @Test
    void newJournal_isOpenedBeforeTheFirstDemand() {
        spawn(LedgerActorTest::ready);

        Demand demand = demand();

        JournalOpened opened = journal.expectNextPersistedClass(ID, JournalOpened.class);
        assertThat(demand.journal()).isEqualTo(opened.journal()).isNotEmpty();
        assertThat(demand.progress().position()).isEqualTo(LogPosition.START);
        assertThat(demand.events()).isEqualTo(1);
    }

    @Test
    void everyBatch_isAcknowledgedByTheNextDemand() {
        spawn(LedgerActorTest::ready);
        history.takeOver();
        history.extend();

        Demand first = demand();
        answer(first);
        Demand next = demandAfter(first);

        assertThat(next.progress().position()).isEqualTo(PoolHistory.at(1, 2));
        assertThat(next.events()).isEqualTo(3);
        assertThat(wanted(next)).isEmpty();
    }

    @Test
    void demandThatNobodyAnswers_isMadeAgain() {
        spawn(LedgerActorTest::ready);

        Demand first = demand();
        Demand second = demand();

        assertThat(second).isEqualTo(first);
    }

    @Test
    void failedBatch_isDemandedAgain() {
        spawn(LedgerActorTest::ready);
        Demand demand = demand();
        history.takeOver();
        journal.failNextPersisted(ID);

        answer(demand);
        Demand again = demand();
        answer(again);
        Demand next = demandAfter(again);

        assertThat(again.progress()).isEqualTo(demand.progress());
        assertThat(next.progress().position()).isEqualTo(PoolHistory.at(1, 1));
        assertThat(journal.persistedInStorage(ID)).hasSize(2);
    }

    @Test
    void answerToADemandOfALostState_isIgnored() {
        ActorRef<Command> ledger = spawn(LedgerActorTest::ready);
        Demand demand = demand();
        history.takeOver();
        LogEntry later = history.extend();

        ledger.tell(new Feed(demand.events() + 1, List.of(later)));

        assertThat(summary(ledger).events()).isEqualTo(1);
    }

    @Test
    void hole_isKeptBeforeWhatFollowsIt() {
        spawn(LedgerActorTest::ready);
        history.takeOver();
        LogPosition lost = history.extend().position();
        LogEntry next = history.extend();
        history.lose(lost);

        Demand first = demand();
        answer(first);
        demandAfter(first);

        assertThat(journal.persistedInStorage(ID))
                .hasSize(4)
                .element(2)
                .isEqualTo(new Hole(
                        PoolHistory.at(1, 1),
                        PoolHistory.at(1, 3),
                        "the pool log no longer has these records",
                        next.at()));
    }

    @Test
    void journalThatCannotBePrepared_isTriedAgain() {
        AtomicInteger tries = new AtomicInteger();
        ActorRef<Command> ledger = spawn(() -> tries.incrementAndGet() < 3
                ? CompletableFuture.failedFuture(new IllegalStateException("no database"))
                : ready());

        assertThat(summary(ledger).events()).isLessThanOrEqualTo(1);

        spm.expectMessage(PATIENCE, new LedgerActor.Away("no database"));
        spm.expectMessage(PATIENCE, new LedgerActor.Away("no database"));
        assertThat(demand().events()).isEqualTo(1);
        assertThat(tries).hasValue(3);
    }

    @Test
    void journalThatSomebodyEmptied_isOpenedAnew_insteadOfWrittenOverAHole() {
        spawn(LedgerActorTest::ready);
        history.takeOver();
        history.extend();
        Demand first = demand();
        answer(first);
        Demand before = demandAfter(first);
        history.extend();

        journal.clearByPersistenceId(ID);
        answer(before);
        Demand anew = demandAfter(before);
        answer(anew);
        Demand next = demandAfter(anew);

        assertThat(anew.events()).isEqualTo(1);
        assertThat(anew.journal()).isNotEqualTo(before.journal());
        assertThat(next.progress().position()).isEqualTo(PoolHistory.at(1, 3));
        assertThat(journal.persistedInStorage(ID)).hasSize(4);
    }

    @Test
    void journalThatSomebodyEmptied_isNoticedThoughThereIsNothingToWrite() {
        spawn(LedgerActorTest::ready);
        Demand before = demand();

        journal.clearByPersistenceId(ID);

        assertThat(demandAfter(before).journal()).isNotEqualTo(before.journal());
    }

    private static CompletionStage<Void> ready() {
        return CompletableFuture.completedFuture(null);
    }

    private ActorRef<Command> spawn(Supplier<CompletionStage<Void>> prepare) {
        return kit.spawn(
                LedgerActor.create(POOL, spm.getRef(), new LedgerActor.JournalAccess(prepare, this::eventsFrom)));
    }

    private CompletionStage<Long> eventsFrom(long first) {
        return CompletableFuture.completedFuture(
                Math.max(0L, journal.persistedInStorage(ID).size() - first + 1));
    }

    private Demand demand() {
        return spm.expectMessageClass(Demand.class, PATIENCE);
    }

    /** The next one that differs: whoever stands still for a while is told the same again. */
    private Demand demandAfter(Demand known) {
        List<LedgerActor.Word> words = spm.fishForMessage(
                PATIENCE,
                word -> word.equals(known) ? FishingOutcomes.continueAndIgnore() : FishingOutcomes.complete());
        assertThat(words).singleElement().isInstanceOf(Demand.class);
        return (Demand) words.get(0);
    }

    private void answer(Demand demand) {
        demand.ledger().tell(new Feed(demand.events(), wanted(demand)));
    }

    private List<LogEntry> wanted(Demand demand) {
        return demand.progress().wanted(history.log(), demand.limit());
    }

    private Summary summary(ActorRef<Command> ledger) {
        TestProbe<Summary> asker = kit.createTestProbe();
        ledger.tell(new Summarize(asker.getRef()));
        return asker.receiveMessage(PATIENCE);
    }
}
