package io.headroom.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headroom.guest.GuestImage;
import io.headroom.guest.GuestPattern;
import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import io.headroom.node.qemu.QemuImg;
import io.headroom.rig.History;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;

/**
 * What all scenarios share: real nodes and real guests, patience for a busy machine, and what has to hold in the end.
 */
final class Scenario {
    /** Far longer than anything takes: what does not happen within it does not happen. */
    static final Duration PATIENCE = Duration.ofMinutes(3);

    static final Bytes INITIAL = Bytes.mebi(32);
    /** What each guest writes a second, unless its test says something else. */
    static final Bytes RATE = Bytes.mebi(1);

    /** More than a test can fill at {@link #RATE}, and little enough to be read back. */
    private static final Bytes REGION = Bytes.mebi(768);

    private static final Bytes VIRTUAL_SIZE = Bytes.gibi(2);
    private static final QemuImg IMG = new QemuImg(Duration.ofMinutes(2));

    private Scenario() {}

    /** A pool with room for everybody; every disk is kept 20 to 30 seconds ahead of its guest. */
    static Rig.Plan plan(String name, int hosts, String... settings) {
        return new Rig.Plan(
                // The tests run in their module's directory.
                Path.of("target", "scenario", name),
                Path.of("..", "node-app", "target", "dist"),
                hosts,
                Bytes.gibi(8),
                VIRTUAL_SIZE,
                INITIAL,
                Stream.concat(
                                Stream.of(
                                        "growth.smallest-chunk = 8M",
                                        "growth.largest-chunk = 32M",
                                        "growth.takeover = 20s"),
                                Stream.of(settings))
                        .toList());
    }

    static GuestVm startGuest(Rig rig, int host) throws IOException {
        return startGuest(rig, host, RATE);
    }

    static GuestVm startGuest(Rig rig, int host, Bytes perSecond) throws IOException {
        return rig.startGuest(host, GuestImage.writing(host, REGION).perSecond(perSecond));
    }

    /** A node that does not answer is asked again. */
    static ConditionFactory patiently(String what) {
        return await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(250))
                .ignoreExceptionsInstanceOf(IOException.class);
    }

    static void until(String what, Callable<Boolean> holds) {
        patiently(what).until(holds);
    }

    /** The SPM's words, once one serves in a later epoch than this. */
    static Answer.Pool spmAfter(Rig rig, long epoch) {
        return patiently("an SPM serves in an epoch after " + epoch)
                .until(() -> rig.serving().filter(pool -> pool.epoch() > epoch), Optional::isPresent)
                .orElseThrow();
    }

    /** What the node says of itself, once it answers. */
    static Answer.Status statusOf(NodeProcess node) {
        return patiently("node " + node.host() + " tells of itself")
                .until(() -> node.api().status(), Optional::isPresent)
                .orElseThrow();
    }

    /** The SPM's words as the node passes them on, once it reaches the SPM. */
    static Answer.Pool poolOf(NodeProcess node) {
        return patiently("node " + node.host() + " reaches the SPM")
                .until(() -> node.api().pool(), Optional::isPresent)
                .orElseThrow();
    }

    static void untilMember(NodeProcess node) {
        until("node " + node.host() + " is in the cluster", () -> isMember(node));
    }

    static boolean isMember(NodeProcess node) {
        return node.api().status().filter(Answer.Status::member).isPresent();
    }

    /** Waits until the host's volume is larger than it is now, as the storage itself says. */
    static void untilGrown(Rig rig, int host) {
        Bytes now = rig.volumeSize(host);
        until(
                "the volume of host " + host + " is larger than " + now,
                () -> rig.volumeSize(host).isOver(now));
    }

    /** Waits until the volume of every host is larger than it is now. */
    static void untilAllGrown(Rig rig) {
        untilAllGrown(rig, volumeSizes(rig));
    }

    /** Waits until the volume of every host is larger than it was then. */
    static void untilAllGrown(Rig rig, Map<Integer, Bytes> then) {
        until(
                "every volume is larger than it was in " + then,
                () -> then.keySet().stream()
                        .allMatch(host -> rig.volumeSize(host).isOver(then.get(host))));
    }

    /** How large the volume of each host is, as the storage itself says. */
    static Map<Integer, Bytes> volumeSizes(Rig rig) {
        return rig.nodes().stream().map(NodeProcess::host).collect(Collectors.toMap(host -> host, rig::volumeSize));
    }

    /** The host's own view of its one disk. */
    static Optional<Answer.Disk> disk(NodeProcess node) {
        return node.api().disks().flatMap(disks -> disks.disks().stream().findFirst());
    }

    /** The node guards its guest: it knows the disk, and the next threshold is armed or a request is under way. */
    static void untilGuarded(NodeProcess node) {
        until(
                "node " + node.host() + " guards its guest",
                () -> disk(node).filter(disk -> disk.thresholdBytes() > 0).isPresent());
    }

    /** Waits until the ledger holds everything that the pool log holds. */
    static void untilLedgered(Rig rig) {
        until(
                "the ledger holds the whole pool log",
                () -> rig.serving()
                        .filter(pool -> pool.logged().equals(pool.journaled()))
                        .isPresent());
    }

    static void assertNoPause(Rig rig) {
        for (int host : rig.guests().keySet()) {
            assertThat(rig.pauses(host).pauses())
                    .as("pauses of the guest on host %d", host)
                    .isZero();
            assertThat(rig.pauses(host).isWhole())
                    .as("no pause of the guest on host %d can have been missed", host)
                    .isTrue();
        }
    }

    /**
     * Ends the guests; every sector that they wrote is there, and the history explains every byte that their volumes
     * have.
     *
     * @param told whose audit is read
     */
    static void assertNothingIsLost(Rig rig, NodeProcess told) throws IOException {
        rig.stopGuests();
        assertThat(history(rig, told).contradictions()).isEmpty();
        assertSizesAndData(rig, told);
    }

    /** The same where the history has told that something of it is missing: its end is right all the same. */
    static void assertSizesAndData(Rig rig, NodeProcess told) throws IOException {
        rig.stopGuests();
        // A request may have been under way when its guest ended: then the volume still grows.
        patiently("the history ends at the size of every volume").untilAsserted(() -> {
            History history = history(rig, told);
            for (int guest : rig.guests().keySet()) {
                assertThat(history.sizeOf(Rig.volume(guest)))
                        .as("the size of %s by the history", Rig.volume(guest))
                        .isEqualTo(rig.volumeSize(guest).value());
            }
        });
        for (GuestVm guest : rig.guests().values()) {
            assertIntact(guest);
        }
    }

    /** No sector that an ended guest wrote is wrong or missing. */
    static void assertIntact(GuestVm guest) throws IOException {
        GuestPattern.Findings findings = guest.verify(0, IMG);
        assertThat(findings.bad())
                .as("bad sectors of %s: %s", guest.name(), findings.firstBad())
                .isZero();
        assertThat(findings.written().isAtLeast(guest.written()))
                .as("%s says it wrote %s; found are %s", guest.name(), guest.written(), findings.written())
                .isTrue();
        assertThat(findings.written().isZero()).isFalse();
    }

    /** The whole history, by the words of this node, once the ledger holds all that the pool log holds. */
    static History history(Rig rig, NodeProcess told) {
        untilLedgered(rig);
        return patiently("node " + told.host() + " tells the history")
                .ignoreException(IllegalStateException.class)
                .until(() -> History.read(told.api()), read -> true);
    }
}
