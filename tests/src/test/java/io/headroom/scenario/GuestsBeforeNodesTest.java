package io.headroom.scenario;

import static io.headroom.scenario.Scenario.INITIAL;
import static io.headroom.scenario.Scenario.assertNothingIsLost;
import static io.headroom.scenario.Scenario.history;
import static io.headroom.scenario.Scenario.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.guest.GuestImage;
import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Guests that wrote while no node ran: no event tells of what happened to them. */
class GuestsBeforeNodesTest {
    /** Well over what the disks have at first. */
    private static final Bytes AMOUNT = Bytes.mebi(96);

    private Rig rig;

    @BeforeEach
    void createPool() throws IOException {
        rig = Rig.create(Scenario.plan("guests-before-nodes", 2));
    }

    @AfterEach
    void endAll() throws IOException {
        rig.close();
    }

    @Test
    void stoppedGuestGoesOn_andOneThatIsPastItsThresholdNeverStops() throws IOException {
        GuestVm stopped = rig.startGuest(1, GuestImage.writing(1, AMOUNT).perSecond(Bytes.mebi(16)));
        until("the guest has no space", () -> rig.pauses(1).pauses() == 1);
        // With what qcow2 itself takes, nearly the 32 MiB that it may: past every threshold, and still running.
        GuestVm late = rig.startGuest(2, GuestImage.writing(2, Bytes.mebi(28)).perSecond(Bytes.mebi(16)));
        until("the guest has written nearly all that it may", late::isDone);
        assertThat(stopped.isDone()).isFalse();

        for (NodeProcess node : rig.nodes()) {
            node.start();
        }

        until("the stopped guest has written everything", stopped::isDone);
        until("the other disk was extended", () -> rig.volumeSize(2).isOver(INITIAL));
        assertThat(rig.pauses(2).pauses()).isZero();
        assertThat(rig.volumeSize(1).isAtLeast(AMOUNT)).isTrue();
        assertThat(history(rig, rig.node(1)).growthsOf(Rig.volume(1)).get(0).paused())
                .as("the first request says that the guest is stopped")
                .isTrue();
        assertNothingIsLost(rig, rig.node(2));
    }
}
