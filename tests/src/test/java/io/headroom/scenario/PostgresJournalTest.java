package io.headroom.scenario;

import static io.headroom.scenario.Scenario.RATE;
import static io.headroom.scenario.Scenario.assertIntact;
import static io.headroom.scenario.Scenario.assertNoPause;
import static io.headroom.scenario.Scenario.assertNothingIsLost;
import static io.headroom.scenario.Scenario.assertSizesAndData;
import static io.headroom.scenario.Scenario.history;
import static io.headroom.scenario.Scenario.patiently;
import static io.headroom.scenario.Scenario.spmAfter;
import static io.headroom.scenario.Scenario.until;
import static io.headroom.scenario.Scenario.untilAllGrown;
import static io.headroom.scenario.Scenario.untilGrown;
import static io.headroom.scenario.Scenario.untilGuarded;
import static io.headroom.scenario.Scenario.untilLedgered;
import static io.headroom.scenario.Scenario.untilMember;
import static io.headroom.scenario.Scenario.volumeSizes;
import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import io.headroom.node.process.Command;
import io.headroom.rig.History;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** A pool whose history is kept in a real PostgreSQL server, which goes and comes back. */
class PostgresJournalTest {
    private static final int HOSTS = 2;
    private static final int NODE_IS_KILLED = 20;
    private static final int NODES_LIVE = 8;
    /** So that a new disk soon grows for the first time. */
    private static final Bytes FAST = RATE.times(2);

    private static final Duration LIMIT = Duration.ofMinutes(1);

    @TempDir
    Path data;

    private EmbeddedPostgres server;
    private int port;
    private Rig rig;

    @BeforeEach
    void startServer() throws IOException {
        port = Rig.freePort();
        server = builder().start();
    }

    /** @param takeover so many seconds are the disks kept ahead; with fewer they grow more often */
    private void startNodes(int takeover) throws IOException {
        rig = Rig.create(Scenario.plan(
                "postgres-journal",
                HOSTS,
                "growth.takeover = " + takeover + "s",
                "journal { url = \"jdbc:postgresql://localhost:" + port + "/postgres\", user = postgres }"));
        for (NodeProcess node : rig.nodes()) {
            node.start();
        }
        rig.nodes().forEach(Scenario::untilMember);
        untilLedgered(rig);
    }

    private void startGuests(Bytes perSecond) throws IOException {
        for (int host = 1; host <= HOSTS; host++) {
            Scenario.startGuest(rig, host, perSecond);
        }
        rig.nodes().forEach(Scenario::untilGuarded);
    }

    @AfterEach
    void endAll() throws IOException {
        if (rig != null) {
            rig.close();
        }
        stopServer();
    }

    /** Returns when it has ended, which may take longer than it is waited for: until then it writes to its files. */
    private void stopServer() throws IOException {
        server.close();
        until("the server has ended", () -> Files.notExists(data.resolve("data").resolve("postmaster.pid")));
    }

    @Test
    void serverThatIsAwayForAWhile_stopsNoGrowth_noTakeover_andLosesNoLine() throws IOException {
        startNodes(NODE_IS_KILLED);
        Answer.Pool before = spmAfter(rig, 0);
        Map<Integer, Bytes> small = volumeSizes(rig);

        stopServer();
        startGuests(RATE);
        untilAllGrown(rig, small);
        Answer.Pool behind = spmAfter(rig, 0);
        assertThat(behind.journaled()).isNotEqualTo(behind.logged());
        assertThat(statusOf(rig.node(behind.spm())))
                .contains("history   " + behind.journaled() + " of ")
                .doesNotContain("history   " + behind.logged() + " of ");

        NodeProcess killed = rig.node(before.spm());
        killed.kill();
        Answer.Pool after = spmAfter(rig, before.epoch());
        Map<Integer, Bytes> then = volumeSizes(rig);
        killed.start();
        untilMember(killed);
        untilGuarded(killed);
        untilAllGrown(rig, then);
        until(
                "an audit without its database says so",
                () -> rig.node(after.spm()).api().get("/api/v1/audit").statusCode() == 503);

        server = builder().start();
        untilLedgered(rig);
        assertNoPause(rig);
        assertNothingIsLost(rig, killed);
    }

    @Test
    void databaseRestoredFromABackup_saysWhatIsMissing_andGoesOn() throws IOException {
        startNodes(NODES_LIVE);
        Map<Integer, Bytes> small = volumeSizes(rig);
        stopServer();
        String known = spmAfter(rig, 0).journaled();
        copy(data.resolve("data"), data.resolve("backup"));
        server = builder().start();
        startGuests(FAST);
        untilAllGrown(rig, small);
        untilLedgered(rig);

        stopServer();
        untilAway();
        Rig.remove(data.resolve("data"));
        copy(data.resolve("backup"), data.resolve("data"));
        server = builder().start();
        Map<Integer, Bytes> then = volumeSizes(rig);

        untilTold("journal-replaced");
        untilAllGrown(rig, then);
        assertNoPause(rig);
        assertOneHole("after " + known + " and before ");
        assertSizesAndData(rig, rig.node(1));
    }

