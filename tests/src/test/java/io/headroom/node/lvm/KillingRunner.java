package io.headroom.node.lvm;

import io.headroom.cluster.Runner;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Kills commands at a random moment, or lets them end before it, as happens to those of a node that dies. How long they
 * take here it learns from them: the latest moment comes earlier with each that ended, and later with each that was
 * killed, so that on any machine some meet one end and some the other.
 */
final class KillingRunner implements Runner {
    private static final long FIRST_LATEST_MICROS = 20_000;

    private final Runner others;
    private final Set<String> victims;
    private final Random random;
    private long latestMicros = FIRST_LATEST_MICROS;

    /**
     * @param others runs what is none of the victims
     * @param victims commands of LVM, such as {@code lvextend}
     */
    KillingRunner(Runner others, Set<String> victims, Random random) {
        this.others = others;
        this.victims = victims;
        this.random = random;
    }

    @Override
    public Ended run(List<String> argv, Map<String, String> environment, Duration limit) throws IOException {
        if (Collections.disjoint(argv, victims)) {
            return others.run(argv, environment, limit);
        }
        ProcessBuilder builder = new ProcessBuilder(argv).redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).environment().putAll(environment);
        Process process = builder.start();
        try {
            boolean ended = process.waitFor((long) (random.nextDouble() * latestMicros), TimeUnit.MICROSECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            latestMicros = ended ? latestMicros - latestMicros / 8 : latestMicros + latestMicros / 8;
            return new Ended(process.waitFor(), "", "");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }
}
