package io.headroom.scenario;

import static io.headroom.scenario.Scenario.spmAfter;
import static io.headroom.scenario.Scenario.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.contract.Operator;
import io.headroom.guest.GuestImage;
import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.node.api.Answer;
import io.headroom.node.api.AnswerJson;
import io.headroom.node.api.VolumeAnswer;
import io.headroom.node.file.PoolFiles;
import io.headroom.node.process.Command;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import io.headroom.rig.Signals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A volume from its creation to its deletion, as an operator has it done on the command line of one live node. */
class VolumeLifeTest {
    private static final int FAILED = 1;
    private static final VmName VM = new VmName("web1");

    private Rig rig;
    private NodeProcess node;

    @BeforeEach
    void startNode() throws IOException {
        rig = Rig.create(Scenario.plan("volume-life", 1));
        node = rig.node(1);
        node.start();
        spmAfter(rig, 0);
    }

    @AfterEach
    void endAll() throws IOException {
        rig.close();
    }

    @Test
    void volume_isMade_used_enlarged_andDeleted_andTheAuditTellsIt() throws IOException {
        assertThat(done("volume", "create", "web", "--size", "1G", "--initial", "32M", "--dry-run"))
                .contains("nothing was done")
                .contains("make the file of volume web");
        assertThat(volumes()).noneMatch(volume -> volume.name().equals("web"));
        done("volume", "create", "web", "--size", "1G", "--initial", "32M");
        done("volume", "create", "web", "--size", "1G", "--initial", "32M");
        assertThat(volumes()).filteredOn(volume -> volume.name().equals("web")).hasSize(1);

        Path image = Path.of(done("volume", "activate", "web").strip());
        try (GuestVm guest = start(image, Bytes.mebi(8))) {
            until(
                    "the new volume is guarded",
                    () -> disk().filter(disk -> disk.thresholdBytes() > 0).isPresent());
            assertThat(refused("volume", "delete", "web")).contains("web is in use on host 1");
            assertThat(refused("volume", "resize", "web", "--size", "2G")).contains("web is in use on host 1");
            assertThat(refused("volume", "deactivate", "web")).contains("VM web1 has it open");
            until("it grew", () -> volume("web").sizeBytes() > Bytes.mebi(32).value());
            assertThat(done("volume", "show", "web")).contains("web1 on host 1 has written");
            assertThat(guest.isRunning()).isTrue();
        }
        until("its node gave it back by itself", () -> volume("web").hosts().isEmpty());

        done("volume", "resize", "web", "--size", "2G");
        assertThat(volume("web").virtualSizeBytes()).isEqualTo(Bytes.gibi(2).value());
        done("volume", "delete", "web", "--wipe");
        assertThat(image).doesNotExist();
        assertThat(done("volume", "delete", "web")).contains("deleted already");
        assertThat(refused("volume", "show", "web")).contains("no volume \"web\"");
        until(
                "the audit has it all",
                () -> kinds().containsAll(List.of(
                        "volume-created", "volume-assigned", "extended", "volume-resized", "volume-deleted")));
    }

    @Test
    void volumeOfAKilledQemu_isGivenBackThoughItsSocketStays_andClaimedAgainByTheNextOne() throws IOException {
        done("volume", "create", "web", "--size", "1G", "--initial", "32M");
        Path image = new PoolFiles(rig.pool()).image("web");
        GuestVm killed = start(image, Bytes.mebi(1));
        untilClaimed("web");

        kill(killed);

        until("its node gave it back by itself", () -> volume("web").hosts().isEmpty());
        assertThat(killed.monitor()).exists();
        assertThat(done("vm", "list")).containsPattern("web1 +ended ").contains("remove the socket");
        assertThat(done("status")).contains("vm web1: monitor is deserted");
        assertThat(disk()).isEmpty();

        GuestVm next = start(image, Bytes.mebi(1));
        untilClaimed("web");
        assertThat(done("vm", "list")).containsPattern("web1 +running ");
        kill(next);
        until("it is given back once more", () -> volume("web").hosts().isEmpty());
        done("volume", "resize", "web", "--size", "2G");
        done("volume", "delete", "web");
        assertThat(image).doesNotExist();
    }

    @Test
    void volumeOfAQemuWhoseSocketASecondStartReplaced_staysItsOwn() throws IOException {
        String disk = Rig.volume(1);
        Path image = new PoolFiles(rig.pool()).image(disk);
        GuestVm guest = start(image, Bytes.mebi(1));
        untilClaimed(disk);
        Path elsewhere = Files.createDirectory(rig.monitors(1).resolveSibling("2nd"));
        assertThatThrownBy(() -> start(elsewhere, image, writing(Bytes.mebi(1))))
                .as("QEMU locks its image")
                .hasMessageContaining("lock");

        Signals.freeze(guest.pid());
        until(
                "nobody is reached at the socket, and it is told that a QEMU may live",
                () -> done("status").contains("but a process listens at the socket whose file was here before"));
        assertThat(refused("volume", "delete", disk)).contains("in use on host 1");
        assertThat(done("vm", "list")).containsPattern("web1 +no answer ");

        kill(guest);
        until("it is given back", () -> volume(disk).hosts().isEmpty());
    }

