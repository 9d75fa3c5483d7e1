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
import java.util.Optional;
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
        assertThat(settings.pool()).isEqualTo(new PoolSettings.Directory(Path.of("/srv/pool")));
        assertThat(settings.monitors().directory()).contains(Path.of("/run/headroom/qmp"));
        assertThat(settings.growth())
                .isEqualTo(new NodeSettings.Growth(Bytes.mebi(2560), Bytes.gibi(40), Duration.ofSeconds(15)));
        assertThat(settings.mailbox().scan()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.journal()).isEqualTo(new NodeSettings.Journal.Embedded(Optional.empty()));
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
                "headroom.pool.backend = nfs        | headroom.pool.backend is \"nfs\"; allowed is \"file\" or \"lvm\"",
                "headroom.pool.lease = nfs          | headroom.pool.lease is \"nfs\"; allowed is \"file\" or \"sanlock\"",
                "headroom.pool.lease = sanlock      | headroom.pool.lease is \"sanlock\"; allowed is \"file\" with backend",
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
                "headroom.pool.direcotry = /x       | the key headroom.pool.direcotry is unknown; allowed are headroom.pool.backend, headroom.pool.critical, headroom.pool.devices",
                "headroom.nonsense.x = 1            | the key headroom.nonsense.x is unknown",
                "hedroom.host-id = 1                | the key hedroom is unknown",
            })
    void notAllowed_isRefusedWithKeyValueAndWhatIsAllowed(String line, String message) {
        assertThatThrownBy(() -> settings(line))
                .isInstanceOf(RefusedSetting.class)
                .hasMessageContaining(message);
    }

    @Test
    void volumeGroup_onOneMachine() {
        NodeSettings settings = lvm("");

        assertThat(settings.pool())
                .isEqualTo(new PoolSettings.VolumeGroup(
                        "headroom",
                        Optional.empty(),
                        List.of("/dev/mapper/san-*", "/dev/sd[b-d]"),
                        Path.of("/run/headroom"),
                        new PoolSettings.Lease.Flock()));
        assertThat(settings.journal())
                .isEqualTo(new NodeSettings.Journal.Embedded(Optional.of(Path.of("/var/lib/headroom/journal"))));
    }

    @Test
    void volumeGroup_onSeveralMachines() {
        NodeSettings settings = lvm("""
                headroom.pool { lease = sanlock, vg-uuid = "Nlh1Pq-wL3z-7aZ0-0000-fooo-baaa-Zz9yXw" }
                headroom.pool.sanlock { io-timeout = 5s, watchdog = none-in-a-test }
                headroom.journal { url = "jdbc:postgresql://db/headroom", user = headroom }
                """);

        assertThat(settings.pool()).isInstanceOfSatisfying(PoolSettings.VolumeGroup.class, group -> {
            assertThat(group.uuid()).contains("Nlh1Pq-wL3z-7aZ0-0000-fooo-baaa-Zz9yXw");
            assertThat(group.lease()).isEqualTo(new PoolSettings.Lease.Sanlock(Duration.ofSeconds(5), false));
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "headroom.pool.vg = \"\"                 | headroom.pool.vg is \"\"; allowed is the name of a volume group",
                "headroom.pool.vg = -vg                  | headroom.pool.vg is \"-vg\"",
                "headroom.pool.vg = \"..\"               | headroom.pool.vg is \"..\"",
                "headroom.pool.vg = \"a/b\"              | headroom.pool.vg is \"a/b\"",
                "headroom.pool.vg-uuid = x               | headroom.pool.vg-uuid is \"x\"; allowed is empty, or what",
                "headroom.pool.devices = []              | headroom.pool.devices is \"\"; allowed is 1 to 64 paths below /dev",
                "headroom.pool.devices = [\"/tmp/x\"]    | headroom.pool.devices is \"/tmp/x\"",
                "headroom.pool.devices = [\"/dev/a b\"]  | headroom.pool.devices is \"/dev/a b\"",
                "headroom.pool.devices = [\"/dev/../x\"] | headroom.pool.devices is \"/dev/../x\"",
                "headroom.pool.runtime-directory = x     | headroom.pool.runtime-directory is \"x\"; allowed is an absolute path",
                "headroom.pool.lease = sanlock           | headroom.journal.url is \"\"; allowed is jdbc:postgresql://HOST[:PORT]/DATABASE with pool.lease",
                "headroom.journal.directory = \"\"       | headroom.journal.directory is \"\"; allowed is an absolute path",
            })
    void volumeGroup_notAllowed_isRefusedWithKeyValueAndWhatIsAllowed(String line, String message) {
        assertThatThrownBy(() -> lvm(line)).isInstanceOf(RefusedSetting.class).hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "io-timeout = 2m | headroom.pool.sanlock.io-timeout is \"2m\"; allowed is a time from 1s to 60s",
                "io-timeout = 1500ms | headroom.pool.sanlock.io-timeout is \"1500ms\"; allowed is whole seconds, 1s to 60s",
                "watchdog = no   | headroom.pool.sanlock.watchdog is \"no\"; allowed is \"required\" or \"none-in-a-test\"",
            })
    void sanlock_notAllowed_isRefused(String line, String message) {
        assertThatThrownBy(() -> lvm("headroom.pool.lease = sanlock\nheadroom.pool.sanlock { " + line + " }"))
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

    private static NodeSettings lvm(String more) {
        return NodeSettings.of(ConfigFactory.parseString("""
                headroom {
                  host-id = 7
                  pool { backend = lvm, vg = headroom, devices = ["/dev/mapper/san-*", "/dev/sd[b-d]"] }
                  journal.directory = /var/lib/headroom/journal
                }
                """ + more));
    }

    private static NodeSettings settings(String more) {
        return NodeSettings.of(ConfigFactory.parseString(LEAST + more));
    }
}
