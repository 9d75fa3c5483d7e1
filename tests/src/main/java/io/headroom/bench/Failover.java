package io.headroom.bench;

import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import io.headroom.node.file.PoolFiles;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import io.headroom.rig.Watch;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How long the pool has no SPM: from the signal to the next SPM's record that it took over; and how long hosts see no
 * answer meanwhile that ask all the time, over the storage.
 */
final class Failover implements Bench.Measurement {
    private static final int NODES = 3;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration CALM = Duration.ofSeconds(3);
    private static final int NEWEST = 2_000;

    @Override
    public void measure(Path directory, boolean brief, Figures figures) throws Exception {
        int runs = brief ? 1 : 5;
        Bench.say("failover: starting " + NODES + " nodes");
        Rig.Plan plan = new Rig.Plan(
                directory,
                Path.of("node-app/target/dist"),
                NODES,
                Bytes.gibi(300),
                Bytes.gibi(100),
                BenchHost.CHUNK.times(4),
                List.of());
        try (LiveRig live = LiveRig.start(plan);
                Load load = new Load(new PoolFiles(live.rig().pool()))) {
            runs(live, load, runs, "failover.kill", "kill -9", NodeProcess::kill, figures);
            runs(live, load, runs, "failover.stop", "orderly stop", NodeProcess::stop, figures);
        }
        figures.note("Three nodes as processes on one machine; the hosts that ask are in this one, and in no cluster.");
    }

    private static void runs(
            LiveRig live, Load load, int runs, String key, String what, Consumer<NodeProcess> signal, Figures figures)
            throws Exception {
        List<Duration> vacant = new ArrayList<>();
        List<Duration> silent = new ArrayList<>();
        for (int run = 1; run <= runs; run++) {
            live.awaitAll();
            Watch.pause(CALM);
            Answer.Pool before = live.pool().orElseThrow(() -> new IllegalStateException("no SPM answers"));
            NodeProcess spm = live.rig().node(before.spm());
            Instant signalled = Instant.now();
            signal.accept(spm);
            Answer.Line taken = takeover(live, before.epoch());
            vacant.add(Duration.between(signalled, Instant.parse(taken.at())));
            silent.add(load.silenceBefore(taken.epoch()));
            Bench.say(
                    "failover: " + what + " " + run + ": " + vacant.get(run - 1).toMillis() + " ms without an SPM, "
                            + silent.get(run - 1).toMillis() + " ms without a reply");
            spm.start();
        }
        figures.times(key + ".takeover", what + " to the next SPM", vacant, "");
        figures.times(key + ".replies", what + ": last reply to next reply", silent, "");
    }

    private static Answer.Line takeover(LiveRig live, long before) throws Exception {
        List<Answer.Line> found = new ArrayList<>();
        Watch.until("another SPM has taken over", LIMIT, () -> {
            Optional<Answer.Line> line = live.audit(
                            NEWEST, audited -> audited.kind().equals("taken-over") && audited.epoch() > before)
                    .findFirst();
            line.ifPresent(found::add);
            return line.isPresent();
        });
        return found.get(0);
    }
}
