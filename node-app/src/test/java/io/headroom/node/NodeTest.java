package io.headroom.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.headroom.cluster.NodeSettings;
import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import io.headroom.node.api.AnswerJson;
import io.headroom.node.file.PoolCreation;
import io.headroom.node.file.PoolFiles;
import io.headroom.node.qemu.QemuImg;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole nodes in this JVM, on a real pool, with no seeds and no VMs. */
class NodeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** Where Linux begins to give ports to connections. */
    private static final int PORTS_END = 32_768;

    /** Elsewhere in another process. */
    private static final AtomicInteger NEXT_PORT =
            new AtomicInteger(12_000 + (int) (ProcessHandle.current().pid() % 1_000) * 20);

    @TempDir
    Path directory;

    private final List<Node> nodes = new ArrayList<>();

    @BeforeEach
    void makePool() throws IOException {
        makePool(directory.resolve("pool"), "a");
    }

    private static void makePool(Path where, String volume) throws IOException {
        new PoolCreation(Bytes.gibi(10), Bytes.mebi(1), 3, Bytes.mebi(64), Map.of(volume, Bytes.gibi(1)))
                .create(where, new QemuImg(Duration.ofSeconds(30)), Instant.now());
    }

    @AfterEach
    void stopAll() {
        nodes.forEach(Node::stop);
    }

    @Test
    void twoNodes_haveOneSpm_eachAnswers_andTheOtherTakesOver() throws IOException {
        Node first = start(1);
        Answer.Pool pool = serving(first, 1);
        assertThat(pool.freeBytes())
                .isEqualTo(Bytes.gibi(10).minus(Bytes.mebi(64)).value());
        assertThat(pool.volumes()).isEqualTo(1);

        Node second = start(2);
        assertThat(serving(second, 1).epoch()).isEqualTo(pool.epoch());
        await().atMost(PATIENCE)
                .until(() -> ask(second, "status", Answer.Status.class)
                        .filter(status -> status.others().stream().anyMatch(peer -> peer.host() == 1))
                        .isPresent());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(ask(second, "audit", Answer.Trail.class))
                        .hasValueSatisfying(trail -> assertThat(trail.lines())
                                .extracting(Answer.Line::kind)
                                .contains("pool-created", "volume-created")));

        first.stop();
        assertThat(serving(second, 2).epoch()).isGreaterThan(pool.epoch());
    }

    @Test
    void stoppedNode_startsAgainInTheSameProcess() throws IOException {
        Node first = start(1);
        long epoch = serving(first, 1).epoch();
        first.stop();

        assertThat(serving(start(1), 1).epoch()).isGreaterThan(epoch);
    }

    @Test
    void ready_whenTheHostHasReadItsMail() throws IOException {
        Node node = start(1);

        await().atMost(PATIENCE).until(() -> get(node, "/ready").statusCode() == 200);
        assertThat(get(node, "/alive").statusCode()).isEqualTo(200);
        await().atMost(PATIENCE)
                .until(() -> get(node, "/cluster/members").body().contains("\"status\":\"Up\""));
    }

    @Test
    void clusterRoutes_changeNothing() throws Exception {
        Node node = start(1);
        serving(node, 1);
        HttpRequest down = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + node.httpPort() + "/cluster/members/x"))
                .DELETE()
                .build();

        assertThat(CLIENT.send(down, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isIn(404, 405);
        assertThat(serving(node, 1).phase()).isEqualTo("serving");
    }

    @Test
    void installedSample_isAllowed() {
        Path sample = Path.of(System.getProperty("basedir", ""), "src", "main", "dist", "etc", "headroom.conf");

        assertThat(NodeSettings.read(sample.toAbsolutePath()).cluster().address())
                .isEqualTo("127.0.0.1:7481");
    }

    @Test
    void installedUnit_leavesANodeWhoseNumberIsTaken() throws IOException {
        assertThat(Files.readAllLines(Path.of("src/main/dist/share/headroom-node.service")))
                .contains("RestartPreventExitStatus=" + Node.NUMBER_TAKEN);
    }

    @Test
    void sameHostId_isRefused_andTheFirstGoesOn() throws IOException {
        Node first = start(1);

        assertThatThrownBy(() -> start(1))
                .isInstanceOf(RefusedStart.class)
                .hasMessageContaining("host 1 of this pool is a living node already: process ");
        assertThat(get(first, "/alive").statusCode()).isEqualTo(200);
    }

    @Test
    void hostIdWithoutRoomInTheMailbox_isRefused() {
        assertThatThrownBy(() -> start(4)).hasMessageContaining("the pool's mailbox was made for 3 hosts");
    }

    @Test
    void noPool_isRefusedWithTheCommandThatMakesOne() {
        assertThatThrownBy(() -> start(1, "pool.directory = \"" + directory.resolve("none") + "\""))
                .isInstanceOf(RefusedStart.class)
                .hasMessageContaining("headroom pool create");
    }

    @Test
    void noVolumeGroup_isRefusedWithWhereItWasLookedFor() {
        assertThatThrownBy(() -> start(
                        1,
                        "pool { backend = lvm, vg = nowhere, devices = [\"/dev/no-such-lun-*\"] }",
                        "pool.runtime-directory = \"" + directory.resolve("run") + "\"",
                        "journal.directory = \"" + directory.resolve("journal") + "\""))
                .isInstanceOf(RefusedStart.class)
                .hasMessageContaining("there is no volume group nowhere")
                .satisfies(refused -> assertThat(((RefusedStart) refused).next())
                        .contains("headroom.pool.devices, which are /dev/no-such-lun-*"));
    }

    @Test
    void damagedMailbox_isRefused_andLeftClosed() throws IOException {
        Path mailbox = new PoolFiles(directory.resolve("pool")).mailbox();
        Files.write(mailbox, new byte[8192]);

        assertThatThrownBy(() -> start(1)).isInstanceOf(RefusedStart.class).hasMessageContaining("mailbox");
        assertThat(openFiles()).doesNotContain(mailbox.toRealPath());
    }

    private static List<Path> openFiles() throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.isSymbolicLink(descriptor)) {
                    files.add(Files.readSymbolicLink(descriptor));
                }
            }
        }
        return files;
    }

    @Test
    void takenPort_isRefusedWithItsKey() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> start(1, "http.port = " + taken.getLocalPort()))
                    .hasMessageContaining("headroom.http.port is " + taken.getLocalPort());
            assertThatThrownBy(() -> start(1, "cluster.port = " + taken.getLocalPort()))
                    .hasMessageContaining("headroom.cluster.port is " + taken.getLocalPort());
        }
        start(1);
    }

    @Test
    void socketThatNamesNoVm_isRefused() {
        assertThatThrownBy(() -> start(1, "qemu.sockets = [\"/run/-.sock\"]"))
                .hasMessageContaining("headroom.qemu.sockets has /run/-.sock");
    }

    @Test
    void passwordFileThatIsMissing_isRefusedWithTheSectionToCorrect() {
        Path missing = directory.resolve("no-password");

        assertThatThrownBy(() -> start(
                        1,
                        "journal { url = \"jdbc:postgresql://db.example/headroom\", user = headroom }",
                        "journal.password-file = \"" + missing + "\""))
                .isInstanceOf(RefusedStart.class)
                .hasMessageStartingWith("cannot read the journal's password file " + missing)
                .satisfies(
                        refused -> assertThat(((RefusedStart) refused).next()).contains("headroom.journal"));
    }

    @Test
    void nodeOfAnotherPool_isNoWayIntoItsCluster() throws IOException {
        int port = freePort();
        Node ofThisPool = start(1, "cluster.port = " + port);
        serving(ofThisPool, 1);
        Path other = directory.resolve("other");
        makePool(other, "b");

        Node ofTheOther = start(
                2,
                "pool.directory = \"" + other + "\"",
                // Longer than a node takes to answer one that wants to join.
                "cluster { form-after = 4s, seeds = [\"127.0.0.1:" + port + "\"] }");

        serving(ofTheOther, 2);
        assertThat(serving(ofThisPool, 1).pool())
                .isNotEqualTo(serving(ofTheOther, 2).pool());
    }

    @Test
    void stoppedTwice_isHarmless() throws IOException {
        Node node = start(1);
        node.stop();
        node.stop();

        assertThat(node.awaitEnd()).isZero();
    }

    private Node start(int host, String... more) throws IOException {
        Node node = Node.start(NodeSettings.of(ConfigFactory.parseString(String.join("\n", more))
                .atPath("headroom")
                .withFallback(ConfigFactory.parseString("""
                        headroom {
                          host-id = %d
                          cluster { port = %d, form-after = 1s }
                          mailbox.heartbeat = 200ms
                          http.port = %d
                          pool.directory = "%s"
                          qemu.directory = "%s"
                        }
                        # No test is about a node that is only slow: none is removed because the machine is busy.
                        pekko.cluster.failure-detector.acceptable-heartbeat-pause = 30s
                        """.formatted(
                                host, freePort(), freePort(), directory.resolve("pool"), directory.resolve("qmp"))))));
        nodes.add(node);
        return node;
    }

    /** One of those that the system gives to no connection, so that nobody has it before the node does; each once. */
    private static int freePort() throws IOException {
        for (int port = NEXT_PORT.getAndIncrement(); port < PORTS_END; port = NEXT_PORT.getAndIncrement()) {
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException taken) {
                // the next one
            }
        }
        throw new AssertionError("no port below " + PORTS_END + " is free");
    }

    /** The pool, once the SPM serves on this host. */
    private static Answer.Pool serving(Node asked, int spm) {
        return await().atMost(PATIENCE)
                .until(
                        () -> ask(asked, "pool", Answer.Pool.class)
                                .filter(pool ->
                                        pool.spm() == spm && pool.phase().equals("serving")),
                        Optional::isPresent)
                .orElseThrow();
    }

    private static <T extends Answer> Optional<T> ask(Node node, String question, Class<T> type) throws Exception {
        HttpResponse<String> response = get(node, "/api/v1/" + question);
        return response.statusCode() == 200 ? Optional.of(AnswerJson.read(response.body(), type)) : Optional.empty();
    }

    private static HttpResponse<String> get(Node node, String path) throws IOException {
        try {
            return CLIENT.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.httpPort() + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }
}
