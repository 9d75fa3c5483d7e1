package io.headroom.store.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalSettingsTest {
    @TempDir
    Path folder;

    @Test
    void embedded_isWrittenBeforeItIsAcknowledged() {
        assertThat(new JournalSettings.Embedded(folder.resolve("ledger")).url()).contains(";WRITE_DELAY=0");
    }

    @Test
    void password_isInTheConfigurationAndNotInTheUrl() throws IOException {
        Path password = Files.writeString(folder.resolve("password"), "secret\n");
        JournalSettings settings =
                new JournalSettings.PostgreSql("jdbc:postgresql://db/x", "headroom", Optional.of(password));

        assertThat(settings.config().getString("pekko-persistence-jdbc.shared-databases.slick.db.password"))
                .isEqualTo("secret");
        assertThat(settings.url()).doesNotContain("secret");
    }

    @Test
    void nameThatWouldEndTheUrl_isRefused() {
        assertThatThrownBy(() -> new JournalSettings.Embedded(Path.of("ledger;TRACE_LEVEL_FILE=4")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("semicolon");
    }

    @Test
    void missingPasswordFile_isNamedWithWhatItHasToHold() {
        JournalSettings settings = new JournalSettings.PostgreSql(
                "jdbc:postgresql://localhost/ledger", "headroom", Optional.of(folder.resolve("password")));

        assertThatThrownBy(settings::config)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("password of the user headroom");
    }

    @Test
    void otherUrl_isRefusedWithWhatIsAllowed() {
        assertThatThrownBy(() -> new JournalSettings.PostgreSql("jdbc:mysql://localhost/x", "u", Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("jdbc:postgresql://HOST:PORT/DATABASE");
    }

    @Test
    void optionsOfTheUrl_comeAfterOurs() {
        assertThat(new JournalSettings.PostgreSql("jdbc:postgresql://db/x?socketTimeout=60", "u", Optional.empty())
                        .url())
                .isEqualTo(
                        "jdbc:postgresql://db/x?connectTimeout=3&socketTimeout=10&tcpKeepAlive=true&socketTimeout=60");
    }
}