    /** On request, for a full run is to last half an hour at most; LedgerContract has its parts without the nodes. */
    @Test
    @EnabledIfSystemProperty(named = "long", matches = "true")
    void rowsThatAreGone_areToldWithWhatToDo_andAnEmptiedDatabaseGoesOn() throws Exception {
        startNodes(NODES_LIVE);
        startGuests(FAST);
        untilGrown(rig, 1);
        untilLedgered(rig);
        sql("DELETE FROM snapshot", "DELETE FROM event_journal WHERE sequence_number = 3");
        Answer.Pool before = spmAfter(rig, 0);
        patiently("the role is moved").until(() -> rig.node(1).api().order("/api/v1/spm/move", "{}"), moving -> true);
        NodeProcess next = rig.node(spmAfter(rig, before.epoch()).spm());
        until(
                "status says what to do",
                () -> statusOf(next).contains("Restore the database from a backup, or empty it"));
        untilGrown(rig, 1);

        sql("TRUNCATE event_journal CASCADE", "TRUNCATE snapshot");

        untilTold("journal-replaced");
        untilAllGrown(rig);
        assertNoPause(rig);
        assertOneHole("after 0.0 and before ");
        rig.stopGuests();
        History history = history(rig, next);
        for (int host = 1; host <= HOSTS; host++) {
            assertThat(lastExtensionOf("guest" + host, history).toBytes())
                    .as("what the history tells last of guest %d, whose volume's name it no longer knows", host)
                    .isEqualTo(rig.volumeSize(host).value());
            assertIntact(rig.guests().get(host));
        }
    }

    private static Answer.Line lastExtensionOf(String vm, History history) {
        return history.lines().stream()
                .filter(line -> line.kind().equals("extended") && vm.equals(line.vm()))
                .reduce((before, after) -> after)
                .orElseThrow(() -> new AssertionError("no extension of " + vm));
    }

    private void assertOneHole(String beginning) {
        assertThat(history(rig, rig.node(1)).lines())
                .filteredOn(line -> line.kind().equals("hole"))
                .singleElement()
                .satisfies(hole -> assertThat(hole.text()).startsWith(beginning));
    }

    /** The ledger has noticed that its database is away. */
    private void untilAway() {
        until(
                "the ledger is behind and says why",
                () -> rig.serving()
                        .filter(pool -> !pool.logged().equals(pool.journaled()))
                        .filter(pool -> pool.problems().toString().contains("its database does not work"))
                        .isPresent());
    }

    private void untilTold(String kind) {
        until(
                "the history tells " + kind,
                () -> rig.node(1)
                        .api()
                        .audit(1000)
                        .filter(trail -> trail.lines().stream()
                                .anyMatch(line -> line.kind().equals(kind)))
                        .isPresent());
    }

    /**
     * Done by the test itself, whose connection a starved machine may cost it: then it takes another.
     *
     * @param statements that may be carried out twice
     */
    private void sql(String... statements) {
        patiently("the database takes the test's own statements")
                .ignoreExceptionsMatching(PostgresJournalTest::isConnectionLost)
                .until(() -> {
                    try (Connection connection = server.getPostgresDatabase().getConnection();
                            Statement statement = connection.createStatement()) {
                        for (String sql : statements) {
                            statement.execute(sql);
                        }
                        return true;
                    }
                });
    }

    /** By the class of the SQL standard. */
    private static boolean isConnectionLost(Throwable failure) {
        return failure instanceof SQLException sql
                && sql.getSQLState() != null
                && sql.getSQLState().startsWith("08");
    }

    private static void copy(Path from, Path to) {
        Command.Outcome copied = new Command(List.of("cp", "-a", from.toString(), to.toString()), LIMIT, 4096).run();
        assertThat(copied)
                .isInstanceOfSatisfying(
                        Command.Outcome.Exited.class,
                        exited -> assertThat(exited.status()).isZero());
    }

    private String statusOf(NodeProcess node) {
        Command.Outcome told =
                rig.runUntilAnswered("status", "--url", node.api().url());
        assertThat(told).isInstanceOf(Command.Outcome.Exited.class);
        return ((Command.Outcome.Exited) told).output();
    }

    private EmbeddedPostgres.Builder builder() {
        return EmbeddedPostgres.builder()
                .setPort(port)
                .setPGStartupWait(LIMIT)
                .setDataDirectory(data.resolve("data"))
                .setCleanDataDirectory(false);
    }
}
