package io.headroom.scenario;

import static io.headroom.scenario.Scenario.patiently;
import static io.headroom.scenario.Scenario.spmAfter;
import static io.headroom.scenario.Scenario.until;
import static io.headroom.scenario.Scenario.untilGrown;
import static io.headroom.scenario.Scenario.untilGuarded;
import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.contract.SocketRelay;
import io.headroom.guest.GuestImage;
import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.node.api.Answer;
import io.headroom.node.api.AnswerJson;
import io.headroom.node.process.Command;
import io.headroom.rig.BrokenMonitor;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What one live node refuses and puts up with, while it guards its guest. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OneNodeTest {
    private static final int FAILED = 1;
    private static final int WRONG_USAGE = 2;

    private Rig rig;
    private NodeProcess node;

    @BeforeAll
    void startAll() throws IOException {
        rig = Rig.create(Scenario.plan("one-node", 1));
        node = rig.node(1);
        node.start();
        spmAfter(rig, 0);
        Scenario.startGuest(rig, 1);
        untilGuarded(node);
    }

    @AfterAll
    void endAll() throws IOException {
        rig.close();
    }

    @Test
    void brokenMonitors_areToldByName_andTheOtherGuestIsExtended() throws IOException {
        try (BrokenMonitor silent = BrokenMonitor.silent(monitor("silent"));
                BrokenMonitor babbling = BrokenMonitor.babbling(monitor("babbling"));
                BrokenMonitor breakingOff = BrokenMonitor.breakingOff(monitor("breaking-off"))) {
            untilProblemOf("silent", "no sign of the greeting");
            untilProblemOf("babbling", "");
            untilProblemOf("breaking-off", "");

            untilGrown(rig, 1);

            until(
                    "each is tried again",
                    () -> silent.clients() > 1 && babbling.clients() > 1 && breakingOff.clients() > 1);
            until(
                    "the other guest's monitor works",
                    () -> vm("guest1")
                            .filter(guest ->
                                    guest.connected() && guest.problem().isEmpty())
                            .isPresent());
            assertThat(rig.pauses(1).pauses()).isZero();
        }
        until("monitors that are gone are forgotten", () -> self().vms().size() == 1);
    }

    @Test
    void monitorThatGetsStuckAfterItWorked_isTold_andItsDiskGrowsWhenItGoesOn() throws IOException {
        done("volume", "create", "relayed", "--size", "1G", "--initial", "32M");
        Path image = Path.of(done("volume", "activate", "relayed").strip());
        Path behind = rig.monitors(1).resolveSibling("behind.sock");
        GuestImage writes = GuestImage.writing(2, Bytes.mebi(512)).perSecond(Scenario.RATE);
        GuestVm.Disk thin = new GuestVm.Disk(image, Scenario.INITIAL);
        try (GuestVm guest = GuestVm.start(new GuestVm.Plan(
                        new VmName("relayed"), rig.monitors(1).getParent(), behind, List.of(thin), writes, false));
                SocketRelay relay = new SocketRelay(monitor("relayed"), behind)) {
            until(
                    "it is guarded",
                    () -> relayed().filter(disk -> disk.thresholdBytes() > 0).isPresent());

            relay.stick();

            untilProblemOf("relayed", "monitor ");
            until(
                    "its disk is not watched",
                    () -> relayed()
                            .filter(disk -> disk.problem().contains("is not watched: monitor does not answer"))
                            .isPresent());
            assertThat(vm("relayed"))
                    .hasValueSatisfying(vm -> assertThat(vm.connected()).isFalse());
            long before = patiently("the node tells of the disk")
                    .until(this::relayed, Optional::isPresent)
                    .orElseThrow()
                    .deviceBytes();
            assertThat(guest.isRunning()).isTrue();

            relay.goOn();

            until(
                    "its disk is watched and grows",
                    () -> relayed()
                            .filter(disk -> disk.problem().isEmpty() && disk.deviceBytes() > before)
                            .isPresent());
        }
        until("its monitor is forgotten", () -> vm("relayed").isEmpty());
    }

    @Test
    void secondProcessWithTheSameHostId_isRefusedWithBothNamed() throws IOException {
        Path config = own("headroom.cluster.port = 1", "headroom.http.port = 2");

        assertThat(refused(config))
                .contains("host 1 of this pool is a living node already: process " + node.pid())
                .containsPattern("this one is process \\d+ at 127.0.0.1:1\\b")
                .contains("next: give each node its own headroom.host-id, or stop the other one");
        assertThat(node.isAlive()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    headroom.host-id = 2001            | headroom.host-id is "2001"; allowed is a whole number from 1 to 2000
                    headroom.growth.smallest-chunk = 3 | headroom.growth.smallest-chunk is "3"; allowed is a size from
                    headroom.growth.takeovr = 20s      | the key headroom.growth.takeovr is unknown; allowed are headroom.growth.
                    headroom.pool.backend = ceph       | headroom.pool.backend is "ceph"; allowed is "file"
                    headroom { {                       | cannot be read
                    """)
    void wrongSetting_isRefusedWithItsKeyAndWhatIsAllowed(String line, String message) throws IOException {
        assertThat(refused(own(line))).contains(message);
    }

    @Test
    void missingConfiguration_isRefusedWithItsName() {
        assertThat(refused(Path.of("no-such.conf"))).contains("no-such.conf");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    /api/v1/audit?limit=0        | 400 | the parameter limit is "0"; allowed is 1 to 10000
                    /api/v1/audit?since=tomorrow | 400 | the parameter since is "tomorrow"; allowed is a time
                    /api/v1/audit?volumes=disk1  | 400 | the parameter volumes is unknown; allowed are
                    /api/v1/disks?all=maybe      | 400 | the parameter all is "maybe"; allowed is true or false
                    /api/v1/nothing              | 404 | there is nothing at this path
                    """)
    void wrongQuestion_isRefusedInJson(String path, int status, String cause) {
        HttpResponse<String> response =
                patiently("the node answers").until(() -> node.api().get(path), answered -> true);

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        Answer.Failure failure = AnswerJson.read(response.body(), Answer.Failure.class);
        assertThat(failure.cause()).contains(cause);
        assertThat(failure.next()).isNotEmpty();
    }

    @Test
    void health_isToldToSupervisors() {
        until(
                "it is alive",
                () -> node.api().ask("/alive", Answer.Alive.class).equals(Optional.of(new Answer.Alive(true))));
        until(
                "it is ready",
                () -> node.api().ask("/ready", Answer.Ready.class).equals(Optional.of(new Answer.Ready(true, true))));
    }

    @Test
    void auditInJson_isReadByPrograms() {
        Command.Outcome.Exited told =
                run("audit", "-o", "json", "--limit", "3", "--url", node.api().url());

        assertThat(told.status()).isZero();
        assertThat(AnswerJson.read(told.output(), Answer.Trail.class).lines())
                .isNotEmpty()
                .hasSizeLessThanOrEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    audit --limits 3 | Possible solutions: --limit
                    status -o yaml   | Invalid value for option '--output': expected one of [TEXT, JSON]
                    frobnicate       | Unmatched argument at index 0: 'frobnicate'
                    node             | Missing required option: '--config=FILE'
                    """)
    void wrongUsage_endsWithTwo_andSaysWhatIsWrong(String arguments, String message) {
        Command.Outcome.Exited told = run(arguments.split(" "));

        assertThat(told.status()).isEqualTo(WRONG_USAGE);
        assertThat(told.errors()).contains(message);
    }

    @Test
    void questionToNobody_endsWithOne_andSaysWhoWasAsked() {
        Command.Outcome.Exited told = run("status", "--url", "http://127.0.0.1:1");

        assertThat(told.status()).isEqualTo(FAILED);
        assertThat(told.errors())
                .contains("the node at http://127.0.0.1:1 does not answer")
                .contains("next: ");
    }

    private Optional<Answer.Disk> relayed() {
        return node.api().disks().stream()
                .flatMap(disks -> disks.disks().stream())
                .filter(disk -> disk.vm().equals("relayed"))
                .findFirst();
    }

    private String done(String... order) {
        String[] asked = Arrays.copyOf(order, order.length + 2);
        asked[order.length] = "--url";
        asked[order.length + 1] = node.api().url();
        Command.Outcome.Exited told = run(asked);
        assertThat(told.status()).as(told.errors()).isZero();
        return told.output();
    }

    private Path monitor(String vm) {
        return rig.monitors(1).resolve(vm + ".sock");
    }

    private void untilProblemOf(String vm, String words) {
        until(
                "the problem of " + vm + " is told",
                () -> vm(vm).filter(found -> !found.problem().isEmpty()
                                        && found.problem().contains(words))
                                .isPresent()
                        && self().problems().stream().anyMatch(problem -> problem.startsWith("vm " + vm + ": ")));
    }

    private Optional<Answer.Vm> vm(String name) {
        return self().vms().stream().filter(vm -> vm.name().equals(name)).findFirst();
    }

    private Answer.Host self() {
        return patiently("the node tells of itself")
                .until(() -> node.api().hosts(), Optional::isPresent)
                .orElseThrow()
                .self();
    }

    /** The live node's configuration with further lines, the last of which counts. */
    private Path own(String... lines) throws IOException {
        Path config = Files.createTempFile(node.log().getParent(), "refused-", ".conf");
        Files.write(config, Files.readAllLines(node.config()));
        return Files.write(config, List.of(lines), StandardOpenOption.APPEND);
    }

    /** What a node with this configuration says instead of starting. */
    private String refused(Path config) {
        Command.Outcome.Exited told = run("node", "--config", config.toString());
        assertThat(told.status()).isEqualTo(FAILED);
        assertThat(told.errors()).doesNotContain("\tat ");
        return told.errors();
    }

    private Command.Outcome.Exited run(String... arguments) {
        Command.Outcome outcome = rig.runUntilAnswered(arguments);
        assertThat(outcome).isInstanceOf(Command.Outcome.Exited.class);
        return (Command.Outcome.Exited) outcome;
    }
}
