package io.headroom.store.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgreSqlLedgerTest extends LedgerContract {
    /** Where Linux begins to give ports to connections. */
    private static final int PORTS_END = 32_768;

    /** Elsewhere in another process. */
    private static final AtomicInteger NEXT_PORT =
            new AtomicInteger(12_000 + (int) (ProcessHandle.current().pid() % 1_000) * 20);

    @TempDir
    Path folder;

    private EmbeddedPostgres server;
    private int port;

    @BeforeEach
    void startServer() throws IOException {
        port = freePort();
        server = builder().start();
    }

    @AfterEach
    void stopServer() throws IOException {
        stopNode();
        server.close();
        awaitServersEnd();
    }

    @Override
    JournalSettings.PostgreSql settings() {
        return new JournalSettings.PostgreSql(
                "jdbc:postgresql://localhost:" + port + "/postgres?connectTimeout=60&socketTimeout=60",
                "postgres",
                Optional.empty());
    }

    @Override
    void takeAway() {
        try {
            server.close();
            awaitServersEnd();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** It may take longer than whoever stops it waits; meanwhile no other can have its data, and nobody remove them. */
    private void awaitServersEnd() {
        await().atMost(PATIENCE).until(() -> Files.notExists(data().resolve("postmaster.pid")));
    }

    @Override
    void bringBack() {
        try {
            server = builder().start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void nodesThatMakeTheTablesTogether_doNotDisturbEachOther() {
        ExecutorService nodes = Executors.newFixedThreadPool(4);
        try {
            CompletableFuture.allOf(Stream.generate(() -> new JournalSchema(settings(), nodes).create())
                            .limit(8)
                            .map(stage -> stage.toCompletableFuture())
                            .toArray(CompletableFuture<?>[]::new))
                    .join();
        } finally {
            nodes.shutdown();
        }

        assertThat(count("snapshot")).isZero();
    }

    /** One of those that the system gives to no connection: it has to be free again while the server is away. */
    private static int freePort() throws IOException {
        for (int port = NEXT_PORT.getAndIncrement(); port < PORTS_END; port = NEXT_PORT.getAndIncrement()) {
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (BindException taken) {
                // the next one
            }
        }
        throw new AssertionError("no port below " + PORTS_END + " is free");
    }

    private Path data() {
        return folder.resolve("data");
    }

    private EmbeddedPostgres.Builder builder() {
        return EmbeddedPostgres.builder()
                .setPort(port)
                .setPGStartupWait(PATIENCE)
                .setDataDirectory(data())
                .setCleanDataDirectory(false)
                .setServerConfig("fsync", "on");
    }
}
