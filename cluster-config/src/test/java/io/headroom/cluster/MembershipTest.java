package io.headroom.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.headroom.host.HostReport;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.OverTheWire;
import io.headroom.port.Bell;
import io.headroom.port.Cause;
import io.headroom.port.Clock;
import io.headroom.port.PoolLease;
import io.headroom.port.Tenure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real cluster systems in one JVM over one storage in memory; no seeds anywhere. */
class MembershipTest {
    /** For what may be lost, and is asked again. */
    private static final Duration LIMIT = Duration.ofSeconds(3);

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final SharedMail mail = new SharedMail();
    private final ExecutorService blocking = Executors.newCachedThreadPool();
    private final List<TestNode> nodes = new ArrayList<>();

    @BeforeEach
    void makeLease() throws IOException {
        Files.createFile(directory.resolve("lease"));
    }

    @AfterEach
    void stopAll() {
        nodes.forEach(TestNode::stop);
        blocking.shutdownNow();
    }

    @Test
    void threeNodesWithoutSeeds_formOneCluster_bellsRing_survivorsGoOn() throws IOException {
        TestNode first = start(1);
        TestNode second = start(2);
        TestNode third = start(3);

        await().atMost(PATIENCE).until(() -> nodes.stream().allMatch(node -> node.members() == 3));
        HostId spm =
                await().atMost(PATIENCE).until(first::spm, Optional::isPresent).orElseThrow();
        awaitSpm(second, spm);
        awaitSpm(third, spm);
        assertThat(await().atMost(PATIENCE).until(third::reports, reports -> reports.size() == 3))
                .extracting(HostReport::host)
                .containsExactlyInAnyOrder(new HostId(1), new HostId(2), new HostId(3));

        assertThat(third.look("/dev/sdb"))
                .containsExactlyInAnyOrder(
                        first.sight(DeviceQuestion.at("/dev/sdb")),
                        second.sight(DeviceQuestion.at("/dev/sdb")),
                        third.sight(DeviceQuestion.at("/dev/sdb")));

        // each ring of a host reaches the SPM, which rings that host back
        for (TestNode node : nodes) {
            await().atMost(PATIENCE).until(() -> {
                node.membership.bell().ring(node.host);
                return node.rung.get() > 0;
            });
        }

        TestNode gone = nodes.get(spm.value() - 1);
        gone.leave();
        TestNode survivor =
                nodes.stream().filter(node -> node != gone).findFirst().orElseThrow();
        await().atMost(PATIENCE)
                .until(() -> survivor.spm().filter(other -> !other.equals(spm)).isPresent());
    }

    @Test
    void downedNode_joinsAgainInTheSameProcess() throws IOException {
        TestNode first = start(1);
        await().atMost(PATIENCE).until(() -> first.spm().isPresent());
        TestNode second = start(2);
        await().atMost(PATIENCE).until(() -> first.members() == 2 && second.members() == 2);
        ActorSystem<?> former = second.membership.system().orElseThrow();

        Cluster cluster = Cluster.get(first.membership.system().orElseThrow());
        cluster.manager().tell(new Down(Cluster.get(former).selfMember().address()));

        await().atMost(PATIENCE).until(() -> former.whenTerminated().isCompleted());
        await().atMost(PATIENCE)
                .until(() -> second.membership
                                .system()
                                .filter(system -> system != former)
                                .isPresent()
                        && second.members() == 2
                        && first.members() == 2);
        awaitSpm(second, new HostId(1));
    }

    @Test
    void everybodyDowned_oneFormsAnewAndTheOtherJoins() throws IOException {
        TestNode first = start(1);
        await().atMost(PATIENCE).until(() -> first.spm().isPresent());
        TestNode second = start(2);
        await().atMost(PATIENCE).until(() -> first.members() == 2 && second.members() == 2);

        List<ActorSystem<?>> former = new ArrayList<>();
        for (TestNode node : nodes) {
            ActorSystem<?> system = node.membership.system().orElseThrow();
            former.add(system);
            Cluster cluster = Cluster.get(system);
            cluster.manager().tell(new Down(cluster.selfMember().address()));
        }

        await().atMost(PATIENCE)
                .until(() -> former.stream()
                        .allMatch(system -> system.whenTerminated().isCompleted()));
        await().atMost(PATIENCE)
                .until(() -> first.members() == 2
                        && second.members() == 2
                        && first.spm().isPresent());
    }

