package io.headroom.store.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headroom.ledger.Audit;
import io.headroom.ledger.AuditLine;
import io.headroom.ledger.Ledger;
import io.headroom.ledger.LedgerActor;
import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.LastDone;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Ticket;
import io.headroom.model.VolumeId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the ledger promises on every database that can hold its journal. */
abstract class LedgerContract {
    /** Longer than a machine is busy with other things. */
    static final Duration PATIENCE = Duration.ofMinutes(3);

    private LedgerNode node;

    /** A journal without tables, reachable. */
    abstract JournalSettings settings();

    /** Takes the database away from everybody; what was acknowledged stays. */
    abstract void takeAway();

    abstract void bringBack();

    @AfterEach
    void stopNode() {
        if (node != null) {
            node.stop();
        }
    }

    @Test
    void records_areKeptAcrossARestart() {
        start();
        PoolWriter log = node.log();
        log.write(new PoolEvent.VolumeCreated(PoolWriter.VOLUME, "disk-1", Bytes.gibi(1), Bytes.gibi(20)));
        log.extend(300);
        awaitTaken(log);
        LedgerActor.Summary before = node.summary();

        node.stop();
        node = LedgerNode.start(settings(), log);
        awaitTaken(log);

        LedgerActor.Summary after = node.summary();
        assertThat(after).isEqualTo(before);
        assertThat(after.events()).isEqualTo(log.log().size() + 1L);
        assertThat(after.totals().extensions()).isEqualTo(300);
        assertThat(after.journal()).isEqualTo(log.demand().journal()).isNotEmpty();
        assertThat(log.demand().events()).isEqualTo(after.events());
        assertThat(node.recorded()).isEqualTo(log.log());
    }

    @Test
    void snapshots_areKeptTwiceAndEventsForEver() {
        start();
        node.log().extend(5_200);
        awaitTaken(node.log());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(count("snapshot")).isBetween(1L, 3L));
        LedgerActor.Summary before = node.summary();

        node.stop();
        node = LedgerNode.start(settings(), node.log());
        awaitTaken(node.log());

