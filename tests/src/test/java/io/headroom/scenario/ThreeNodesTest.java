package io.headroom.scenario;

import static io.headroom.scenario.Scenario.assertNoPause;
import static io.headroom.scenario.Scenario.assertNothingIsLost;
import static io.headroom.scenario.Scenario.disk;
import static io.headroom.scenario.Scenario.history;
import static io.headroom.scenario.Scenario.isMember;
import static io.headroom.scenario.Scenario.patiently;
import static io.headroom.scenario.Scenario.spmAfter;
import static io.headroom.scenario.Scenario.until;
import static io.headroom.scenario.Scenario.untilAllGrown;
import static io.headroom.scenario.Scenario.untilGrown;
import static io.headroom.scenario.Scenario.untilGuarded;
import static io.headroom.scenario.Scenario.untilMember;
import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.guest.GuestVm;
import io.headroom.node.api.Answer;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** One life of a pool: its nodes are killed and stopped while their guests write on, and nothing is lost. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ThreeNodesTest {
    private static final int HOSTS = 3;
    private static final int TERMINATED = 128 + 15;

    /** Nobody listens on the port that is for throwing away. */
    private static final String GONE_FOR_GOOD = "127.0.0.1:9";

    private Rig rig;

    @BeforeAll
    void startAll() throws IOException {
        rig = Rig.create(Scenario.plan("three-nodes", HOSTS, "cluster.seeds = [\"" + GONE_FOR_GOOD + "\"]"));
        for (NodeProcess node : rig.nodes()) {
            node.start();
        }
        // What a guest has at first lasts half a minute, and a busy machine may take as long to start three nodes.
        spmAfter(rig, 0);
        for (int host = 1; host <= HOSTS; host++) {
            Scenario.startGuest(rig, host);
        }
    }

    @AfterAll
    void endAll() throws IOException {
        rig.close();
    }

    @Test
    @Order(1)
    void nodesWhoseOnlySeedIsGone_findEachOtherOverTheStorage() {
        rig.nodes().forEach(Scenario::untilMember);
        until("every node reaches the same SPM", () -> {
            Optional<Long> epoch = epochAt(rig.node(1));
            return epoch.isPresent()
                    && rig.nodes().stream().map(ThreeNodesTest::epochAt).allMatch(epoch::equals);
        });
        patiently("one cluster formed, so one took over")
                .untilAsserted(() -> assertThat(history(rig, rig.node(1)).lines())
                        .filteredOn(line -> line.kind().equals("taken-over"))
                        .hasSizeBetween(1, 1 + removals()));
    }

    @Test
    @Order(2)
    void everyGuest_isExtended() {
        for (NodeProcess node : rig.nodes()) {
            untilGuarded(node);
            until(
                    "guest " + node.host() + " was extended twice",
                    () -> disk(node).filter(disk -> disk.extensions() >= 2).isPresent());
        }
    }

    @Test
    @Order(3)
    void nodeThatIsNotSpm_answersForThePool() {
        NodeProcess other = anyOtherThan(spmAfter(rig, 0).spm());

        assertThat(history(rig, other).lines())
                .extracting(Answer.Line::kind)
                .contains("pool-created", "volume-created", "taken-over", "extended");
        until(
                "all disks are told by node " + other.host(),
                () -> other.api()
                        .ask("/api/v1/disks?all=true", Answer.Disks.class)
                        .filter(disks ->
                                disks.disks().size() == HOSTS && disks.silent().isEmpty())
                        .isPresent());
    }

    @Test
    @Order(4)
    void killedSpm_isFollowedByAnother_andItsGuestIsGuardedAgainAfterItsRestart() throws IOException {
        Answer.Pool before = spmAfter(rig, 0);
        NodeProcess killed = rig.node(before.spm());
        GuestVm guest = rig.guests().get(killed.host());
        killed.kill();

        Answer.Pool after = spmAfter(rig, before.epoch());
        assertThat(after.spm()).isNotEqualTo(killed.host());
        assertThat(guest.isRunning()).isTrue();
        assertThat(guardedDisks(anyOtherThan(killed.host())))
                .as("hosts whose guests are guarded")
                .doesNotContain(killed.host());

        int removed = removals();
        restart(killed);
        assertRoleStays(after, removed);
        untilAllGrown(rig);
    }

    @Test
    @Order(5)
    void killedHost_isGuardedAgainAfterItsRestart_andTheSpmStays() throws IOException {
        Answer.Pool before = spmAfter(rig, 0);
        int removed = removals();
        NodeProcess killed = anyOtherThan(before.spm());
        killed.kill();
        until(
                "the dead node's disk is no longer told",
                () -> !guardedDisks(rig.node(before.spm())).contains(killed.host()));

        restart(killed);

        untilGrown(rig, killed.host());
        assertRoleStays(before, removed);
    }

    @Test
    @Order(6)
    void stoppedSpm_stepsDown_andAnotherFollows() {
        Answer.Pool before = spmAfter(rig, 0);
        NodeProcess stopped = rig.node(before.spm());

        assertThat(stopped.stop()).as("exit status after SIGTERM").isEqualTo(TERMINATED);

        Answer.Pool after = spmAfter(rig, before.epoch());
        assertThat(after.spm()).isNotEqualTo(stopped.host());
        assertThat(history(rig, rig.node(after.spm())).lines())
                .filteredOn(line -> line.epoch() == before.epoch())
                .extracting(Answer.Line::kind)
                .contains("stepped-down");
        restart(stopped);
        untilAllGrown(rig);
    }

    @Test
    @Order(7)
    void afterAllThat_noGuestPaused_nothingIsLost_andTheHistoryExplainsEverySize() throws IOException {
        assertNoPause(rig);
        assertNothingIsLost(rig, anyOtherThan(spmAfter(rig, 0).spm()));
    }

    /** Without guests, since those of the dead nodes would live on what their disks have in advance. */
    @Test
    @Order(8)
    void lastNodeOfThree_servesAlone() {
        Answer.Pool before = spmAfter(rig, 0);
        NodeProcess left = anyOtherThan(before.spm());
        rig.nodes().stream().filter(node -> node != left).forEach(NodeProcess::kill);

        assertThat(spmAfter(rig, before.epoch()).spm()).isEqualTo(left.host());
    }

    private static Optional<Long> epochAt(NodeProcess node) {
        return node.api().pool().map(Answer.Pool::epoch);
    }

    private void restart(NodeProcess node) {
        try {
            node.start();
        } catch (IOException failed) {
            throw new AssertionError("node " + node.host() + " cannot be started", failed);
        }
        untilMember(node);
        untilGuarded(node);
    }

    /** A node that comes back leaves the role where it is; on a machine that stood still, its holder was removed. */
    private void assertRoleStays(Answer.Pool before, int removed) {
        long epoch = spmAfter(rig, 0).epoch();
        until(
                "epoch " + epoch + " is still " + before.epoch() + ", or a node that lived was removed",
                () -> epoch == before.epoch() || removals() > removed);
    }

    /** How often the others removed a node that lived from the cluster, since it gave no sign for seconds. */
    private int removals() throws IOException {
        int removals = 0;
        for (NodeProcess node : rig.nodes()) {
            try (Stream<String> lines = Files.lines(node.log())) {
                removals += (int) lines.filter(line -> line.contains("the membership ended"))
                        .count();
            }
        }
        return removals;
    }

    private NodeProcess anyOtherThan(int host) {
        return patiently("another node than " + host + " is in the cluster")
                .until(
                        () -> rig.nodes().stream()
                                .filter(node -> node.host() != host && isMember(node))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /** The hosts whose disks are told, asked of a node of the cluster. */
    private static List<Integer> guardedDisks(NodeProcess asked) {
        return patiently("node " + asked.host() + " tells all disks")
                .until(() -> asked.api().ask("/api/v1/disks?all=true", Answer.Disks.class), told -> told.isPresent())
                .orElseThrow()
                .disks()
                .stream()
                .map(Answer.Disk::host)
                .toList();
    }
}