    @Test
    void movedRole_goesToTheWantedHost_andEverybodyIsInTheClusterAgain() throws IOException {
        TestNode first = start(1);
        await().atMost(PATIENCE).until(() -> first.spm().isPresent());
        TestNode second = start(2);
        await().atMost(PATIENCE).until(() -> first.members() == 2 && second.members() == 2);
        TestNode third = start(3);
        await().atMost(PATIENCE).until(() -> nodes.stream().allMatch(node -> node.members() == 3));

        await().atMost(PATIENCE).until(() -> third.moves(third.host).equals("from 1"));

        awaitSpm(first, third.host);
        await().atMost(PATIENCE).until(() -> nodes.stream().allMatch(node -> node.members() == 3));
        assertThat(first.membership.succession().get(0)).isEqualTo(third.address);

        await().atMost(PATIENCE).until(() -> third.moves(new HostId(9)).contains("host 9 is no member"));
        awaitSpm(second, third.host); // a refused move changes nothing
    }

    @Test
    void oldestNodeLosesTheStorage_anotherIsSpm_andItComesBackWhenItSeesTheStorage() throws IOException {
        TestNode first = start(1);
        await().atMost(PATIENCE).until(() -> first.spm().isPresent());
        TestNode second = start(2);
        await().atMost(PATIENCE).until(() -> first.members() == 2 && second.members() == 2);

        first.blind = true;
        awaitSpm(second, second.host);
        await().atMost(PATIENCE).until(() -> first.members() == 0 && second.members() == 1);

        first.blind = false;
        await().atMost(PATIENCE).until(() -> first.members() == 2 && second.members() == 2);
        awaitSpm(first, second.host);
    }

    @Test
    void bellWithoutCluster_isSilent_andTheSpmIsNoAnswer() throws IOException {
        mail.beats = true;
        TestNode lonely = start(1);

        lonely.membership.bell().ring(lonely.host);
        assertThat(lonely.spm()).isEmpty();
        assertThat(lonely.membership.isMember()).isFalse();
    }

    /** Who has just joined does not know at once where the SPM is. */
    private static void awaitSpm(TestNode asked, HostId spm) {
        await().atMost(PATIENCE).until(asked::spm, Optional.of(spm)::equals);
    }

