package io.headroom.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headroom.model.HostId;
import io.headroom.node.http.ServedFacts;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class HeadroomCommandTest {
    private static final String NOBODY = "http://127.0.0.1:1";

    @RegisterExtension
    static final ServedFacts served = new ServedFacts();

    private final StringWriter out = new StringWriter();
    private final StringWriter errors = new StringWriter();

    @Test
    void status_showsPoolSpmHostsAndThePromise() {
        assertThat(run("status", "--url", served.url())).isZero();
        assertThat(out.toString())
                .contains("60 GiB free of 100 GiB, 3 volumes, 240 GiB promised to guests")
                .contains("SPM       host 2, serving, epoch 4")
                .contains("guests that write up to 128 MiB/s never wait")
                .contains("waiting   vm1 on host 1 lacks 3 GiB of 5 GiB for disk-a, paused, for 1.5 s")
                .contains("host 3    127.0.0.1:7483, no sign of life, last sign 2.5 s ago");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 120);
    }

    @Test
    void diskThatDoesNotLastForATakeover_isNamed() {
        served.facts.takeover = Duration.ofSeconds(200);

        assertThat(run("status", "--url", served.url())).isZero();
        assertThat(out.toString()).contains("tight     disk-a of vm1 lasts 135 s; a takeover may take 200 s");
    }

    @Test
    void diskThatDoesNotOutlastTheLossOfTheSpmsMachine_isNamed() {
        served.facts.cutOff = Duration.ofSeconds(160);

        assertThat(run("status", "--url", served.url())).isZero();
        assertThat(out.toString())
                .contains("power     disk-a of vm1 lasts 135 s; losing the SPM's machine may take 160 s")
                .doesNotContain("tight");
    }

    @Test
    void statusWithoutSpm_saysWhyAndWhatToDo() {
        served.facts.spmAnswers = false;

        assertThat(run("status", "--url", served.url())).isZero();
        assertThat(out.toString()).contains("no SPM answered within 3 s").contains("host 1    127.0.0.1:7481");
    }

    @Test
    void spm_showsWhoHasTheRole_whoIsNext_andWhenAnotherMayHaveIt() {
        assertThat(run("spm", "show", "--url", served.url())).isZero();
        assertThat(out.toString())
                .contains("SPM       host 2, serving, epoch 4 since")
                .contains("next      10.0.0.1:7481")
                .contains("lease     sanlock, held by host 2 (hv2)")
                .contains("10 s after its process froze")
                .contains("120 s after its host lost power or the storage")
                .doesNotContain("at the latest");
    }

    @Test
    void leaseThatCannotBeLookedAt_isSaidWithItsCause() {
        served.facts.leaseIsReadable = false;

        assertThat(run("spm", "show", "--url", served.url())).isZero();
        assertThat(out.toString()).contains("lease     cannot be looked at: no path to the storage");
    }

    @Test
    void spmThatDoesNotAnswer_isShownAsTheStorageKnowsIt() {
        served.facts.spmAnswers = false;

        assertThat(run("spm", "show", "--url", served.url())).isZero();
        assertThat(out.toString())
                .contains("SPM       none answers; last was host")
                .contains("now: the lease is free in 120 s at the latest");
    }

    @Test
    void spm_isMovedToTheHost_andAwaitedThere() {
        assertThat(run("spm", "move", "2", "--url", served.url())).isZero();
        assertThat(served.facts.moves).containsExactly(Optional.of(new HostId(2)));
        assertThat(out.toString()).contains("host 2 is SPM in epoch 4");
    }

    @Test
    void spmThatCannotBeMoved_isSaidWithTheNextStep() {
        served.facts.spmAnswers = false;

        assertThat(run("spm", "move", "--url", served.url())).isEqualTo(1);
        assertThat(errors.toString()).contains("whether the SPM moves is unknown: no cluster", "headroom spm show");
    }

    @Test
    void moveToNoHost_isRefused() {
        assertThat(run("spm", "move", "0", "--url", served.url())).isEqualTo(1);
        assertThat(errors.toString()).contains("to is \"0\"", "a host's number");
        assertThat(served.facts.moves).isEmpty();
    }

    @Test
    void disks_areATable() {
        assertThat(run("disks", "--all", "--url", served.url())).isZero();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines.get(0)).startsWith("HOST  VM ").contains("LEFT");
        assertThat(lines.get(1)).contains("vm1").contains("2 GiB").contains("135 s");
        assertThat(lines.subList(3, lines.size()))
                .contains("vm1, disk-a: the VM is paused: no space on disk1", "vm2, disk-a: the monitor is slow");
        assertThat(lines).allMatch(line -> line.length() <= 120);
    }

    @Test
    void vms_areATable_withTheReasonOfEachPause() {
        assertThat(run("vm", "list", "--all", "--url", served.url())).isZero();

        List<String> lines = out.toString().lines().toList();
        assertThat(lines.get(0)).startsWith("HOST  VM ").endsWith("WHY IT DOES NOT RUN");
        assertThat(lines.get(1)).contains("vm1", "io-error").endsWith("no space on disk1");
        assertThat(lines.get(2)).contains("vm2", "running");
    }

    @Test
    void holdAndRelease_sayWhatIsSoNow() {
        assertThat(run("vm", "hold", "vm1", "--url", served.url())).isZero();
        assertThat(out.toString())
                .isEqualTo("vm1 is held: Headroom does not resume it until headroom vm release vm1\n");
        assertThat(run("vm", "release", "vm1", "--url", served.url())).isZero();
        assertThat(out.toString()).endsWith("vm1 is released\n");

        assertThat(run("vm", "hold", "nobody", "--url", served.url())).isEqualTo(1);
        assertThat(run("vm", "hold", "a/b", "--url", served.url())).isEqualTo(2);
    }

    @Test
    void audit_isATableWithItsSteps_andSaysHowToGoOn() {
        assertThat(run("audit", "--url", served.url(), "--vm", "vm1", "--limit", "1"))
                .isZero();
        assertThat(out.toString())
                .contains("extended")
                .contains("1 GiB  2 GiB")
                .contains("0.4 3.0")
                .contains("older lines: --before 7")
                .contains("may be incomplete: the ledger is behind");
        assertThat(served.facts.queries).singleElement().satisfies(query -> {
            assertThat(query.vm()).contains("vm1");
            assertThat(query.limit()).isEqualTo(1);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"status", "disks", "audit"})
    void json_isTheNodesAnswer(String command) throws IOException {
        assertThat(run(command, "-o", "json", "--url", served.url())).isZero();
        assertThat(new JsonMapper().readTree(out.toString()).isObject()).isTrue();
        assertThat(errors.toString()).isEmpty();
    }

    @Test
    void refusedQuestion_failsWithTheNodesWords() {
        assertThat(run("audit", "--url", served.url(), "--since", "yesterday")).isEqualTo(1);
        assertThat(errors.toString())
                .contains("headroom: bad parameter: the parameter since is \"yesterday\"")
                .contains("next: ");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void noNode_failsWithTheUrlAndTheNextStep() {
        assertThat(run("status", "--url", NOBODY)).isEqualTo(1);
        assertThat(errors.toString())
                .contains("the node at " + NOBODY + " does not answer: the connection is refused")
                .contains("--url or HEADROOM_URL");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "ftp://host", "http://a b"})
    void noUrl_failsWithWhatIsAllowed(String url) {
        assertThat(run("status", "--url", url)).isEqualTo(1);
        assertThat(errors.toString()).contains("\"" + url + "\" is no URL of a node");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "status --nonsense",
                "status -o xml",
                "pool",
                "pool create",
                "pool create DIR",
                "pool create DIR --capacity 1Q",
                "pool create DIR --capacity 1G --hosts 0",
                "pool create DIR --capacity 1G --volume a",
                "pool create --vg pool",
                "pool create DIR --vg pool --lun /dev/sdb",
                "pool create DIR --capacity 1G --lun /dev/sdb",
                "pool create --vg pool --lun /dev/sdb --capacity 1G",
                "pool create --vg pool --lun /dev/sdb --lease none",
                "node",
            })
    void wrongUsage_isStatusTwo_toldOnStandardError(String arguments) {
        assertThat(run(arguments.isEmpty() ? new String[0] : arguments.split(" ")))
                .isEqualTo(2);
        assertThat(errors.toString()).isNotEmpty();
        assertThat(out.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "status", "disks", "audit", "node", "pool", "pool create"})
    void help_isThereForEachCommand(String command) {
        assertThat(run((command + " --help").strip().split(" "))).isZero();
        assertThat(out.toString()).startsWith("Usage: headroom " + command);
    }

    @Test
    void poolCreated_thenRefused(@TempDir Path directory) {
        String pool = directory.resolve("pool").toString();

        assertThat(run(
                        "pool",
                        "create",
                        pool,
                        "--capacity",
                        "1G",
                        "--hosts",
                        "2",
                        "--volume",
                        "a=64M",
                        "--initial",
                        "8M"))
                .isZero();
        assertThat(out.toString()).contains(pool);
        assertThat(run("pool", "create", pool, "--capacity", "1G")).isEqualTo(1);
        assertThat(errors.toString()).contains("holds a pool already");
    }

    @Test
    void nodeWithBadConfiguration_failsWithTheKey(@TempDir Path directory) throws IOException {
        Path config = Files.writeString(directory.resolve("node.conf"), "headroom.host-id = none");

        assertThat(run("node", "--config", config.toString())).isEqualTo(1);
        assertThat(errors.toString()).contains("headroom.host-id is \"none\"").contains("correct " + config);
    }

    @Test
    void poolOnADeviceThatIsNoLun_isRefusedWithItsName(@TempDir Path directory) {
        String missing = directory.resolve("lun").toString();

        assertThat(run("pool", "create", "--vg", "pool", "--lun", missing, "--runtime-directory", directory.toString()))
                .isEqualTo(1);
        assertThat(errors.toString()).contains(missing).doesNotContain("\tat ");
    }

    @Test
    void checkedConfiguration_isAllowedOrNot_andStartsNothing(@TempDir Path directory) throws IOException {
        Path allowed = Files.writeString(
                directory.resolve("allowed.conf"), "headroom { host-id = 3, pool.directory = " + directory + " }");

        assertThat(run("node", "--check", "--config", allowed.toString())).isZero();
        assertThat(out.toString()).contains("the settings of host 3 are allowed");
        Files.writeString(allowed, "headroom.host-id = 3");
        assertThat(run("node", "--check", "--config", allowed.toString())).isEqualTo(1);
        assertThat(errors.toString()).contains("headroom.pool.directory");
    }

    private int run(String... arguments) {
        CommandLine line = HeadroomCommand.line();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(errors, true));
        return line.execute(arguments);
    }
}
