package io.headroom.rig;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One node as an operator starts it: {@code headroom node --config FILE} in a process of its own. */
public final class NodeProcess {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(90);

    private final int host;
    private final List<String> entering;
    private final Path config;
    private final Path log;
    private final NodeApi api;
    private Path distribution;
    private Process process;

    /** @param distribution the unpacked program */
    NodeProcess(int host, Rig.Place place, Path distribution, Path config, Path log, int httpPort) {
        this.host = host;
        this.entering = place.entering();
        this.distribution = distribution;
        this.config = config;
        this.log = log;
        this.api = new NodeApi(place.httpHost(), httpPort);
    }

    /** Starts the process and does not wait until it is ready. */
    public void start() throws IOException {
        if (isAlive()) {
            throw new IllegalStateException("node " + host + " runs already");
        }
        File output = log.toFile();
        List<String> argv = new ArrayList<>(entering);
        argv.addAll(List.of(launcher(distribution).toString(), "node", "--config", config.toString()));
        ProcessBuilder builder = new ProcessBuilder(argv);
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(output));
        builder.environment().put("HEADROOM_JAVA_OPTS", "-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1");
        process = builder.start();
    }

    /** Its next start is from there. */
    public void upgrade(Path unpacked) {
        distribution = unpacked;
    }

    static Path launcher(Path distribution) {
        return distribution.resolve("bin").resolve("headroom").toAbsolutePath();
    }

    /** {@code kill -9}. */
    public void kill() {
        await(process.destroyForcibly());
    }

    /**
     * {@code SIGTERM}, and by force when the node does not end. Does nothing to a node that does not run.
     *
     * @return the exit status of its last run; 143 after an orderly end, 0 where it was never started
     */
    public int stop() {
        if (process == null) {
            return 0;
        }
        if (process.isAlive()) {
            process.destroy();
            await(process);
        }
        return process.exitValue();
    }

    private void await(Process ending) {
        try {
            if (!ending.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                ending.destroyForcibly().waitFor();
            }
        } catch (InterruptedException interrupted) {
            ending.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    public int host() {
        return host;
    }

    public long pid() {
        return process.pid();
    }

    /** What it was started with. */
    public Path config() {
        return config;
    }

    public NodeApi api() {
        return api;
    }

    /** Where the node's output goes, over all its starts. */
    public Path log() {
        return log;
    }
}
