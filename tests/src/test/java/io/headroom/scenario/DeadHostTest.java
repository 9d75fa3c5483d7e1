package io.headroom.scenario;

import static io.headroom.scenario.Scenario.INITIAL;
import static io.headroom.scenario.Scenario.assertNoPause;
import static io.headroom.scenario.Scenario.assertNothingIsLost;
import static io.headroom.scenario.Scenario.spmAfter;
import static io.headroom.scenario.Scenario.statusOf;
import static io.headroom.scenario.Scenario.until;
import static io.headroom.scenario.Scenario.untilGrown;
import static io.headroom.scenario.Scenario.untilGuarded;
import static io.headroom.scenario.Scenario.untilMember;
import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Slot;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.node.api.Answer;
import io.headroom.node.file.FilePool;
import io.headroom.node.file.FileVolumes;
import io.headroom.node.file.PoolFiles;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.HostMail;
import io.headroom.port.Volumes;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.mailbox.MailboxArea;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The mail of a host that shows no sign of life, and what the host finds when it comes back. */
class DeadHostTest {
    private static final HostId DEAD = new HostId(2);
    private static final Incarnation FORMER = new Incarnation(41, 0xdead);
    private static final Ticket TICKET = new Ticket(1);

    /** So fast that a new disk soon grows for the first time. */
    private static final Bytes PER_SECOND = Bytes.mebi(2);

    private Rig rig;
    private BlockDevice device;
    private HostMail mail;
    private PoolFiles files;

    @BeforeEach
    void startOne() throws IOException {
        rig = Rig.create(Scenario.plan("dead-host", 2, "growth.takeover = 8s"));
        rig.node(1).start();
        files = new PoolFiles(rig.pool());
        device = BlockDevice.open(files.mailbox(), BlockDevice.Settings.DIRECT);
        mail = MailboxArea.open(device, FilePool.open(files).id())
                .toCompletableFuture()
                .join()
                .hostMail(DEAD);
    }

    @AfterEach
    void endAll() throws IOException {
        device.close();
        rig.close();
    }

    @Test
    void mailOfADeadHostWaits_andItsNextLifeGetsNoOldReply() throws IOException {
        Answer.Pool spm = spmAfter(rig, 0);
        Scenario.startGuest(rig, 1, PER_SECOND);
        untilGuarded(rig.node(1));
        Bytes wanted = INITIAL.plus(Bytes.mebi(8));

        post(new Epoch(spm.epoch() - 1), wanted);
        untilGrown(rig, 1);
        untilGrown(rig, 1);
        assertThat(reply()).as("a reply to a host that has not seen this SPM").isEmpty();
        assertThat(rig.volumeSize(DEAD.value())).isEqualTo(INITIAL);

        post(new Epoch(spmAfter(rig, 0).epoch()), wanted);
        until("the host that has seen this SPM is answered", () -> reply().isPresent());
        assertThat(reply().orElseThrow().ticket()).isEqualTo(TICKET);
        assertThat(rig.volumeSize(DEAD.value())).isEqualTo(wanted);

        NodeProcess back = rig.node(DEAD.value());
        back.start();
        untilMember(back);
        Scenario.startGuest(rig, DEAD.value(), PER_SECOND);
        untilGuarded(back);
        assertThat(statusOf(back).host().incarnation())
                .as("its next life")
                .startsWith(Long.toString(FORMER.number() + 1));
        untilGrown(rig, DEAD.value());
        // The volume grows before its host is told.
        until(
                "its next life is answered",
                () -> answered()
                        .filter(block -> !block.answers().equals(FORMER))
                        .isPresent());
        assertNoPause(rig);
        assertNothingIsLost(rig, rig.node(1));
    }

    private void post(Epoch seen, Bytes wanted) throws IOException {
        List<Slot> slots = new ArrayList<>(Collections.nCopies(Limits.SLOTS_PER_BLOCK, Slot.FREE));
        VolumeId volume = volume();
        Request request = new Request(TICKET, volume, new VmName("guest2"), wanted, Why.THRESHOLD, Urgency.UNKNOWN);
        slots.set(0, new Slot(Optional.of(volume), Optional.of(request), Optional.empty()));
        OutgoingBlock block =
                new OutgoingBlock(FilePool.open(files).id(), DEAD, 0, 1, FORMER, seen.value() + 1, seen, "", slots);
        mail.post(block).toCompletableFuture().join();
    }

    private VolumeId volume() {
        Volumes volumes = new FileVolumes(files, new QemuImg(Duration.ofSeconds(30)), Runnable::run);
        return volumes.find(files.image(Rig.volume(DEAD.value())).toString())
                .toCompletableFuture()
                .join()
                .orElseThrow()
                .volume();
    }

    private Optional<Reply> reply() {
        return answered().flatMap(block -> block.replies().get(0));
    }

    private Optional<IncomingBlock> answered() {
        return mail.read(1).toCompletableFuture().join().blocks().stream().findFirst();
    }
}
