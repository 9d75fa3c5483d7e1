package io.headroom.actor;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.disk.Disk;
import io.headroom.disk.DiskReport;
import io.headroom.disk.GrowthPolicy;
import io.headroom.fake.FakeBlocks;
import io.headroom.fake.FakeNotebook;
import io.headroom.fake.FakePool;
import io.headroom.fake.FakeQemu;
import io.headroom.host.HostActor;
import io.headroom.host.HostReport;
import io.headroom.host.Outbox;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Slot;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.model.LogPosition;
import io.headroom.model.Moment;
import io.headroom.model.PoolId;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Clock;
import io.headroom.port.Qemu;
import io.headroom.port.SpmMail;
import io.headroom.store.mailbox.Identity;
import io.headroom.store.mailbox.Layout;
import io.headroom.store.mailbox.MailboxArea;
import io.headroom.vm.VmReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A host with its VMs and disks over the real mailbox; the test is the SPM. */
class HostActorTest {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final PoolId POOL = new PoolId("pool");
    private static final HostId HOST = new HostId(7);
    private static final VmName VM = new VmName("vm1");
    private static final VolumeId VOLUME = new VolumeId("v1");
    private static final Epoch EPOCH = new Epoch(4);
    private static final Layout LAYOUT = new Layout(8, 4, 16);

    private final ActorTestKit kit = ActorTestKit.create();
    private final FakeBlocks blocks = new FakeBlocks(LAYOUT.blocks());
    private final FakePool pool = new FakePool(Bytes.gibi(100));
    private final FakeNotebook notebook = new FakeNotebook();
    private final List<UnsteadyQemu> monitors = new CopyOnWriteArrayList<>();
    private MailboxArea area;
    private SpmMail mail;
    private Optional<OutgoingBlock> posted = Optional.empty();
    private long sequence;
    /** What the host's clock has in advance of the system's. */
    private volatile Duration ahead = Duration.ZERO;

    /** The fake QEMU, with a monitor that the test can make fail. */
    private static final class UnsteadyQemu implements Qemu {
        private final FakeQemu qemu;
        private volatile boolean looksThrow;
        private volatile boolean armsThrow;
        private volatile boolean hasNoDisk;
        private volatile boolean isClosed;

        private UnsteadyQemu(FakeQemu qemu) {
            this.qemu = qemu;
        }

        @Override
        public CompletionStage<View> look() {
            if (looksThrow) {
                throw new IllegalStateException("a bug in the monitor");
            }
            return qemu.look().thenApply(view -> hasNoDisk ? new View(view.status(), List.of()) : view);
        }

        @Override
        public CompletionStage<Bytes> arm(String storageNode, Bytes threshold) {
            if (armsThrow) {
                throw new IllegalStateException("a bug in the monitor");
            }
            return qemu.arm(storageNode, threshold);
        }

        @Override
        public CompletionStage<Void> resize(String storageNode, Bytes size) {
            return qemu.resize(storageNode, size);
        }

        @Override
        public CompletionStage<Void> resume() {
            return qemu.resume();
        }

        @Override
        public void close() {
            isClosed = true;
            qemu.close();
        }
    }

    @BeforeEach
    void aPoolWithAnSpm() {
        pool.create(VOLUME, Bytes.gibi(10), Bytes.gibi(100));
        area = MailboxArea.create(blocks, new Identity(POOL, LAYOUT))
                .toCompletableFuture()
                .join();
        mail = area.spmMail();
        header(EPOCH);
        pool.whenGrown((volume, size) -> monitors.forEach(monitor -> monitor.qemu.grow("fmt", size)));
    }

    @AfterEach
    void stopSystem() {
        kit.shutdownTestKit();
    }

