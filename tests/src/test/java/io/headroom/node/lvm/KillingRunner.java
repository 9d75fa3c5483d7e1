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
 * Kills commands at a random moment, or lets them end before it, as happens to those of a node that dies.
 *
 * @param others runs what is none of the victims
 * @param victims commands of LVM, such as {@code lvextend}
 * @param longestMicros the latest moment, behind which a command has ended
 */
record KillingRunner(Runner others, Set<String> victims, Random random, int longestMicros) implements Runner {
    @Override
    public Ended run(List<String> argv, Map<String, String> environment, Duration limit) throws IOException {
        if (Collections.disjoint(argv, victims)) {
            return others.run(argv, environment, limit);
        }
        ProcessBuilder builder = new ProcessBuilder(argv).redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).environment().putAll(environment);
        Process process = builder.start();
        try {
            if (!process.waitFor(random.nextInt(longestMicros), TimeUnit.MICROSECONDS)) {
                process.destroyForcibly();
            }
            return new Ended(process.waitFor(), "", "");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }
}
