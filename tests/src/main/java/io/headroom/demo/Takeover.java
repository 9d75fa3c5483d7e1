package io.headroom.demo;

import io.headroom.node.api.Answer;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import io.headroom.rig.Watch;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * The SPM's node was killed and another one took over.
 *
 * @param killed host of the SPM that was killed
 * @param epoch of the SPM that was killed
 * @param next host of the SPM that followed
 * @param gap from the kill until another SPM served
 */
record Takeover(int killed, long epoch, int next, Duration gap) {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration DOWN = Duration.ofSeconds(3);

    /** {@code kill -9} of the SPM's node, which is started again three seconds later. */
    static Takeover provoke(Rig rig, Consumer<String> say) throws Exception {
        Answer.Pool before = rig.serving().orElseThrow(() -> new IllegalStateException("no SPM answers"));
        NodeProcess spm = rig.node(before.spm());
        say.accept("kill -9 of node " + spm.host() + " (process " + spm.pid() + "), SPM in epoch " + before.epoch());
        long began = System.nanoTime();
        Instant killedAt = Instant.now();
        spm.kill();
        Watch.pause(DOWN);
        spm.start();
        Watch.until(
                "another SPM serves",
                LIMIT,
                () -> rig.serving()
                        .filter(pool -> pool.epoch() > before.epoch())
                        .isPresent());
        Answer.Pool after = rig.serving().orElse(before);
        Duration seen = Duration.ofNanos(System.nanoTime() - began);
        Duration gap = Duration.between(killedAt, Instant.parse(after.since()));
        say.accept("node " + after.spm() + " is SPM in epoch " + after.epoch() + ", " + gap.toMillis()
                + " ms after the kill (seen after " + seen.toMillis() + " ms)");
        return new Takeover(spm.host(), before.epoch(), after.spm(), gap);
    }
}
