package io.headroom.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.headroom.fake.FakeBlocks;
import io.headroom.fake.FakePool;
import io.headroom.ledger.Audit;
import io.headroom.ledger.LedgerActor;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Slot;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.AuditTrail;
import io.headroom.port.Clock;
import io.headroom.port.HostMail;
import io.headroom.port.SpmMail;
import io.headroom.spm.Levels;
import io.headroom.spm.Order;
import io.headroom.spm.Spm;
import io.headroom.spm.SpmActor;
import io.headroom.spm.SpmReport;
import io.headroom.spm.VolumesReport;
import io.headroom.store.event.PoolEventCodec;
import io.headroom.store.mailbox.Identity;
import io.headroom.store.mailbox.Layout;
import io.headroom.store.mailbox.MailboxArea;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The SPM over the real mailbox and pool log; the test is the host. */
class SpmActorTest {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final PoolId POOL = new PoolId("pool");
    private static final HostId HOST = new HostId(7);
    private static final VolumeId VOLUME = new VolumeId("v1");
    private static final Layout LAYOUT = new Layout(8, 4, 64);

    private final ActorTestKit kit = ActorTestKit.create(ConfigFactory.parseString("""
                    pekko.persistence.testkit.events.serialize = off
                    pekko.persistence.testkit.snapshots.serialize = off
                    """)
            .withFallback(PersistenceTestKitPlugin.getInstance().config())
            .withFallback(PersistenceTestKitSnapshotPlugin.config())
            .withFallback(ActorTestKit.applicationTestConfig()));
    private final FakePool pool = new FakePool(Bytes.gibi(100));
    private final List<HostId> rung = new CopyOnWriteArrayList<>();
    private final AtomicBoolean mailIsBroken = new AtomicBoolean();
    private MailboxArea area;
    private HostMail mail;
    private long sequence;

    @BeforeEach
    void aPool() {
        pool.create(VOLUME, Bytes.gibi(1), Bytes.gibi(50));
        area = MailboxArea.create(new FakeBlocks(LAYOUT.blocks()), new Identity(POOL, LAYOUT))
                .toCompletableFuture()
                .join();
        mail = area.hostMail(HOST);
    }

    @AfterEach
    void stopSystem() {
        kit.shutdownTestKit();
    }

    @Test
    void aHostPosts_theVolumeGrows_theHostHasItsReply() {
        ActorRef<SpmActor.Command> spm = serving();

        Ticket ticket = post(Bytes.gibi(4));
        spm.tell(new SpmActor.Rung(HOST));

        Reply reply = reply(ticket);
        assertThat(reply.status()).isEqualTo(Reply.Status.GRANTED);
        assertThat(reply.size()).isEqualTo(Bytes.gibi(4));
        assertThat(pool.size(VOLUME)).isEqualTo(Bytes.gibi(4));
        await().atMost(PATIENCE).until(() -> rung.contains(HOST));
    }

    @Test
    void withoutABell_theScanFindsIt() {
        serving();

        assertThat(reply(post(Bytes.gibi(4))).status()).isEqualTo(Reply.Status.GRANTED);
    }

    @Test
    void everythingReachesTheLedger() {
        ActorRef<SpmActor.Command> spm = serving();
        reply(post(Bytes.gibi(4)));

        await().atMost(PATIENCE).untilAsserted(() -> {
            SpmReport report = report(spm);
            assertThat(report.journal()).isNotEmpty();
            assertThat(report.journaled()).isEqualTo(report.logged());
        });
        assertThat(report(spm).logged().sequence()).isGreaterThanOrEqualTo(4);
    }

    @Test
    void afterAFailureOfItsOwn_itServesAgainUnderTheNextEpoch() {
        ActorRef<SpmActor.Command> spm = serving();
        mailIsBroken.set(true);
        await().atMost(PATIENCE).until(() -> !pool.isHeld());

        mailIsBroken.set(false);

        await().atMost(PATIENCE).until(() -> pool.tenures() >= 2 && serves(spm));
        assertThat(report(spm).epoch()).isGreaterThan(new Epoch(1));
        assertThat(reply(post(Bytes.gibi(4))).status()).isEqualTo(Reply.Status.GRANTED);
    }

    @Test
    void aLeaseThatWasLostIsTakenAgain() {
        ActorRef<SpmActor.Command> spm = serving();

        pool.lose("the keeper is gone");

        await().atMost(PATIENCE).until(() -> pool.tenures() == 2 && serves(spm));
        assertThat(report(spm).epoch()).isEqualTo(new Epoch(2));
        assertThat(reply(post(Bytes.gibi(4))).epoch()).isEqualTo(new Epoch(2));
    }

    @Test
    void whoIsToldToStepDownGivesTheLeaseBackAndStops() {
        ActorRef<SpmActor.Command> spm = serving();
        TestProbe<Object> probe = kit.createTestProbe();

        spm.tell(new SpmActor.StepDown());

        probe.expectTerminated(spm);
        assertThat(pool.isHeld()).isFalse();
        assertThat(pool.tenures()).isEqualTo(1);
    }