    @Test
    void snapshotOverAVolume_isTold_andTheVolumeIsGuardedAgainOnceItIsCommitted() throws IOException {
        String disk = Rig.volume(1);
        // Nobody enlarges the volume below a snapshot, so all that is written has to fit into it, whenever that is.
        GuestImage fits = GuestImage.writing(1, Bytes.mebi(24)).perSecond(Bytes.mebi(1));
        try (GuestVm guest = start(rig.monitors(1).getParent(), new PoolFiles(rig.pool()).image(disk), fits);
                Operator operator = new Operator(guest.observer())) {
            untilClaimed(disk);
            Path top = Files.createTempFile(node.log().getParent(), "top-", ".qcow2")
                    .toAbsolutePath();
            operator.order("{'execute': 'blockdev-snapshot-sync', 'arguments': {'node-name': 'disk0',"
                    + " 'snapshot-node-name': 'top', 'snapshot-file': '" + top + "'}}");

            until(
                    "the snapshot is told",
                    () -> leftAlone()
                            .filter(other -> other.why().contains("snapshot over the volume " + disk))
                            .isPresent());
            assertThat(done("disks")).contains("snapshot over the volume " + disk);
            assertThat(volume(disk).hosts()).as("QEMU has it open below").containsExactly(1);

            operator.order("{'execute': 'block-commit', 'arguments': {'job-id': 'back', 'device': 'top'}}");
            until(
                    "the commit is ready",
                    () -> operator.order("{'execute': 'query-block-jobs'}")
                            .path(0)
                            .path("ready")
                            .asBoolean());
            operator.order("{'execute': 'job-complete', 'arguments': {'id': 'back'}}");
            until("the volume is guarded again", () -> leftAlone().isEmpty() && disk().isPresent());
        }
    }

    private GuestVm start(Path image, Bytes rate) throws IOException {
        return start(rig.monitors(1).getParent(), image, writing(rate));
    }

    private static GuestImage writing(Bytes rate) {
        return GuestImage.writing(1, Bytes.mebi(64)).perSecond(rate);
    }

    /** @param directory for what is the VM's own, but for the monitor that Headroom gets */
    private GuestVm start(Path directory, Path image, GuestImage writes) throws IOException {
        Path monitor = rig.monitors(1).resolve(VM + ".sock");
        GuestVm.Disk disk = new GuestVm.Disk(image, Bytes.mebi(32));
        return GuestVm.start(new GuestVm.Plan(VM, directory, monitor, List.of(disk), writes, false));
    }

    private void untilClaimed(String volume) {
        Scenario.untilGuarded(node);
        until(
                "a VM's volume is claimed for its host",
                () -> volume(volume).hosts().equals(List.of(1)));
    }

    private static void kill(GuestVm guest) throws IOException {
        Signals.run("kill", "-KILL", Long.toString(guest.pid()));
        guest.close();
    }

    private Optional<Answer.Disk> disk() {
        return Scenario.disk(node);
    }

    private Optional<Answer.LeftAlone> leftAlone() {
        return node.api().disks().flatMap(disks -> disks.leftAlone().stream().findFirst());
    }

    private List<VolumeAnswer.Volume> volumes() {
        return AnswerJson.read(done("volume", "list", "-o", "json"), VolumeAnswer.Volumes.class)
                .volumes();
    }

    private VolumeAnswer.Volume volume(String name) {
        return volumes().stream()
                .filter(volume -> volume.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private List<String> kinds() {
        return node.api().audit(100).stream()
                .flatMap(trail -> trail.lines().stream())
                .map(Answer.Line::kind)
                .toList();
    }

    private String done(String... order) {
        Command.Outcome.Exited told = run(order);
        assertThat(told.status()).as(told.errors()).isZero();
        return told.output();
    }

    private String refused(String... order) {
        Command.Outcome.Exited told = run(order);
        assertThat(told.status()).as(told.output()).isEqualTo(FAILED);
        return told.errors();
    }

    private Command.Outcome.Exited run(String... order) {
        String[] asked = Arrays.copyOf(order, order.length + 2);
        asked[order.length] = "--url";
        asked[order.length + 1] = node.api().url();
        Command.Outcome outcome = rig.runUntilAnswered(asked);
        assertThat(outcome).isInstanceOf(Command.Outcome.Exited.class);
        return (Command.Outcome.Exited) outcome;
    }
}
