package io.headroom.store.journal;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Where the ledger's journal is, and how Pekko Persistence JDBC reaches it. */
public sealed interface JournalSettings {
    /** The driver's name for it, without a password. */
    String url();

    /**
     * Everything that an actor system needs to hold the ledger; put it over the system's own configuration.
     *
     * @throws IllegalArgumentException where a setting cannot be used, with the next step
     */
    Config config();

    /** A connection of its own, outside the pool; blocks. */
    Connection connect() throws SQLException;

    /**
     * The embedded database, in one file that one process has open at a time. An event is acknowledged after it was
     * written, so that a killed process loses none.
     *
     * @param file without the ending {@code .mv.db}, which the database adds; its folder exists
     */
    record Embedded(Path file) implements JournalSettings {
        public Embedded {
            if (file.toString().contains(";")) {
                throw new IllegalArgumentException("the journal's file \"" + file
                        + "\" cannot be used: a semicolon would end its name; choose another name");
            }
            file = file.toAbsolutePath().normalize();
        }

        @Override
        public String url() {
            return "jdbc:h2:file:" + file + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE";
        }

        @Override
        public Config config() {
            return Database.config("slick.jdbc.H2Profile$", "org.h2.Driver", url(), Map.of());
        }

        @Override
        public Connection connect() throws SQLException {
            return DriverManager.getConnection(url());
        }
    }

    /**
     * A PostgreSQL server.
     *
     * @param server {@code jdbc:postgresql://HOST:PORT/DATABASE}, with options of the driver if need be
     * @param passwordFile a file with nothing but the password, read when the configuration is made and when the
     *     tables are; empty where the server asks for none
     */
    record PostgreSql(String server, String user, Optional<Path> passwordFile) implements JournalSettings {
        /** What tells a dead server or a cut network in seconds; the server's own URL may say otherwise. */
        private static final String PATIENCE = "connectTimeout=3&socketTimeout=10&tcpKeepAlive=true";

        public PostgreSql {
            if (!server.startsWith("jdbc:postgresql:")) {
                throw new IllegalArgumentException("the journal's URL \"" + server
                        + "\" cannot be used; allowed is jdbc:postgresql://HOST:PORT/DATABASE");
            }
        }

        @Override
        public String url() {
            int options = server.indexOf('?');
            return options < 0
                    ? server + "?" + PATIENCE
                    : server.substring(0, options + 1) + PATIENCE + "&" + server.substring(options + 1);
        }

        @Override
        public Config config() {
            Map<String, String> login = new HashMap<>(Map.of("user", user));
            password().ifPresent(password -> login.put("password", password));
            return Database.config("slick.jdbc.PostgresProfile$", "org.postgresql.Driver", url(), login);
        }

        @Override
        public Connection connect() throws SQLException {
            return DriverManager.getConnection(url(), user, password().orElse(""));
        }

        private Optional<String> password() {
            return passwordFile.map(file -> {
                try {
                    return Files.readString(file).strip();
                } catch (IOException e) {
                    throw new IllegalArgumentException(
                            "cannot read the journal's password file " + file
                                    + "; it has to hold the password of the user " + user,
                            e);
                }
            });
        }
    }
}
