package io.headroom.scenario;

import static io.headroom.scenario.Scenario.assertNoPause;
import static io.headroom.scenario.Scenario.assertNothingIsLost;
import static io.headroom.scenario.Scenario.spmAfter;
import static io.headroom.scenario.Scenario.until;
import static io.headroom.scenario.Scenario.untilGrown;
import static io.headroom.scenario.Scenario.untilGuarded;
import static io.headroom.scenario.Scenario.untilLedgered;
import static io.headroom.scenario.Scenario.untilMember;
import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.node.api.Answer;
import io.headroom.node.process.Command;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pool whose history is kept in a real PostgreSQL server, which goes and comes back. */
class PostgresJournalTest {
    private static final int HOSTS = 2;

    @TempDir
    Path data;

    private EmbeddedPostgres server;
    private int port;
    private Rig rig;

    @BeforeEach
    void startAll() throws IOException {
        server = builder().start();
        port = server.getPort();
        rig = Rig.create(Scenario.plan(
                "postgres-journal",
                HOSTS,
                "growth.takeover = 10s",
                "journal { url = \"jdbc:postgresql://localhost:" + port + "/postgres\", user = postgres }"));
        for (NodeProcess node : rig.nodes()) {
            node.start();
        }
        for (int host = 1; host <= HOSTS; host++) {
            Scenario.startGuest(rig, host);
        }
    }

    @AfterEach
    void endAll() throws IOException {
        if (rig != null) {
            rig.close();
        }
        server.close();
    }

    @Test
    void serverThatIsAwayForAWhile_stopsNoGrowth_noTakeover_andLosesNoLine() throws IOException {
        rig.nodes().forEach(Scenario::untilGuarded);
        rig.nodes().forEach(Scenario::untilMember);
        untilGrown(rig, 1);
        untilLedgered(rig);
        Answer.Pool before = spmAfter(rig, 0);

        server.close();
        untilGrown(rig, 1);
        untilGrown(rig, 2);
        Answer.Pool behind = spmAfter(rig, 0);
        assertThat(behind.journaled()).isNotEqualTo(behind.logged());
        assertThat(statusOf(rig.node(behind.spm())))
                .contains("history   " + behind.journaled() + " of ")
                .doesNotContain("history   " + behind.logged() + " of ");

        NodeProcess stopped = rig.node(before.spm());
        stopped.stop();
        Answer.Pool after = spmAfter(rig, before.epoch());
        stopped.start();
        untilMember(stopped);
        untilGuarded(stopped);
        rig.nodes().forEach(node -> untilGrown(rig, node.host()));
        until(
                "an audit without its database says so",
                () -> rig.node(after.spm()).api().get("/api/v1/audit").statusCode() == 503);

        server = builder().setPort(port).start();
        untilLedgered(rig);
        assertNoPause(rig);
        assertNothingIsLost(rig, stopped);
    }

    private String statusOf(NodeProcess node) {
        Command.Outcome told = rig.run("status", "--url", node.api().url());
        assertThat(told).isInstanceOf(Command.Outcome.Exited.class);
        return ((Command.Outcome.Exited) told).output();
    }

    private EmbeddedPostgres.Builder builder() {
        return EmbeddedPostgres.builder().setDataDirectory(data.resolve("data")).setCleanDataDirectory(false);
    }
}
