package io.headroom.store.journal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;

/** The journal's tables: made where they are missing, never changed where they exist. */
public final class JournalSchema {
    /** Two nodes that make the same tables at the same time wait for each other. The number is ours alone. */
    private static final String POSTGRESQL_LOCK = "SELECT pg_advisory_xact_lock(7220010)";

    private static final Pattern COMMENT = Pattern.compile("(?m)^--.*$");

    private final JournalSettings settings;
    private final Executor blocking;

    /** @param blocking where the database is waited for */
    public JournalSchema(JournalSettings settings, Executor blocking) {
        this.settings = settings;
        this.blocking = blocking;
    }

    /**
     * Makes the tables that are missing. Repeating it is harmless; it fails while the database is away, and while
     * another process has the embedded one open.
     */
    public CompletionStage<Void> create() {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        createNow();
                    } catch (SQLException e) {
                        throw new CompletionException(e);
                    }
                },
                blocking);
    }

    private void createNow() throws SQLException {
        boolean embedded = settings instanceof JournalSettings.Embedded;
        try (Connection connection = settings.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            if (!embedded) {
                statement.execute(POSTGRESQL_LOCK);
            }
            for (String sql : statements(embedded ? "/schema/h2.sql" : "/schema/postgresql.sql")) {
                statement.execute(sql);
            }
            connection.commit();
        }
    }

    private static String[] statements(String resource) {
        try (InputStream sql = JournalSchema.class.getResourceAsStream(resource)) {
            String text = COMMENT.matcher(new String(sql.readAllBytes(), StandardCharsets.UTF_8))
                    .replaceAll("");
            return Arrays.stream(text.split(";"))
                    .map(String::strip)
                    .filter(part -> !part.isEmpty())
                    .toArray(String[]::new);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + resource, e);
        }
    }
}
