package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.coordination.lease.javadsl.Lease;
import org.apache.pekko.coordination.lease.javadsl.LeaseProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 10, unit = TimeUnit.MINUTES)
class MajorityLeaseTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    private final ExecutorService blocking = Executors.newCachedThreadPool();
    private final List<ActorSystem<?>> systems = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();

    @AfterEach
    void end() {
        nodes.forEach(node -> node.process.destroyForcibly());
        systems.forEach(ActorSystem::terminate);
        systems.forEach(system -> done(system.getWhenTerminated()));
        awaitNobodyHasTheLease(); // it is given back after a system's end, by the executor
        blocking.shutdown();
    }

    @Test
    void oneSideHasIt_untilItGivesItBack() {
        Lease first = lease(1);
        Lease second = lease(2);

        assertThat(done(first.acquire())).isTrue();
        assertThat(done(first.acquire())).isTrue();
        assertThat(first.checkLease()).isTrue();
        assertThat(done(second.acquire())).isFalse();
        assertThat(second.checkLease()).isFalse();

        assertThat(done(first.release())).isTrue();
        assertThat(first.checkLease()).isFalse();
        assertThat(done(second.acquire())).isTrue();
    }

    @Test
    void systemThatEnds_givesItBack() {
        Lease first = lease(1);
        assertThat(done(first.acquire())).isTrue();
        systems.get(0).terminate();

        Lease second = lease(2);
        await().atMost(PATIENCE).until(() -> done(second.acquire()));
    }

    @Test
    void lostLease_isTold() {
        Lease lease = lease(1);
        AtomicReference<Optional<Throwable>> lost = new AtomicReference<>(Optional.empty());
        assertThat(done(lease.acquire(lost::set))).isTrue();

        ProcessHandle.current()
                .children()
                .filter(child -> child.info().commandLine().orElse("").contains(directory.toString())
                        || child.info().commandLine().orElse("").contains("headroom-keeper"))
                .forEach(ProcessHandle::destroyForcibly);

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(lost.get()).get().asString().contains("the keeper"));
        assertThat(lease.checkLease()).isFalse();
    }

    /** Of two nodes the one with the lower address would go on otherwise. */
    @Test
    void frozenNodeWithTheLowerAddress_isLeftBehind_andEndsItselfWhenItWakesUp() throws Exception {
        int one;
        int other;
        try (ServerSocket first = freePort();
                ServerSocket second = freePort()) {
            one = first.getLocalPort();
            other = second.getLocalPort();
        }
        Node lower = new Node(1, Math.min(one, other), Math.min(one, other));
        lower.awaitSaid("up 1");
        Node higher = new Node(2, Math.max(one, other), Math.min(one, other));
        lower.awaitSaid("up 2");
        higher.awaitSaid("up 2");

        awaitNobodyHasTheLease();

        signal("-STOP", lower.process);
        higher.awaitSaid("up 1");
        signal("-CONT", lower.process);

        lower.awaitSaid("ended");
        assertThat(higher.said).doesNotContain("ended");
        higher.process.destroyForcibly();
    }

    private Lease lease(int side) {
        ActorSystemSetup setup = ActorSystemSetup.create(
                BootstrapSetup.create(ConfigFactory.parseResources("cluster-majority.conf")
                        .withFallback(ConfigFactory.defaultReference())
                        .resolve()),
                new MajorityLease.Means(
                        new FlockFile(directory.resolve("majority"), "side " + side),
                        Keepers.settings(Keepers.PATIENT),
                        blocking));
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "side" + side, setup);
        systems.add(system);
        return LeaseProvider.get(system.classicSystem())
                .getLease("majority", "headroom.majority-lease", "side " + side);
    }

    /** A false alarm while the nodes start may have had one of them ask for it. */
    private void awaitNobodyHasTheLease() {
        List<String> trial =
                List.of("flock", "--nonblock", directory.resolve("majority").toString(), "true");
        await().atMost(PATIENCE).until(() -> new ProcessBuilder(trial).start().waitFor() == 0);
    }

    private static ServerSocket freePort() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    }

    private static void signal(String signal, Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", signal, String.valueOf(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private final class Node {
        private final Process process;
        private final List<String> said = new CopyOnWriteArrayList<>();
        private int heard;

        Node(int host, int port, int contact) throws IOException {
            process = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-Xmx128m",
                            "-Dbasedir=" + System.getProperty("basedir", ""),
                            "-Dlogback.configurationFile=" + System.getProperty("logback.configurationFile", ""),
                            "-cp",
                            System.getProperty("java.class.path"),
                            LoneSystem.class.getName(),
                            String.valueOf(host),
                            String.valueOf(port),
                            String.valueOf(contact),
                            directory.resolve("majority").toString())
                    .redirectError(directory.resolve("errors-" + host).toFile())
                    .start();
            nodes.add(this);
            Thread reader = new Thread(this::read);
            reader.setDaemon(true);
            reader.start();
        }

        private void read() {
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = output.readLine(); line != null; line = output.readLine()) {
                    said.add(line);
                }
            } catch (IOException broken) {
                said.add("broke off: " + broken);
            }
        }

        /** A line after those that were awaited before. */
        void awaitSaid(String line) {
            await(line)
                    .atMost(PATIENCE)
                    .until(() -> said.subList(heard, said.size()).contains(line));
            heard += said.subList(heard, said.size()).indexOf(line) + 1;
        }
    }
}
