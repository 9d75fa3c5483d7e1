package io.headroom.store.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgreSqlLedgerTest extends LedgerContract {
    @TempDir
    Path folder;

    private EmbeddedPostgres server;
    private int port;

    @BeforeEach
    void startServer() throws IOException {
        server = builder().start();
        port = server.getPort();
    }

    @AfterEach
    void stopServer() throws IOException {
        stopNode();
        server.close();
    }

    @Override
    JournalSettings.PostgreSql settings() {
        return new JournalSettings.PostgreSql(
                "jdbc:postgresql://localhost:" + port + "/postgres", "postgres", Optional.empty());
    }

    @Override
    void takeAway() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    void bringBack() {
        try {
            server = builder().setPort(port).start();
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

    private EmbeddedPostgres.Builder builder() {
        return EmbeddedPostgres.builder()
                .setPGStartupWait(PATIENCE)
                .setDataDirectory(folder.resolve("data"))
                .setCleanDataDirectory(false)
                .setServerConfig("fsync", "on");
    }
}
