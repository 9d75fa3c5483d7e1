package io.headroom.node.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.port.Qemu.Event;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Everything that a monitor can do wrong. */
@Timeout(180)
class QemuMonitorTest {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final VmName VM = new VmName("vm1");
    private static final int LONGEST = 10_000;

    /** More clients than try to connect while a test stands still. */
    private static final int MANY = 1_000;

    private static final Duration LONG = PATIENCE;
    private static final QmpLimits PATIENT = limits(LONG, LONG, LONG);
    private static final String THRESHOLD =
            "{\"event\": \"BLOCK_WRITE_THRESHOLD\", \"data\": {\"node-name\": \"stor\", \"write-threshold\": %d,"
                    + " \"amount-exceeded\": 1}}";

    @TempDir
    Path directory;

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private FakeMonitor server;
    private QemuMonitor monitor;

    private static QmpLimits limits(Duration greeting, Duration command, Duration heartbeat) {
        return new QmpLimits(greeting, command, heartbeat, Duration.ofMillis(5), Duration.ofMillis(20), LONGEST, 4);
    }

    @BeforeEach
    void listen() throws IOException {
        server = new FakeMonitor(socket(), 1);
    }

    @AfterEach
    void close() throws IOException {
        if (monitor != null) {
            monitor.close();
        }
        server.close();
    }

