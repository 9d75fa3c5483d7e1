package io.headroom.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headroom.model.Bytes;
import io.headroom.node.http.ServedFacts;
import io.headroom.port.Tenure;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The commands about volumes and LUNs, against a node whose SPM the test is. */
class OrderCommandsTest {
    private static final String ME = System.getProperty("user.name");

    @RegisterExtension
    static final ServedFacts served = new ServedFacts();

    private final StringWriter out = new StringWriter();
    private final StringWriter errors = new StringWriter();

    @Test
    void volumes_areATable() {
        assertThat(run("volume list")).isZero();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines.get(0)).startsWith("VOLUME").contains("ALLOCATED").contains("HOSTS");
        assertThat(lines.get(1)).contains("disk-a").contains("2 GiB").contains("host 1, host 2");
        assertThat(lines.get(2)).isEqualTo("60 GiB free of 100 GiB");
    }

    @Test
    void volume_isShownWithWhatItsGuestsHaveWritten() {
        assertThat(run("volume show disk-a")).isZero();
        assertThat(out.toString())
                .contains("allocated  2 GiB, at most 11 GiB")
                .contains("virtual    10 GiB")
                .contains("in use on  host 1, host 2")
                .contains("vm1 on host 1 has written 700 MiB");
    }

    @Test
    void luns_areATable() {
        assertThat(run("lun list")).isZero();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines.get(0)).containsPattern("LUN +SIZE +USED +FREE +HEALTH +ID");
        assertThat(lines.get(1)).containsPattern("/dev/sda +100 GiB +40 GiB +60 GiB +well +lun-1");
        assertThat(lines).hasSize(2);
    }

    @Test
    void lostLun_isShownWithWhatStandsOnIt() {
        served.orders.lun = new Tenure.Lun("lun-1", "", Bytes.gibi(100), Bytes.gibi(60), "on it stands web-1");

        assertThat(run("lun list")).isZero();
        assertThat(out.toString()).contains("lost").contains("LUN lun-1: on it stands web-1");
    }

    @Test
    void pool_isShown() {
        assertThat(run("pool show")).isZero();
        assertThat(out.toString()).contains("60 GiB free of 100 GiB").contains("SPM       host 2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "volume create web --size 100G              | CreateVolume[name=web, virtualSize=100 GiB, size=Optional.empty]",
                "volume create web --size 100G --initial 1G | CreateVolume[name=web, virtualSize=100 GiB, size=Optional[1 GiB]]",
                "volume resize web --size 200G              | ResizeVolume[volume=web, virtualSize=200 GiB]",
                "volume delete web                          | DeleteVolume[volume=web, wipe=false]",
                "volume delete web --wipe                   | DeleteVolume[volume=web, wipe=true]",
                "volume release web --host 3                | ReleaseVolume[volume=web, host=3]",
                "lun add /dev/sdb --force                   | AddLun[device=/dev/sdb, size=0 B, force=true]",
                "lun add two --size 1T                      | AddLun[device=two, size=1 TiB, force=false]",
                "lun refresh /dev/sdb                       | GrowLun[device=/dev/sdb, size=0 B]",
            })
    void order_isGivenInMyName_andItsOutcomeShown(String command, String order) {
        assertThat(run(command)).as(errors.toString()).isZero();
        assertThat(served.orders.given).containsExactly(ME + " orders " + order);
        assertThat(out.toString()).startsWith("done as ordered");

        assertThat(run(command + " --dry-run")).isZero();
        assertThat(served.orders.given).last().isEqualTo(ME + " pretends " + order);
        assertThat(out.toString()).contains("nothing was done; it would, in this order:\n  would Condemn");
    }

    @Test
    void activatedVolume_isPrintedAsItsPathAlone() {
        assertThat(run("volume activate disk-a --shared")).isZero();
        assertThat(out.toString()).isEqualTo("/dev/pool/disk-a\n");
        assertThat(served.orders.given).containsExactly("activate id-a1 shared");
    }

    @Test
    void deactivatedVolume_isSaid() {
        assertThat(run("volume deactivate disk-a")).isZero();
        assertThat(out.toString()).contains("disk-a is not in use on this host");
    }

    @Test
    void refusedOrder_failsWithCauseAndNextStep() {
        served.orders.refusal = Optional.of("volume disk-a is in use on host 2");

        assertThat(run("volume delete disk-a")).isEqualTo(1);
        assertThat(errors.toString())
                .contains("headroom: refused: volume disk-a is in use on host 2")
                .contains("next: stop it first");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void orderThatTakesLong_failsAndSaysHowToGoOn() {
        served.orders.inTime = false;

        assertThat(run("volume delete disk-a")).isEqualTo(1);
        assertThat(errors.toString()).contains("still going on").contains("next: give the order again");
    }

    @Test
    void unknownVolume_failsWithItsName() {
        assertThat(run("volume show disk-b")).isEqualTo(1);
        assertThat(errors.toString()).contains("disk-b").contains("headroom volume list");
    }

    @Test
    void nameThatNeedsQuoting_isTakenLiterally() {
        assertThat(run("volume delete a%2Fb?wipe=true")).isZero();
        assertThat(served.orders.given)
                .containsExactly(ME + " orders DeleteVolume[volume=a%2Fb?wipe=true, wipe=false]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"volume list", "volume show disk-a", "volume delete web", "volume activate disk-a", "lun list"})
    void json_isTheNodesAnswer(String command) throws IOException {
        assertThat(run(command + " -o json")).isZero();
        assertThat(new JsonMapper().readTree(out.toString()).isObject()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "volume",
                "volume create",
                "volume create web",
                "volume create web --size much",
                "volume resize web",
                "volume delete",
                "lun",
                "lun add",
                "lun add \"two",
                "lun refresh two\\",
            })
    void wrongUsage_isStatusTwo(String command) {
        assertThat(run(command)).isEqualTo(2);
        assertThat(errors.toString()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "volume",
                "volume list",
                "volume show",
                "volume create",
                "volume resize",
                "volume delete",
                "volume activate",
                "volume deactivate",
                "volume release",
                "lun",
                "lun list",
                "lun add",
                "lun refresh",
                "pool show",
            })
    void help_isThereForEachCommand(String command) {
        assertThat(run(command + " --help")).isZero();
        assertThat(out.toString()).startsWith("Usage: headroom " + command);
    }

    private int run(String command) {
        CommandLine line = HeadroomCommand.line();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(errors, true));
        List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
        boolean asks = arguments.size() > 1 && !arguments.contains("--help");
        if (asks) {
            arguments.addAll(List.of("--url", served.url()));
        }
        return line.execute(arguments.toArray(String[]::new));
    }
}
