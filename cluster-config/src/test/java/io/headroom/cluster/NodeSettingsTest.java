package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeSettingsTest {
    private static final String LEAST = "headroom { host-id = 7, pool.directory = /srv/pool }\n";

    @Test
    void leastConfiguration_takesTheDefaultsOfTheProse() {
        NodeSettings settings = settings("");

        assertThat(settings.host()).isEqualTo(new HostId(7));
        assertThat(settings.cluster().address()).isEqualTo("127.0.0.1:7481");
        assertThat(settings.cluster().formAfter()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.http()).isEqualTo(new NodeSettings.Http("127.0.0.1", 7480));
        assertThat(settings.pool().directory()).isEqualTo(Path.of("/srv/pool"));
        assertThat(settings.monitors().directory()).contains(Path.of("/run/headroom/qmp"));
        assertThat(settings.growth())
                .isEqualTo(new NodeSettings.Growth(Bytes.mebi(2560), Bytes.gibi(40), Duration.ofSeconds(15)));
        assertThat(settings.mailbox().scan()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.journal()).isEqualTo(new NodeSettings.Journal.Embedded());
    }

    @Test
    void ownValues_winOverTheDefaults() {
        NodeSettings settings = settings("""
                headroom.cluster { host = node7.example, port = 9000, seeds = ["10.0.0.1:7481", "n2:1"] }
                headroom.qemu { directory = "", sockets = [/run/vm/a.sock] }
                headroom.journal { url = "jdbc:postgresql://db/headroom", user = headroom, password-file = /etc/pw }
                """);

        assertThat(settings.cluster().seeds()).containsExactly("10.0.0.1:7481", "n2:1");
        assertThat(settings.cluster().address()).isEqualTo("node7.example:9000");
        assertThat(settings.monitors().directory()).isEmpty();
        assertThat(settings.monitors().sockets()).isEqualTo(List.of(Path.of("/run/vm/a.sock")));
        assertThat(settings.journal()).isInstanceOf(NodeSettings.Journal.Postgres.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "headroom.host-id = 0               | headroom.host-id is \"0\"; allowed is a whole number from 1 to 2000",
                "headroom.host-id = seven           | headroom.host-id is \"seven\"; allowed is a whole number",
                "headroom.cluster.port = 70000      | headroom.cluster.port is \"70000\"; allowed is",
                "headroom.cluster.host = \"a b\"    | headroom.cluster.host is \"a b\"; allowed is a host name",
                "headroom.cluster.seeds = [\"x\"]   | headroom.cluster.seeds is \"x\"; allowed is host:port",
                "headroom.cluster.seeds = [\"x:0\"] | headroom.cluster.seeds is \"x:0\"; allowed is host:port",
                "headroom.cluster.form-after = 1h   | headroom.cluster.form-after is \"1h\"; allowed is a time from 1s to 300s",
                "headroom.pool.backend = lvm        | logical volumes (lvm) are not in this version",
                "headroom.pool.backend = nfs        | headroom.pool.backend is \"nfs\"; allowed is \"file\"",
                "headroom.pool.lease = sanlock      | sanlock is not in this version",
                "headroom.pool.directory = pool     | headroom.pool.directory is \"pool\"; allowed is an absolute path",
                "headroom.pool.directory = \"\"     | \"headroom pool create\"",
                "headroom.growth.smallest-chunk = 0 | headroom.growth.smallest-chunk is \"0\"; allowed is a size from 1 MiB",
                "headroom.growth.smallest-chunk = x | headroom.growth.smallest-chunk is \"x\"; allowed is a size",
                "headroom.growth.largest-chunk = 1G | headroom.growth.largest-chunk is \"1G\"; allowed is a size from 2.5 GiB",
                "headroom.mailbox.scan = 3s         | headroom.mailbox.scan is \"3s\"; allowed is a time from 50ms to 2s",
                "headroom.mailbox.heartbeat = 4s    | at most half of headroom.cluster.form-after",
                "headroom.journal.url = \"jdbc:x\"  | headroom.journal.url is \"jdbc:x\"; allowed is empty, or",
                "headroom.journal.user = me         | headroom.journal.url is \"\"; allowed is",
                "headroom.mailbox = 7               | headroom.mailbox",
                "headroom.pool.direcotry = /x       | the key headroom.pool.direcotry is unknown; allowed are headroom.pool.backend, headroom.pool.directory",
                "headroom.nonsense.x = 1            | the key headroom.nonsense.x is unknown",
                "hedroom.host-id = 1                | the key hedroom is unknown",
            })
    void notAllowed_isRefusedWithKeyValueAndWhatIsAllowed(String line, String message) {
        assertThatThrownBy(() -> settings(line))
                .isInstanceOf(RefusedSetting.class)
                .hasMessageContaining(message);
    }

    @Test
    void missingFile_isRefusedWithItsName(@TempDir Path directory) {
        assertThatThrownBy(() -> NodeSettings.read(directory.resolve("none.conf")))
                .isInstanceOf(RefusedSetting.class)
                .hasMessageContaining("none.conf");
    }

    @ParameterizedTest
    @ValueSource(strings = {"headroom {", "a = ${nowhere}"})
    void unreadableFile_isRefusedWithItsName(String text, @TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("node.conf"), text);

        assertThatThrownBy(() -> NodeSettings.read(file))
                .isInstanceOf(RefusedSetting.class)
                .hasMessageContaining("node.conf");
    }

    @Test
    void pekkoSettings_arePassedOn() {
        assertThat(settings("pekko.loglevel = DEBUG").pekko().getString("pekko.loglevel"))
                .isEqualTo("DEBUG");
    }

    private static NodeSettings settings(String more) {
        return NodeSettings.of(ConfigFactory.parseString(LEAST + more));
    }
}