        assertThat(node.summary()).isEqualTo(before);
        assertThat(count("event_journal")).isEqualTo(before.events());
    }

    @Test
    void databaseAwayUnderLoad_losesAndDoublesNothing() {
        start();
        PoolWriter log = node.log();
        log.extend(100);
        awaitTaken(log);

        takeAway();
        log.extend(700);
        awaitAway(log);
        log.extend(50);
        bringBack();
        log.extend(50);
        awaitTaken(log);

        assertThat(node.recorded()).isEqualTo(log.log());
        assertThat(node.summary().totals()).isEqualTo(new Ledger.Totals(900, Bytes.gibi(900), 0, 0, 0));
    }

    @Test
    void databaseAwayAtTheStart_isFoundLater() {
        JournalSettings settings = settings();
        takeAway();
        node = LedgerNode.start(settings, new PoolWriter());
        node.log().extend(20);
        awaitAway(node.log());

        bringBack();

        awaitTaken(node.log());
        assertThat(node.recorded()).isEqualTo(node.log().log());
    }

    @Test
    void holeInTheRows_stopsTheLedgerAndSaysWhatToDo() {
        start();
        PoolWriter log = node.log();
        log.extend(900);
        awaitTaken(log);
        node.stop();
        execute("DELETE FROM " + quoted("event_journal") + " WHERE " + quoted("sequence_number")
                + " BETWEEN 500 AND 502");
        long rows = count("event_journal");

        node = LedgerNode.start(settings(), log);
        log.extend(10);

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(node.summary().damage())
                        .hasValueSatisfying(
                                damage -> assertThat(damage).contains("Restore the database from a backup")));
        assertThat(log.demands()).isZero();
        assertThat(count("event_journal")).isEqualTo(rows);
        Audit.Page page = node.audit(Audit.Query.newest(Audit.Query.MOST_LINES));
        assertThat(page.warning()).isPresent();
        assertThat(page.lines())
                .filteredOn(line -> line.kind().equals("extended"))
                .hasSize(900 - 3);
    }

    @Test
    void emptiedJournal_afterAHole_isOpenedAnew_withoutARestart() {
        start();
        PoolWriter log = node.log();
        log.extend(20);
        awaitTaken(log);
        String known = log.demand().journal();
        node.stop();
        execute("DELETE FROM " + quoted("event_journal") + " WHERE " + quoted("sequence_number") + " = 5");
        node = LedgerNode.start(settings(), log);
        await().atMost(PATIENCE).until(() -> node.summary().damage().isPresent());

        execute("DELETE FROM " + quoted("event_journal"));
        log.extend(10);
        awaitTaken(log);

        assertThat(node.summary().damage()).isEmpty();
        assertThat(node.summary().journal()).isNotEqualTo(known);
    }

    @Test
    void journalRestoredUnderTheLedger_isReadAgain_andCatchesUp() throws SQLException {
        start();
        PoolWriter log = node.log();
        log.extend(20);
        awaitTaken(log);
        String known = log.demand().journal();

        execute("DELETE FROM " + quoted("event_journal") + " WHERE " + quoted("sequence_number") + " > 5");
        log.extend(10);
        awaitTaken(log);

        assertThat(node.recorded()).isEqualTo(log.log());
        assertThat(count("event_journal")).isEqualTo(node.summary().events());
        assertThat(node.summary().damage()).isEmpty();
        assertThat(node.summary().journal()).isEqualTo(known);
    }

    @Test
    void tablesThatAreGone_areMadeAgain_andTheJournalIsOpenedAnew() {
        start();
        PoolWriter log = node.log();
        log.extend(20);
        awaitTaken(log);
        String known = log.demand().journal();

        for (String table : List.of("event_tag", "event_journal", "snapshot")) {
            execute("DROP TABLE IF EXISTS " + quoted(table));
        }
        log.extend(10);
        awaitTaken(log);

        assertThat(node.summary().journal()).isNotEqualTo(known);
    }

    @Test
    void audit_tellsEveryExtensionWithTheHostsSteps() {
        start();
        PoolWriter log = node.log();
        log.write(new PoolEvent.VolumeCreated(PoolWriter.VOLUME, "disk-1", Bytes.gibi(1), Bytes.gibi(20)));
        log.extend(450);
        LastDone.Steps steps = new LastDone.Steps(
                Duration.ofMillis(2), Duration.ofMillis(90), Duration.ofMillis(11), Duration.ofMillis(3));
        log.write(new PoolEvent.HostFinished(
                new HostId(7), PoolWriter.VOLUME, new LastDone(new Ticket(450), Bytes.gibi(451), steps)));
        awaitTaken(log);

        Audit.Page newest = node.audit(query(Optional.of("disk-1"), 2, Audit.Query.NEWEST));
        Audit.Page older = node.audit(query(Optional.of(PoolWriter.VOLUME.value()), 10_000, newest.next()));

        AuditLine line = newest.lines().get(0);
        assertThat(newest.lines()).hasSize(2);
        assertThat(line.kind()).isEqualTo("extended");
        assertThat(line.name()).contains("disk-1");
        assertThat(line.ticket()).contains(450L);
        assertThat(line.to()).contains(Bytes.gibi(451).value());
        assertThat(line.extended()).contains(Duration.ofMillis(80));
        assertThat(line.armed()).contains(Duration.ofMillis(3));
        assertThat(older.lines())
                .hasSize(450 - 2 + 1)
                .extracting(AuditLine::volume)
                .containsOnly(Optional.of(PoolWriter.VOLUME.value()));
        assertThat(older.lines().get(448).kind()).isEqualTo("volume-created");
        assertThat(older.next()).isZero();
    }

    @Test
    void tables_areMadeOnceByWhoeverComesFirst() {
        JournalSettings settings = settings();
        JournalSchema schema = new JournalSchema(settings, Runnable::run);

        schema.create().toCompletableFuture().join();
        schema.create().toCompletableFuture().join();

        assertThat(count("event_journal")).isZero();
    }

    @Test
    void lateFeedOfALostState_isNotTaken() {
        start();
        PoolWriter log = node.log();
        log.extend(5);
        awaitTaken(log);
        LedgerActor.Demand demand = log.demand();
        LogEntry later = new LogEntry(
                new Epoch(1), 99, PoolWriter.START, new PoolEvent.SizeFound(new VolumeId("v"), Bytes.ZERO, Bytes.ZERO));

        demand.ledger().tell(new LedgerActor.Feed(demand.events() + 1, List.of(later)));

        assertThat(node.summary().position()).isEqualTo(log.last());
    }

    final LedgerNode start() {
        return start(new PoolWriter());
    }

    final LedgerNode start(PoolWriter log) {
        node = LedgerNode.start(settings(), log);
        return node;
    }

    final void awaitTaken(PoolWriter log) {
        await().atMost(PATIENCE).until(() -> log.acknowledged().equals(log.last()));
    }

    /** The ledger has missed its journal, and has not taken everything. */
    final void awaitAway(PoolWriter log) {
        await().atMost(PATIENCE).until(() -> log.failures() > 0);
        assertThat(log.acknowledged()).isNotEqualTo(log.last());
    }

    final long count(String table) {
        return inDatabase(statement -> {
            try (ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM " + quoted(table))) {
                rows.next();
                return rows.getLong(1);
            }
        });
    }

    /** @param sql that may be carried out twice */
    private void execute(String sql) {
        inDatabase(statement -> statement.execute(sql));
    }

    private interface Deed<T> {
        T on(Statement statement) throws SQLException;
    }

    /** What the test itself does to the database. A starved machine may cost it its connection: then it tries again. */
    private <T> T inDatabase(Deed<T> deed) {
        return await().atMost(PATIENCE)
                .ignoreExceptionsMatching(LedgerContract::isPassing)
                .until(
                        () -> {
                            try (Connection connection = settings().connect();
                                    Statement statement = connection.createStatement()) {
                                return deed.on(statement);
                            }
                        },
                        done -> true);
    }

    /** By the classes of the SQL standard: a lost connection, a transaction taken back; or H2 did not get a lock in time. */
    private static boolean isPassing(Throwable failure) {
        return failure instanceof SQLException sql
                && sql.getSQLState() != null
                && Stream.of("08", "40", "HYT00").anyMatch(sql.getSQLState()::startsWith);
    }

    private static String quoted(String name) {
        return '"' + name + '"';
    }

    private static Audit.Query query(Optional<String> volume, int limit, long before) {
        return new Audit.Query(volume, Optional.empty(), Optional.empty(), Optional.empty(), limit, before);
    }
}
