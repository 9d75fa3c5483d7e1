package io.headroom.chaos;

import io.headroom.node.api.Answer;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Signals;
import io.headroom.rig.Watch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/** Nodes that are killed, frozen, stopped, and an SPM that is told to go. */
final class ProcessFaults {
    private static final Duration MOVE_LIMIT = Duration.ofMinutes(1);

    private ProcessFaults() {}

    static List<Fault> all() {
        return List.of(
                Fault.of("kill-spm", ProcessFaults::killSpm),
                Fault.of("kill-host", ProcessFaults::killHost),
                Fault.of("kill-spm-and-host", (stage, chance) -> killSeveral(stage, chance, 2)),
                Fault.of(
                        "kill-all",
                        (stage, chance) ->
                                killSeveral(stage, chance, stage.nodes().size())),
                Fault.of("leave-one", ProcessFaults::leaveOne),
                Fault.of("freeze-spm", (stage, chance) -> freeze(stage.spm(), chance)),
                Fault.of("freeze-host", (stage, chance) -> freeze(stage.otherThanSpm(chance), chance)),
                Fault.of("stop-spm", ProcessFaults::stopSpm),
                Fault.of("move-spm", ProcessFaults::moveSpm),
                Fault.of("rolling-upgrade", ProcessFaults::upgradeAll));
    }

    private static Optional<Duration> killSpm(Stage stage, RandomGenerator chance) throws Exception {
        Answer.Pool before = stage.serving();
        NodeProcess spm = stage.rig().node(before.spm());
        long began = System.nanoTime();
        spm.kill();
        Duration gap = stage.awaitSuccessor(before.epoch(), began);
        spm.start();
        return Optional.of(gap);
    }

    private static Optional<Duration> killHost(Stage stage, RandomGenerator chance) throws Exception {
        NodeProcess host = stage.otherThanSpm(chance);
        host.kill();
        Watch.pause(Fault.between(chance, 0, 5));
        host.start();
        return Optional.empty();
    }

    private static Optional<Duration> killSeveral(Stage stage, RandomGenerator chance, int count) throws Exception {
        List<NodeProcess> killed = spmAndOthers(stage, chance, count);
        killed.forEach(NodeProcess::kill);
        Watch.pause(Fault.between(chance, 0, 3));
        for (NodeProcess node : killed) {
            node.start();
        }
        return Optional.empty();
    }

    private static List<NodeProcess> spmAndOthers(Stage stage, RandomGenerator chance, int count)
            throws TimeoutException {
        NodeProcess spm = stage.spm();
        List<NodeProcess> others = new ArrayList<>(stage.nodes());
        others.remove(spm);
        Collections.shuffle(others, new Random(chance.nextLong()));
        List<NodeProcess> chosen = new ArrayList<>(others.subList(0, count - 1));
        chosen.add(0, spm);
        return chosen;
    }

    /** All nodes but one are gone; it has to serve alone. */
    private static Optional<Duration> leaveOne(Stage stage, RandomGenerator chance) throws Exception {
        long epoch = stage.serving().epoch();
        List<NodeProcess> gone = spmAndOthers(stage, chance, stage.nodes().size() - 1);
        long began = System.nanoTime();
        gone.forEach(NodeProcess::kill);
        try {
            return Optional.of(stage.awaitSuccessor(epoch, began));
        } finally {
            for (NodeProcess node : gone) {
                node.start();
            }
        }
    }

    /** Not for longer than the disks' headroom lasts: the file's lock stays with a frozen process. */
    private static Optional<Duration> freeze(NodeProcess node, RandomGenerator chance) throws Exception {
        Signals.freeze(node.pid());
        try {
            Watch.pause(Fault.between(chance, 1, 9));
        } finally {
            Signals.thaw(node.pid());
        }
        return Optional.empty();
    }

    /** It serves for a while after it was told to stop, so no gap is measured here. */
    private static Optional<Duration> stopSpm(Stage stage, RandomGenerator chance) throws Exception {
        Answer.Pool before = stage.serving();
        NodeProcess spm = stage.rig().node(before.spm());
        spm.stop();
        stage.awaitSuccessor(before.epoch(), System.nanoTime());
        spm.start();
        return Optional.empty();
    }

    private static Optional<Duration> moveSpm(Stage stage, RandomGenerator chance) throws Exception {
        Answer.Pool before = stage.serving();
        NodeProcess to = stage.otherThanSpm(chance);
        Watch.until("node " + to.host() + " begins to move the SPM's role", MOVE_LIMIT, () -> isMoving(to));
        stage.awaitSuccessor(before.epoch(), System.nanoTime());
        return Optional.empty();
    }

    /** It is refused by a node that is in no cluster for a moment, and while a member does not answer. */
    private static boolean isMoving(NodeProcess to) {
        try {
            to.api().order("/api/v1/spm/move", "{\"to\": " + to.host() + "}");
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    /** One node after the other stops in order and comes back from another directory of the program, the SPM's last. */
    private static Optional<Duration> upgradeAll(Stage stage, RandomGenerator chance) throws Exception {
        Path unpacked = stage.copyOfDistribution();
        NodeProcess spm = stage.spm();
        for (NodeProcess node : stage.nodes()) {
            if (node != spm) {
                node.upgrade(unpacked);
                node.stop();
                node.start();
                stage.awaitGuarded(node);
            }
        }
        spm.upgrade(unpacked);
        return stopSpm(stage, chance);
    }
}