    @Test
    void monitorThatHangsUpOnEverybody_isTriedAgainLessAndLessOften() throws IOException {
        QmpLimits limits = new QmpLimits(LONG, LONG, LONG, Duration.ofMillis(5), LONG, LONGEST, 4);
        long began = System.nanoTime();
        monitor = QemuMonitor.watch(VM, socket(), limits, events::add);
        for (int attempt = 1; attempt <= 7; attempt++) {
            server.negotiated().close();
        }

        // Six pauses from 5 ms on, each twice the one before: a busy machine only makes them longer.
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(5 * (64 - 1)));
    }

    @Test
    void eventsBetweenCommandAndReply_areToldInOrderAndTheReplyIsMatched() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);
        CompletableFuture<Void> resumed = monitor.resume().toCompletableFuture();
        long id = client.hear("cont");

        client.say("{\"event\": \"RESUME\"}");
        client.say(THRESHOLD.formatted(1));
        client.say("{\"event\": \"STOP\"}");
        client.say("{\"return\": {}, \"id\": " + id + "}");

        assertThat(resumed).succeedsWithin(PATIENCE);
        assertThat(events)
                .containsExactly(
                        new Event.Connected(),
                        new Event.Resumed(),
                        new Event.ThresholdCrossed("stor", Bytes.of(1), Bytes.of(1)),
                        new Event.Stopped());
    }

    @Test
    void answersOutOfOrder_findTheirCommands() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);
        CompletableFuture<Bytes> first = monitor.arm("a", Bytes.of(5)).toCompletableFuture();
        CompletableFuture<Bytes> second = monitor.arm("nosuch", Bytes.of(5)).toCompletableFuture();
        long firstId = client.hear("block-set-write-threshold");
        long secondId = client.hear("block-set-write-threshold");

        client.say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"Device 'nosuch' not found\"}, \"id\": "
                + secondId + "}");
        client.say("{\"return\": {}, \"id\": " + firstId + "}");
        client.answer("query-blockstats", "[{\"node-name\": \"a\", \"stats\": {\"wr_highest_offset\": 4096}}]");

        assertThat(first).succeedsWithin(PATIENCE).isEqualTo(Bytes.of(4096));
        assertThatThrownBy(second::join)
                .hasMessageContaining("VM vm1: block-set-write-threshold")
                .hasMessageContaining("GenericError: Device 'nosuch' not found");
    }

    @Test
    void unknownEvent_isSurvived() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);

        client.say("{\"event\": \"RTC_CHANGE\", \"data\": {\"offset\": 78}}");
        client.say("{\"event\": \"STOP\"}");

        await().atMost(PATIENCE).until(() -> events.contains(new Event.Stopped()));
        assertThat(events).containsExactly(new Event.Connected(), new Event.Stopped());
    }

    @Test
    void badJson_costsTheConnectionAndIsQuoted() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);

        client.say("{\"event\": \"STOP\"");

        assertReconnectsAfter("not JSON: {\"event\": \"STOP\"");
    }

    @Test
    void oversizedLine_costsTheConnectionAndIsQuoted() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);

        client.say("{\"event\": \"" + "X".repeat(LONGEST));

        assertReconnectsAfter("longer than " + LONGEST + " bytes: {\"event\": \"XXX");
    }

    @Test
    void answerToNoCommand_costsTheConnection() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);

        client.say("{\"return\": {}, \"id\": 77}");

        assertReconnectsAfter("never sent: id 77");
    }

    @Test
    void closedConnection_failsWhatIsUnderWayAsUnknown() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);
        CompletableFuture<Void> resumed = monitor.resume().toCompletableFuture();
        client.hear("cont");

        client.close();

        assertThatThrownBy(resumed::join)
                .hasMessageContaining("VM vm1: cont: whether QEMU did it is unknown")
                .hasMessageContaining("closed the connection");
        assertReconnectsAfter("QEMU closed the connection");
    }

    @Test
    void lostConnection_isTriedUntilSomebodyListensAgain() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);
        server.close();
        client.close();
        Files.delete(socket());
        await().atMost(PATIENCE)
                .until(() -> events.stream().anyMatch(event -> event.toString().contains("cannot connect")));
        assertThatThrownBy(() -> monitor.look().toCompletableFuture().join())
                .hasMessageContaining("VM vm1")
                .hasMessageContaining("no monitor connection");

        server = new FakeMonitor(socket(), 1);
        server.negotiated();

        await().atMost(PATIENCE).until(() -> connections() == 2);
    }

    @Test
    void socketThatAKilledQemuLeftBehind_isToldAsDesertedByEachAttempt() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);

        server.close();
        client.close();

        await().atMost(PATIENCE).until(() -> deserted() >= 3);
        assertThat(socket()).exists();
        assertThat(events)
                .filteredOn(Event.Disconnected.class::isInstance)
                .as("the end of the connection, and why there is no other")
                .hasSize(2);
        Files.delete(socket());
        await().atMost(PATIENCE)
                .until(() -> events.stream().anyMatch(event -> event.toString().contains("No such file")));
        long before = deserted();
        await("a socket that is gone as well is no different").atMost(PATIENCE).until(() -> deserted() > before);
        server = new FakeMonitor(socket(), 1);
        server.negotiated();
        await().atMost(PATIENCE).until(() -> connections() == 2);
        assertThat(events).last().isEqualTo(new Event.Connected());
    }

    @Test
    void socketThatWasReplacedByAnotherQemu_isNotToldAsDesertedWhileItsOwnListens() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);
        Files.delete(socket());
        new FakeMonitor(socket(), 1).close();

        client.close();

        await().atMost(PATIENCE)
                .until(() -> events.stream()
                        .anyMatch(event -> event.toString()
                                .contains("but a process listens at the socket whose file was here before")));
        assertThat(deserted()).isZero();
        server.close();
        await().atMost(PATIENCE).until(() -> deserted() >= 3);
    }

    @Test
    void socketAtWhichNobodyWasHeard_isNotToldAsDeserted() throws IOException {
        server.close();

        watch(PATIENT);

        await().atMost(PATIENCE).until(() -> !events.isEmpty());
        assertThat(events.get(0).toString()).contains("no QEMU listens");
        Files.delete(socket());
        await().atMost(PATIENCE).until(() -> events.size() == 2);
        assertThat(events).hasOnlyElementsOfType(Event.Disconnected.class);
    }

    @Test
    void monitorWithoutPlaceForAnother_isNotToldAsDeserted() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);
        List<SocketChannel> waiting = new ArrayList<>();
        fillBacklog(waiting);

        client.close();

        await().atMost(PATIENCE)
                .until(() -> events.stream().anyMatch(event -> event.toString().contains("too many clients wait")));
        assertThat(deserted()).isZero();
        for (SocketChannel channel : waiting) {
            channel.close();
        }
    }

    @Test
    void halfOpenConnection_isGivenUp() throws IOException {
        FakeMonitor.Client client = connected(limits(LONG, Duration.ofMillis(200), Duration.ofMillis(50)));

        client.hear("query-status");

        assertReconnectsAfter("QEMU has said nothing for");
    }

    @Test
    void signsOfLife_keepAQuietConnection() throws IOException {
        FakeMonitor.Client client = connected(limits(LONG, LONG, Duration.ofMillis(50)));

        for (int i = 0; i < 5; i++) {
            client.answer("query-status", "{\"status\": \"running\"}");
        }

        assertThat(events).containsExactly(new Event.Connected());
    }

    @Test
    void unansweredCommand_failsAloneAndItsLateAnswerIsIgnored() throws IOException {
        FakeMonitor.Client client = connected(limits(LONG, Duration.ofMillis(100), LONG));
        CompletableFuture<Void> resumed = monitor.resume().toCompletableFuture();
        long id = client.hear("cont");

        assertThatThrownBy(() -> resumed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .hasMessageContaining("cont: unanswered for 0.1 s");
        client.say("{\"return\": {}, \"id\": " + id + "}");
        client.say("{\"event\": \"STOP\"}");

        await().atMost(PATIENCE).until(() -> events.contains(new Event.Stopped()));
        assertThat(events).containsExactly(new Event.Connected(), new Event.Stopped());
    }

    @Test
    void answerThatCameWhileOurThreadStoodStill_counts() throws IOException {
        CountDownLatch goesOn = new CountDownLatch(1);
        Duration limit = Duration.ofMillis(50);
        monitor = QemuMonitor.watch(VM, socket(), limits(LONG, limit, LONG), event -> {
            events.add(event);
            standStill(goesOn);
        });
        FakeMonitor.Client client = server.negotiated();
        await().atMost(PATIENCE).until(() -> connections() == 1);

        CompletableFuture<Void> resumed = monitor.resume().toCompletableFuture();
        client.say("{\"return\": {}, \"id\": 1}");
        awaitLongerThan(limit);
        goesOn.countDown();

        assertThat(resumed).succeedsWithin(PATIENCE);
    }

    @Test
    void silenceWhileOurThreadStoodStill_isNoneOfQemus() throws IOException {
        CountDownLatch goesOn = new CountDownLatch(1);
        Duration limit = Duration.ofMillis(50);
        monitor = QemuMonitor.watch(VM, socket(), limits(LONG, limit, limit), event -> {
            events.add(event);
            standStill(goesOn);
        });
        FakeMonitor.Client client = server.negotiated();
        await().atMost(PATIENCE).until(() -> connections() == 1);

        awaitLongerThan(limit.multipliedBy(2));
        goesOn.countDown();

        client.hear("query-status");
    }

    @Test
    void monitorThatServesSomebodyElse_isSaidToDoSoOnce() throws IOException {
        server.close();
        Files.delete(socket());
        server = new FakeMonitor(socket(), MANY);
        watch(limits(Duration.ofMillis(50), LONG, LONG));

        server.accept();
        server.accept();
        server.accept();
        assertThat(events).as("two attempts came to nothing before the third").singleElement();
        assertThat(events.get(0).toString()).contains("no sign of the greeting").contains("serves one client");

        server.negotiateWithEverybody();
        await().atMost(PATIENCE).until(() -> connections() > 0);
    }

    @Test
    void fullBacklog_isReportedAndNeverWaitedFor() throws IOException {
        List<SocketChannel> waiting = new ArrayList<>();
        fillBacklog(waiting);

        watch(PATIENT);

        await().atMost(PATIENCE).until(() -> !events.isEmpty());
        assertThat(events.get(0).toString()).contains("too many clients wait");
        for (SocketChannel channel : waiting) {
            channel.close();
            server.accept();
        }
        server.negotiated();
        await().atMost(PATIENCE).until(() -> connections() == 1);
    }

    @Test
    void strangerBehindTheSocket_isNoMonitor() throws IOException {
        watch(PATIENT);

        server.accept().say("{\"event\": \"STOP\"}");

        await().atMost(PATIENCE).until(() -> !events.isEmpty());
        assertThat(events.get(0).toString()).contains("no QMP monitor");
    }

    @Test
    void eventBeforeTheConnectionStands_isNotToldBeforeConnected() throws IOException {
        watch(PATIENT);
        FakeMonitor.Client client = server.accept();
        client.greet();
        long id = client.hear("qmp_capabilities");

        client.say("{\"event\": \"STOP\"}");
        client.say("{\"return\": {}, \"id\": " + id + "}");
        client.say("{\"event\": \"RESUME\"}");

        await().atMost(PATIENCE).until(() -> events.contains(new Event.Resumed()));
        assertThat(events).containsExactly(new Event.Connected(), new Event.Resumed());
    }

    @Test
    void refusedCapabilities_areReported() throws IOException {
        watch(PATIENT);
        FakeMonitor.Client client = server.accept();
        client.greet();
        long id = client.hear("qmp_capabilities");

        client.say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}, \"id\": " + id + "}");

        await().atMost(PATIENCE).until(() -> !events.isEmpty());
        assertThat(events.get(0).toString()).contains("qmp_capabilities: QEMU refused");
    }

    @Test
    void moreCommandsThanMayWait_areRefusedAtOnce() throws IOException {
        connected(PATIENT);
        for (int i = 0; i < 4; i++) {
            monitor.resume();
        }

        assertThatThrownBy(() -> monitor.resume().toCompletableFuture().join())
                .hasMessageContaining("4 commands wait for their answer, the most allowed");
    }

    @Test
    void closed_failsWhatIsUnderWayTellsNothingAndEndsItsThread() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);
        CompletableFuture<Void> resumed = monitor.resume().toCompletableFuture();
        client.hear("cont");

        monitor.close();

        assertThatThrownBy(() -> resumed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .hasMessageContaining("unknown");
        await().atMost(PATIENCE)
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("qmp-vm1")));
        assertThat(events).containsExactly(new Event.Connected());
    }

    @Test
    void missingField_failsTheLookAndNothingElse() throws IOException {
        FakeMonitor.Client client = connected(PATIENT);
        CompletableFuture<?> view = monitor.look().toCompletableFuture();

        client.answer("query-status", "{\"running\": true}");
        client.answer("query-block", "[]");
        client.answer("query-blockstats", "[]");
        client.answer("query-named-block-nodes", "[]");

        assertThatThrownBy(() -> view.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .hasMessageContaining("\"status\" has to be a text");
        assertThat(events).containsExactly(new Event.Connected());
    }

    private static void standStill(CountDownLatch goesOn) {
        try {
            goesOn.await();
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitLongerThan(Duration limit) {
        long began = System.nanoTime();
        await().atMost(PATIENCE).until(() -> System.nanoTime() - began > limit.toNanos());
    }

    private long deserted() {
        return events.stream().filter(Event.Deserted.class::isInstance).count();
    }

    private void fillBacklog(List<SocketChannel> waiting) throws IOException {
        while (waiting.size() < 10) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.configureBlocking(false);
            try {
                channel.connect(UnixDomainSocketAddress.of(socket()));
                waiting.add(channel);
            } catch (IOException full) {
                channel.close();
                return;
            }
        }
        throw new AssertionError("the backlog has no end");
    }

    private FakeMonitor.Client connected(QmpLimits limits) throws IOException {
        watch(limits);
        FakeMonitor.Client client = server.negotiated();
        await().atMost(PATIENCE).until(() -> connections() == 1);
        return client;
    }

    private void watch(QmpLimits limits) {
        monitor = QemuMonitor.watch(VM, socket(), limits, events::add);
    }

    private void assertReconnectsAfter(String cause) throws IOException {
        server.negotiated();
        await().atMost(PATIENCE).until(() -> connections() == 2);
        assertThat(events.get(0)).isEqualTo(new Event.Connected());
        assertThat(events.get(2)).isEqualTo(new Event.Connected());
        assertThat(events.get(1))
                .isInstanceOfSatisfying(
                        Event.Disconnected.class,
                        lost -> assertThat(lost.cause()).contains(cause));
    }

    private long connections() {
        return events.stream().filter(Event.Connected.class::isInstance).count();
    }

    private Path socket() {
        return directory.resolve("vm1.qmp");
    }
}