    private TestNode start(int host) throws IOException {
        TestNode node = new TestNode(new HostId(host), freePort());
        nodes.add(node);
        return node;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** What the dummy SPM understands. */
    sealed interface SpmMessage {}

    record WhoAreYou(ActorRef<Me> replyTo) implements SpmMessage, OverTheWire {}

    record Me(int host) implements OverTheWire {}

    record HostRang(int host) implements SpmMessage, OverTheWire {}

    record StepDown() implements SpmMessage {}

    private record Beat() implements SpmMessage {}

    private record Lease(Optional<Tenure> tenure) implements SpmMessage {}

    private record Released() implements SpmMessage {}

    private final class TestNode {
        final HostId host;
        final AtomicInteger rung = new AtomicInteger();
        final ActorSystem<Void> local;
        final String address;
        final FileLease lease;
        final Membership<SpmMessage> membership;
        volatile boolean blind;

        TestNode(HostId host, int port) {
            this.host = host;
            this.address = "127.0.0.1:" + port;
            this.local = ActorSystem.create(
                    Behaviors.empty(),
                    "host",
                    ConfigFactory.parseResources("host-system.conf").withFallback(ConfigFactory.defaultReference()));
            this.lease = new FileLease(directory.resolve("lease"), "host " + host, NoMetadata::new, blocking);
            mail.post(Blocks.of(host.value(), 1, address));
            // None of these tests is about a node that falls silent; a machine that is busy must not look like one.
            NodeSettings settings = NodeSettings.of(ConfigFactory.parseString("headroom { host-id = " + host
                    + ", pool.directory = /pool, mailbox.heartbeat = 200ms, cluster { port = " + port
                    + ", form-after = 2s } }\npekko.cluster.failure-detector.acceptable-heartbeat-pause = 20s"));
            this.membership = Membership.start(
                    local,
                    settings,
                    new MembershipActor.Storage(
                            mail.unless(() -> blind), mail.reader(), lease, blocking, Clock.system()),
                    new SpmRole<>(
                            Blocks.POOL,
                            bell -> spmBehaviour(this, bell),
                            new StepDown(),
                            rang -> new HostRang(rang.value())),
                    ConfigFactory.empty(),
                    new LocalHost(
                            rung::incrementAndGet,
                            () -> CompletableFuture.completedFuture(report()),
                            question -> CompletableFuture.completedFuture(sight(question))));
        }

        DeviceSight sight(DeviceQuestion question) {
            return new DeviceSight(host, Optional.empty(), "there is no " + question.path(), List.of("/dev/*"), 512);
        }

        HostReport report() {
            return new HostReport(
                    Blocks.POOL,
                    host,
                    address,
                    Incarnation.NONE,
                    Epoch.NONE,
                    Optional.empty(),
                    "",
                    Optional.of(Duration.ofMillis(3)),
                    0,
                    List.of(),
                    List.of("none"));
        }

        int members() {
            return membership
                    .system()
                    .filter(system -> membership.isMember())
                    .map(system -> {
                        int[] up = {0};
                        Cluster.get(system).state().getMembers().forEach(member -> {
                            if (member.status() == org.apache.pekko.cluster.MemberStatus.up()) {
                                up[0]++;
                            }
                        });
                        return up[0];
                    })
                    .orElse(0);
        }

        Optional<HostId> spm() {
            return membership
                    .<Me>askSpm(WhoAreYou::new, LIMIT)
                    .handle((me, failure) ->
                            Optional.ofNullable(me).map(Me::host).map(HostId::new))
                    .toCompletableFuture()
                    .join();
        }

        List<DeviceSight> look(String path) {
            return membership
                    .look(DeviceQuestion.at(path), PATIENCE)
                    .toCompletableFuture()
                    .join();
        }

        /** What became of the order to move the role. */
        String moves(HostId to) {
            return membership
                    .moveSpm(Optional.of(to), PATIENCE)
                    .handle((from, failure) -> failure == null ? "from " + from : Cause.of(failure))
                    .toCompletableFuture()
                    .join();
        }

        List<HostReport> reports() {
            return membership.hostReports(PATIENCE).toCompletableFuture().join();
        }

        void leave() {
            membership
                    .leave(PATIENCE)
                    .toCompletableFuture()
                    .orTimeout(60, SECONDS)
                    .join();
        }

        void stop() {
            end(local); // first, for it would replace the other
            membership.system().ifPresent(TestNode::end);
        }

        private static void end(ActorSystem<?> system) {
            system.terminate();
            system.getWhenTerminated()
                    .toCompletableFuture()
                    .orTimeout(60, SECONDS)
                    .join();
        }
    }

    /** Takes the lease, beats, rings back whoever rings, and gives the lease back last. */
    private Behavior<SpmMessage> spmBehaviour(TestNode node, Bell bell) {
        return Behaviors.withTimers(timers -> Behaviors.setup(context -> {
            timers.startTimerWithFixedDelay(new Beat(), Duration.ofMillis(200));
            Tenure[] tenure = {null};
            return Behaviors.receive(SpmMessage.class)
                    .onMessage(Beat.class, beat -> {
                        if (tenure[0] == null) {
                            context.pipeToSelf(
                                    node.lease.acquire(),
                                    (answer, failure) -> new Lease(
                                            answer instanceof PoolLease.Acquisition.Taken taken
                                                    ? Optional.of(taken.tenure())
                                                    : Optional.empty()));
                        } else {
                            mail.beat(node.host, node.address);
                        }
                        return Behaviors.same();
                    })
                    .onMessage(Lease.class, answer -> {
                        answer.tenure().ifPresent(taken -> tenure[0] = taken);
                        return Behaviors.same();
                    })
                    .onMessage(WhoAreYou.class, question -> {
                        question.replyTo().tell(new Me(node.host.value()));
                        return Behaviors.same();
                    })
                    .onMessage(HostRang.class, rang -> {
                        bell.ring(new HostId(rang.host()));
                        return Behaviors.same();
                    })
                    .onMessage(StepDown.class, order -> {
                        if (tenure[0] == null) {
                            return Behaviors.stopped();
                        }
                        timers.cancelAll();
                        context.pipeToSelf(tenure[0].release(), (done, failure) -> new Released());
                        return Behaviors.same();
                    })
                    .onMessage(Released.class, released -> Behaviors.stopped())
                    .build();
        }));
    }

    private static final class NoMetadata implements Metadata {
        @Override
        public Tenure.Inventory inspect() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void tag(Epoch epoch) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Tenure.Outcome change(Tenure.Change change) {
            throw new UnsupportedOperationException();
        }
    }
}
