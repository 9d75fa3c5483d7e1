package io.headroom.scenario;

import static io.headroom.scenario.Scenario.assertNoPause;
import static io.headroom.scenario.Scenario.assertNothingIsLost;
import static io.headroom.scenario.Scenario.isMember;
import static io.headroom.scenario.Scenario.poolOf;
import static io.headroom.scenario.Scenario.spmAfter;
import static io.headroom.scenario.Scenario.statusOf;
import static io.headroom.scenario.Scenario.until;
import static io.headroom.scenario.Scenario.untilGrown;
import static io.headroom.scenario.Scenario.untilGuarded;
import static io.headroom.scenario.Scenario.untilMember;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.headroom.node.api.Answer;
import io.headroom.node.process.Command;
import io.headroom.rig.Networks;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** A host that the network reaches at times, and the storage always. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CutOffHostTest {
    private static final int HOSTS = 3;
    private static final int CUT_OFF = 3;

    private Networks network;
    private Rig rig;
    private NodeProcess node;
    private long pid;

    @BeforeAll
    void startAll() throws IOException {
        assumeTrue(
                Networks.arePossible(),
                "skipped: 'ip netns add' does not work here; it needs iproute2 and the right to administer networks");
        network = Networks.create(HOSTS);
        rig = Rig.create(Scenario.plan("cut-off-host", HOSTS, "growth.takeover = 8s"), network::place);
        node = rig.node(CUT_OFF);
        rig.node(1).start();
        rig.node(2).start();
        untilMember(rig.node(1));
        untilMember(rig.node(2));
        spmAfter(rig, 0);
    }

    @AfterAll
    void endAll() throws IOException {
        try {
            if (rig != null) {
                rig.close();
            }
        } finally {
            if (network != null) {
                network.close();
            }
        }
    }

    @Test
    @Order(1)
    void hostThatCanJoinNobody_getsItsSpaceOverTheStorage() throws IOException {
        network.isolate(CUT_OFF);
        node.start();
        statusOf(node);
        Scenario.startGuest(rig, CUT_OFF);
        pid = node.pid();

        untilGuarded(node);
        untilGrown(rig, CUT_OFF);

        Answer.Status status = statusOf(node);
        assertThat(status.member()).isFalse();
        assertThat(status.pool()).isNull();
        assertThat(status.poolFailure().cause()).contains("in no cluster");
        assertThat(status.host().spm()).as("the SPM by the mailbox header").isIn(1, 2);
        Command.Outcome told =
                rig.runUntilAnswered("status", "--url", node.api().url());
        assertThat(told).isInstanceOfSatisfying(Command.Outcome.Exited.class, exited -> {
            assertThat(exited.status()).isZero();
            assertThat(exited.output()).contains("in no cluster, guarding its disks over the storage");
        });
    }

    @Test
    @Order(2)
    void networkThatAppears_letsItIntoTheCluster() throws IOException {
        network.mend();

        untilMember(node);
        untilGrown(rig, CUT_OFF);
        assertThat(node.isAlive()).isTrue();
        assertThat(node.pid()).isEqualTo(pid);
    }

    @Test
    @Order(3)
    void memberThatIsCutOff_isServedOverTheStorage_andRejoinsInTheSameProcess() throws IOException {
        Answer.Pool before = spmAfter(rig, 0);
        network.isolate(CUT_OFF);
        until(
                "the cut-off node's membership ends",
                () -> node.api().status().filter(status -> !status.member()).isPresent());
        untilGrown(rig, CUT_OFF);
        assertThat(isMember(node)).isFalse();
        assertThat(spmAfter(rig, 0).spm()).isIn(1, 2);
        until(
                "the former cluster system ended without the network",
                () -> Files.readString(node.log())
                        .contains("the membership ended; this host goes on over the storage"));

        network.mend();

        untilMember(node);
        assertThat(poolOf(node).epoch()).isGreaterThanOrEqualTo(before.epoch());
        assertThat(node.pid()).isEqualTo(pid);
        assertThat(node.isAlive()).isTrue();
        untilGrown(rig, CUT_OFF);
    }

    @Test
    @Order(4)
    void afterAllThat_noGuestPaused_andNothingIsLost() throws IOException {
        assertNoPause(rig);
        assertNothingIsLost(rig, node);
    }
}
