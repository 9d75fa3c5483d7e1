package io.headroom.store.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.h2.tools.Shell;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedLedgerTest extends LedgerContract {
    @TempDir
    Path folder;

    private Connection holder;

    @Override
    JournalSettings.Embedded settings() {
        return new JournalSettings.Embedded(folder.resolve("ledger"));
    }

    /** Somebody else has the database for himself. */
    @Override
    void takeAway() {
        try {
            holder = settings().connect();
            try (Statement statement = holder.createStatement()) {
                statement.execute("SET EXCLUSIVE 2");
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    void bringBack() {
        try {
            holder.close();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void stoppedNode_leavesTheDatabaseToAnotherProcessAtOnce() throws Exception {
        LedgerNode node = start();
        node.log().extend(10);
        awaitTaken(node.log());
        assertThat(countInAnotherProcess()).as("while the node runs").contains("already in use");

        node.stop();

        assertThat(countInAnotherProcess()).contains("12");
    }

    @Test
    void killedProcess_losesNothingThatItAcknowledged() throws Exception {
        Process process = java(
                System.getProperty("java.class.path"),
                LedgerProcess.class,
                settings().file().toString());
        long acknowledged = 0;
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            String line = said.readLine();
            while (line != null && acknowledged < 2_000) {
                if (line.startsWith("acknowledged ")) {
                    acknowledged = Long.parseLong(line.substring("acknowledged ".length()));
                }
                line = said.readLine();
            }
            process.destroyForcibly();
        }
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as("killed, not ended").isNotZero();

        PoolWriter log = new PoolWriter();
        log.extend(LedgerProcess.EXTENSIONS);
        LedgerNode node = start(log);
        awaitTaken(log);

        assertThat(log.recovered().sequence()).isGreaterThanOrEqualTo(acknowledged);
        assertThat(node.recorded()).isEqualTo(log.log());
    }

    private String countInAnotherProcess() throws Exception {
        Process shell = java(
                Path.of(Shell.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toURI())
                        .toString(),
                Shell.class,
                "-url",
                settings().url(),
                "-sql",
                "SELECT COUNT(*) FROM \"event_journal\"");
        String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return said;
    }

    private static Process java(String classPath, Class<?> main, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                classPath,
                main.getName()));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }
}