    @Test
    void whoIsStoppedGivesTheLeaseBack() {
        kit.stop(serving());

        await().atMost(PATIENCE).until(() -> !pool.isHeld());
    }

    @Test
    void whoWaitsForTheLeaseServesWhenItIsFree() {
        ActorRef<SpmActor.Command> first = serving();
        ActorRef<SpmActor.Command> second = kit.spawn(actor(pool, this::persistentLedger));
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(report(second).problems()).containsExactly("the lease is held by somebody"));

        first.tell(new SpmActor.StepDown());

        await().atMost(PATIENCE).until(() -> serves(second));
        assertThat(report(second).epoch()).isEqualTo(new Epoch(2));
    }

    @Test
    void anAuditBeforeTheSpmServesSaysSo() {
        pool.acquire();
        ActorRef<SpmActor.Command> spm = kit.spawn(actor(pool, this::persistentLedger));

        SpmActor.AuditAnswer answer = audit(spm);

        assertThat(answer.page()).isEmpty();
        assertThat(answer.problem()).contains("the SPM does not serve yet").contains("ask again shortly");
    }

    @Test
    void anAuditWhileTheLedgerIsAwaySaysSo_andGrowthGoesOn() {
        ActorRef<SpmActor.Command> spm = kit.spawn(actor(pool, feeder -> Behaviors.ignore()));
        await().atMost(PATIENCE).until(() -> serves(spm));

        SpmActor.AuditAnswer answer = audit(spm);

        assertThat(answer.page()).isEmpty();
        assertThat(answer.problem())
                .contains("the ledger's database does not answer")
                .contains("growth goes on without it");
        assertThat(reply(post(Bytes.gibi(4))).status()).isEqualTo(Reply.Status.GRANTED);
    }

    @Test
    void anAuditTrailThatCannotBeReadSaysSo() {
        AuditTrail broken = audit -> CompletableFuture.failedFuture(new IOException("no connection"));
        ActorRef<SpmActor.Command> spm = kit.spawn(actor(pool, this::persistentLedger, broken));
        await().atMost(PATIENCE).until(() -> serves(spm));

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(audit(spm).problem()).contains("no connection"));
    }

    @Test
    void anAuditIsAnswered() {
        ActorRef<SpmActor.Command> spm = serving();

        // the ledger is given a few seconds, which one on a busy machine may not keep
        SpmActor.AuditAnswer answer = await().atMost(PATIENCE)
                .until(() -> audit(spm), said -> said.problem().isEmpty());

        assertThat(answer.page()).isPresent();
    }

    @Test
    void anOrderIsCarriedOut_andTheVolumesTellOfIt() {
        ActorRef<SpmActor.Command> spm = serving();

        Order.Answer answer = carry(spm, new Order.CreateVolume("web-1", Bytes.gibi(20), Optional.empty()), false);

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Order.Answer.Carried.class,
                        carried -> assertThat(carried.what()).isEqualTo("volume web-1 is created"));
        assertThat(volumes(spm).volumes())
                .extracting(known -> known.volume().name())
                .contains("web-1");
    }

    @Test
    void aPretendedOrderChangesNothing() {
        ActorRef<SpmActor.Command> spm = serving();

        Order.Answer answer = carry(spm, new Order.CreateVolume("web-1", Bytes.gibi(20), Optional.empty()), true);

        assertThat(answer).isInstanceOf(Order.Answer.Planned.class);
        assertThat(volumes(spm).volumes()).hasSize(1);
    }

    @Test
    void beforeTheSpmServes_ordersAndListsSaySo() {
        pool.acquire();
        ActorRef<SpmActor.Command> spm = kit.spawn(actor(pool, this::persistentLedger));

        assertThat(carry(spm, new Order.DeleteVolume("a", false), false)).isInstanceOf(Order.Answer.Refused.class);
        assertThat(volumes(spm).problem()).contains("does not serve");
    }

    @Test
    void whoStepsDown_answersEveryOrder() {
        ActorRef<SpmActor.Command> spm = serving();
        TestProbe<Order.Answer> probe = kit.createTestProbe();
        for (int order = 0; order < 10; order++) {
            spm.tell(new SpmActor.Carry(
                    new Order.CreateVolume("web-" + order, Bytes.gibi(20), Optional.empty()),
                    "root",
                    false,
                    probe.ref()));
        }

        spm.tell(new SpmActor.StepDown());

        assertThat(probe.receiveSeveralMessages(10, PATIENCE)).hasSize(10);
    }

    private Order.Answer carry(ActorRef<SpmActor.Command> spm, Order order, boolean pretend) {
        TestProbe<Order.Answer> probe = kit.createTestProbe();
        spm.tell(new SpmActor.Carry(order, "root", pretend, probe.ref()));
        return probe.receiveMessage(PATIENCE);
    }

    private VolumesReport volumes(ActorRef<SpmActor.Command> spm) {
        TestProbe<VolumesReport> probe = kit.createTestProbe();
        spm.tell(new SpmActor.ListVolumes(probe.ref()));
        return probe.receiveMessage(PATIENCE);
    }

    private ActorRef<SpmActor.Command> serving() {
        ActorRef<SpmActor.Command> spm = kit.spawn(actor(pool, this::persistentLedger));
        await().atMost(PATIENCE).until(() -> serves(spm));
        return spm;
    }

    private Behavior<SpmActor.Command> actor(
            FakePool lease, Function<ActorRef<LedgerActor.Word>, Behavior<LedgerActor.Command>> ledger) {
        return actor(lease, ledger, audit -> CompletableFuture.completedFuture(audit.page()));
    }

    private Behavior<SpmActor.Command> actor(
            FakePool lease,
            Function<ActorRef<LedgerActor.Word>, Behavior<LedgerActor.Command>> ledger,
            AuditTrail trail) {
        SpmActor.Settings settings = new SpmActor.Settings(
                POOL,
                new HostId(1),
                "host1:7355",
                new Spm.Timing(Duration.ofMillis(200), Duration.ofMillis(100), Duration.ofMillis(50)),
                Levels.Limits.NONE,
                Duration.ofMillis(20));
        return SpmActor.create(
                settings,
                new SpmActor.Surroundings(
                        this::spmMail,
                        area.headerStore(),
                        area.poolLog(new PoolEventCodec()),
                        lease,
                        rung::add,
                        trail,
                        ledger,
                        Clock.system()));
    }

    private Behavior<LedgerActor.Command> persistentLedger(ActorRef<LedgerActor.Word> feeder) {
        return LedgerActor.create(
                POOL,
                feeder,
                new LedgerActor.JournalAccess(
                        () -> CompletableFuture.completedFuture(null),
                        first -> CompletableFuture.failedFuture(new IllegalStateException("nobody counts here"))));
    }

    /** The real one, with a bug now and then. */
    private SpmMail spmMail() {
        SpmMail real = area.spmMail();
        return new SpmMail() {
            @Override
            public CompletionStage<Collected> scan() {
                if (mailIsBroken.get()) {
                    throw new IllegalStateException("a bug in the mail");
                }
                return real.scan();
            }

            @Override
            public CompletionStage<Collected> collect(HostId host) {
                return real.collect(host);
            }

            @Override
            public CompletionStage<Long> bell() {
                return real.bell();
            }

            @Override
            public CompletionStage<Void> answer(IncomingBlock block) {
                return real.answer(block);
            }

            @Override
            public CompletionStage<Optional<IncomingBlock>> standing(HostId host, int index) {
                return real.standing(host, index);
            }
        };
    }

    private boolean serves(ActorRef<SpmActor.Command> spm) {
        return report(spm).phase() == Spm.Phase.SERVING;
    }

    private SpmReport report(ActorRef<SpmActor.Command> spm) {
        TestProbe<SpmReport> probe = kit.createTestProbe();
        spm.tell(new SpmActor.Describe(probe.ref()));
        return probe.receiveMessage(PATIENCE);
    }

    private SpmActor.AuditAnswer audit(ActorRef<SpmActor.Command> spm) {
        TestProbe<SpmActor.AuditAnswer> probe = kit.createTestProbe();
        spm.tell(new SpmActor.ReadAudit(Audit.Query.newest(10), probe.ref()));
        return probe.receiveMessage(PATIENCE);
    }

    private Ticket post(Bytes size) {
        Epoch epoch = mail.read(0)
                .toCompletableFuture()
                .join()
                .header()
                .map(Header::epoch)
                .orElse(Epoch.NONE);
        Ticket ticket = new Ticket(++sequence);
        Request request = new Request(
                ticket, VOLUME, new VmName("vm1"), size, Why.THRESHOLD, Urgency.within(Duration.ofSeconds(9)));
        List<Slot> slots = new ArrayList<>(Collections.nCopies(Limits.SLOTS_PER_BLOCK, Slot.FREE));
        slots.set(0, new Slot(Optional.of(VOLUME), Optional.of(request), Optional.empty()));
        mail.post(new OutgoingBlock(POOL, HOST, 0, 1, new Incarnation(1, 0xcafe), sequence, epoch, "host7:7355", slots))
                .toCompletableFuture()
                .join();
        return ticket;
    }

    private Reply reply(Ticket to) {
        return await().atMost(PATIENCE)
                .until(
                        () -> mail.read(1).toCompletableFuture().join().blocks().stream()
                                .flatMap(block -> block.replies().get(0).stream())
                                .filter(reply -> reply.ticket().equals(to))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }
}