    @Test
    void anEventBecomesARequestAndAReplyANewThreshold() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);

        qemu().write("fmt", Bytes.gibi(9));

        Request request = request();
        assertThat(request.volume()).isEqualTo(VOLUME);
        assertThat(request.vm()).isEqualTo(VM);
        assertThat(request.size()).isGreaterThan(Bytes.gibi(12));
        grant(request);
        Slot done = patiently().until(() -> slot(0), slot -> slot.request().isEmpty());
        assertThat(done.lastDone().orElseThrow().ticket()).isEqualTo(request.ticket());
        assertThat(done.lastDone().orElseThrow().size()).isEqualTo(request.size());
        DiskReport disk = patiently().until(() -> disk(host), report -> report.extensions() == 1);
        assertThat(disk.phase()).isEqualTo(Disk.Phase.ARMED);
        assertThat(disk.device()).isEqualTo(request.size());
        assertThat(report(host).openSlots()).isZero();
    }

    @Test
    void aGuestThatWasPausedForSpaceGoesOn() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);

        assertThat(qemu().write("fmt", Bytes.gibi(11))).isFalse();

        Request request =
                patiently().until(this::request, asked -> asked.urgency().paused());
        assertThat(qemu().look().toCompletableFuture().join().status()).isEqualTo("io-error");
        grant(request);
        patiently()
                .until(() -> qemu().look().toCompletableFuture().join().status().equals("running"));
    }

    @Test
    void aRequestOverTheVolumesLimitIsToldWithTheNextStep() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);
        qemu().write("fmt", Bytes.gibi(9));

        reply(request(), Reply.Status.OVER_LIMIT, Bytes.gibi(10));

        patiently().until(() -> disk(host).phase() == Disk.Phase.REFUSED);
        assertThat(disk(host).problem()).contains("enlarged through QEMU").contains("headroom volume resize");
    }

    @Test
    void aGuestThatAPersonPausedStaysPaused() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);
        qemu().write("fmt", Bytes.gibi(9));
        qemu().pause();

        grant(request());

        patiently().until(() -> disk(host).extensions() == 1);
        assertThat(qemu().look().toCompletableFuture().join().status()).isEqualTo("paused");
    }

    @Test
    void aMailboxThatCannotBeWrittenIsReportedAndTriedAgain() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);
        blocks.failWrites("no path to the LUN");

        qemu().write("fmt", Bytes.gibi(9));

        patiently()
                .untilAsserted(() -> assertThat(report(host).problems())
                        .anyMatch(problem ->
                                problem.contains("could not be written") && problem.contains("no path to the LUN")));
        blocks.work();
        assertThat(request().volume()).isEqualTo(VOLUME);
        patiently().until(() -> report(host).problems().isEmpty());
    }

    @Test
    void aMailboxThatCannotBeReadAtTheStartIsReportedAndTriedAgain() {
        blocks.failReads("no path to the LUN");
        ActorRef<HostActor.Command> host = host();

        patiently()
                .untilAsserted(() -> assertThat(report(host).problems())
                        .anyMatch(problem -> problem.contains("check the pool's storage")));
        host.tell(new HostActor.Rung());
        blocks.work();

        guarded(host);
        assertThat(report(host).problems()).isEmpty();
    }

    @Test
    void aVolumeThatCannotBeRefreshedIsReportedAndTriedAgain() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);
        qemu().write("fmt", Bytes.gibi(9));
        Request request = request();
        pool.breakVolumes("no device-mapper");

        grant(request);

        patiently().untilAsserted(() -> assertThat(disk(host).problem()).contains("no device-mapper"));
        assertThat(slot(0).request())
                .as("the slot stands until the device has the size")
                .isPresent();
        pool.work();
        patiently().until(() -> disk(host).extensions() == 1);
        assertThat(disk(host).problem()).isEmpty();
    }

    @Test
    void aVmWhoseActorFailedIsGuardedAgain() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);

        monitors.get(0).looksThrow = true;

        patiently().until(() -> monitors.size() == 2);
        assertThat(monitors.get(0).isClosed).isTrue();
        guarded(host);
        qemu().write("fmt", Bytes.gibi(9));
        assertThat(request().volume()).isEqualTo(VOLUME);
    }

    @Test
    void aDiskWhoseActorFailedWhileItsRequestStood_getsTheReplyAllTheSame() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);
        qemu().write("fmt", Bytes.gibi(9));
        Request request = request();
        monitors.get(0).armsThrow = true;
        grant(request);

        patiently().until(() -> monitors.size() == 2);

        guarded(host);
        assertThat(disk(host).device()).isEqualTo(request.size());
    }

    @Test
    void aNewEpochIsEchoed() {
        host();
        patiently().until(() -> collected().isPresent());

        header(new Epoch(5));

        patiently()
                .until(() -> collected()
                        .filter(block -> block.epoch().equals(new Epoch(5)))
                        .isPresent());
    }

    @Test
    void aVmThatIsGoneTakesItsRequestWithIt() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);
        qemu().write("fmt", Bytes.gibi(9));
        request();

        host.tell(new HostActor.VmGone(VM));

        patiently().until(() -> slot(0), slot -> slot.equals(Slot.FREE));
        assertThat(report(host).vms()).isEmpty();
        patiently().until(() -> monitors.get(0).isClosed);
    }

    @Test
    void aVmWhoseQemuIsGoneTakesItsRequestWithItAndIsGuardedAgainWhenItIsBack() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);
        qemu().write("fmt", Bytes.gibi(9));
        request();
        qemu().disconnect("killed");

        patiently().pollInterval(Duration.ofMillis(20)).until(() -> {
            qemu().desert();
            ahead = ahead.plusSeconds(1);
            return report(host).vms().get(0).hasEnded();
        });

        patiently().until(() -> slot(0), slot -> slot.equals(Slot.FREE));
        assertThat(report(host).vms().get(0).disks()).isEmpty();
        assertThat(report(host).problems()).anyMatch(problem -> problem.startsWith("vm vm1: monitor is deserted"));

        qemu().connect();

        grant(request());
        guarded(host);
        assertThat(report(host).vms().get(0).hasEnded()).isFalse();
        patiently().untilAsserted(() -> assertThat(report(host).problems()).isEmpty());
    }

    @Test
    void aMonitorThatFailsForAnotherReasonTakesNothingFromItsVm() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);
        qemu().disconnect("killed");

        for (int attempt = 1; attempt <= 20; attempt++) {
            qemu().desert();
            ahead = ahead.plusSeconds(10);
            qemu().failToConnect("permission denied, attempt " + attempt);
        }

        VmReport last = patiently()
                .until(() -> report(host).vms().get(0), vm -> vm.problem().endsWith("attempt 20"));
        assertThat(last.hasEnded()).isFalse();
        assertThat(last.disks())
                .singleElement()
                .satisfies(disk -> assertThat(last.problemOf(disk)).isEqualTo("is not watched: " + last.problem()));
    }

    @Test
    void aDiskThatIsUnpluggedTakesItsRequestWithIt() {
        ActorRef<HostActor.Command> host = host();
        guarded(host);
        qemu().write("fmt", Bytes.gibi(9));
        request();

        monitors.get(0).hasNoDisk = true;

        patiently().until(() -> slot(0), slot -> slot.equals(Slot.FREE));
        patiently().until(() -> report(host).vms().get(0).disks().isEmpty());
    }

    @Test
    void theNextLifeOfTheHostHasTheNextNumber() {
        ActorRef<HostActor.Command> before = host();
        patiently().until(() -> collected().isPresent());
        kit.stop(before);
        long first = collected().orElseThrow().incarnation().number();

        host();

        patiently().until(() -> collected().orElseThrow().incarnation().number() == first + 1);
    }

    private ActorRef<HostActor.Command> host() {
        HostActor.Settings settings = new HostActor.Settings(
                POOL,
                HOST,
                "host7:7355",
                0xcafe,
                new Outbox.Timing(Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofSeconds(10)),
                new GrowthPolicy(Bytes.mebi(2560), Bytes.gibi(16), Duration.ofSeconds(5)));
        ActorRef<HostActor.Command> host = kit.spawn(HostActor.create(
                settings, new HostActor.Surroundings(area.hostMail(HOST), pool, rung -> {}, hurrying())));
        host.tell(new HostActor.VmFound(VM, notebook, this::monitor));
        return host;
    }

    private Clock hurrying() {
        return new Clock() {
            @Override
            public Moment now() {
                return Clock.system().now().plus(ahead);
            }

            @Override
            public Instant time() {
                return Clock.system().time();
            }
        };
    }

    private Qemu monitor(Consumer<Qemu.Event> events) {
        FakeQemu qemu = new FakeQemu(events);
        qemu.attach("fmt", VOLUME.value(), Bytes.gibi(90), pool.size(VOLUME), false);
        UnsteadyQemu monitor = new UnsteadyQemu(qemu);
        qemu.connect();
        monitors.add(monitor);
        return monitor;
    }

    private FakeQemu qemu() {
        return monitors.get(monitors.size() - 1).qemu;
    }

    /** QEMU is looked at first: what is reported after it was armed is no report of a former life of the VM's actor. */
    private void guarded(ActorRef<HostActor.Command> host) {
        patiently().until(() -> !monitors.isEmpty());
        patiently()
                .until(() -> qemu().look().toCompletableFuture().join().disks().stream()
                        .noneMatch(disk -> disk.threshold().isZero()));
        patiently()
                .until(() -> report(host).vms().stream()
                        .flatMap(vm -> vm.disks().stream())
                        .anyMatch(disk -> disk.phase() == Disk.Phase.ARMED
                                && disk.pointer().isPresent()));
    }

    private static ConditionFactory patiently() {
        return Awaitility.await().atMost(PATIENCE);
    }

    private HostReport report(ActorRef<HostActor.Command> host) {
        TestProbe<HostReport> probe = kit.createTestProbe();
        host.tell(new HostActor.Describe(probe.ref()));
        return probe.receiveMessage();
    }

    private DiskReport disk(ActorRef<HostActor.Command> host) {
        return report(host).vms().get(0).disks().get(0);
    }

    private Optional<OutgoingBlock> collected() {
        mail.collect(HOST).toCompletableFuture().join().blocks().forEach(block -> posted = Optional.of(block));
        return posted;
    }

    private Slot slot(int slot) {
        return collected().map(block -> block.slots().get(slot)).orElse(Slot.FREE);
    }

    private Request request() {
        return patiently().until(() -> slot(0).request(), Optional::isPresent).orElseThrow();
    }

    private void grant(Request request) {
        pool.extendByHand(request.volume(), request.size());
        reply(request, Reply.Status.GRANTED, request.size());
    }

    private void reply(Request request, Reply.Status status, Bytes size) {
        List<Optional<Reply>> replies = new ArrayList<>(Collections.nCopies(Limits.SLOTS_PER_BLOCK, Optional.empty()));
        replies.set(0, Optional.of(new Reply(request.ticket(), status, size, EPOCH)));
        mail.answer(new IncomingBlock(POOL, HOST, 0, posted.orElseThrow().incarnation(), ++sequence, EPOCH, replies))
                .toCompletableFuture()
                .join();
    }

    private void header(Epoch epoch) {
        area.headerStore()
                .write(new Header(POOL, epoch, ++sequence, new HostId(1), "host1:7355", "", 0, LogPosition.START))
                .toCompletableFuture()
                .join();
    }
}
