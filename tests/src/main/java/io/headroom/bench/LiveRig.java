package io.headroom.bench;

import io.headroom.node.api.Answer;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import io.headroom.rig.Watch;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A rig whose nodes run, and end with this process, however it ends. */
final class LiveRig implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private final Rig rig;
    private final Thread lastWill;

    private LiveRig(Rig rig) {
        this.rig = rig;
        this.lastWill = new Thread(this::end, "end-of-rig");
        Runtime.getRuntime().addShutdownHook(lastWill);
    }

    /** Returns when every node answers and one of them is SPM. */
    static LiveRig start(Rig.Plan plan) throws Exception {
        return start(plan, host -> Rig.Place.LOOPBACK);
    }

    /** The same with each host's node in a place of its own. */
    static LiveRig start(Rig.Plan plan, IntFunction<Rig.Place> places) throws Exception {
        LiveRig live = new LiveRig(Rig.create(plan, places));
        try {
            for (NodeProcess node : live.rig.nodes()) {
                node.start();
            }
            live.awaitAll();
            return live;
        } catch (Exception failed) {
            live.close();
            throw failed;
        }
    }

    Rig rig() {
        return rig;
    }

    /** Waits until every node runs, is in the cluster, and sees the same SPM at work. */
    void awaitAll() throws Exception {
        Watch.until(
                "every node is in the cluster and sees its SPM",
                START_LIMIT,
                () -> rig.nodes().stream()
                        .allMatch(node -> node.isAlive()
                                && node.api()
                                        .status()
                                        .filter(status -> status.member() && status.pool() != null)
                                        .filter(status -> status.pool().phase().equals("serving"))
                                        .isPresent()));
    }

    /** The pool as any node tells it that runs. */
    Optional<Answer.Pool> pool() {
        return running()
                .map(node -> node.api().pool())
                .flatMap(Optional::stream)
                .filter(pool -> pool.phase().equals("serving"))
                .findFirst();
    }

    /** Lines of the audit, newest first, as any node tells them that runs. */
    Stream<Answer.Line> audit(int limit, Predicate<Answer.Line> wanted) {
        return running().map(node -> node.api().audit(limit)).flatMap(Optional::stream).findFirst().stream()
                .flatMap(trail -> trail.lines().stream())
                .filter(wanted);
    }

    private Stream<NodeProcess> running() {
        return rig.nodes().stream().filter(NodeProcess::isAlive);
    }

    private void end() {
        try {
            rig.close();
        } catch (IOException failed) {
            Bench.say("could not end everything: " + failed.getMessage());
        }
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(lastWill);
        } catch (IllegalStateException shuttingDown) {
            // The last will is being carried out.
            return;
        }
        end();
    }
}
