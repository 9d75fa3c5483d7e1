package io.headroom.cluster;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A real sanlock for itself, without a watchdog: what a host is to the others. */
final class SanlockDaemon implements AutoCloseable {
    private static final Duration IO_TIMEOUT = Duration.ofSeconds(1);
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path directory;
    private final Process process;

    SanlockDaemon(Path directory, String name) throws IOException {
        this.directory = Files.createDirectories(directory);
        ProcessBuilder builder = new ProcessBuilder(List.of(
                "sanlock", "daemon", "-D", "-w", "0", "-h", "0", "-l", "0", "-U", "root", "-G", "root", "-g", "40",
                "-e", name));
        builder.environment().putAll(Map.of("SANLOCK_RUN_DIR", directory.toString(), "SANLOCK_PRIVILEGED", "0"));
        process = builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
        await().atMost(PATIENCE).until(this::answers);
    }

    private boolean answers() throws IOException {
        List<String> asked = List.of("env", "SANLOCK_RUN_DIR=" + directory, "sanlock", "client", "status", "-D");
        return Files.exists(directory.resolve("sanlock.sock"))
                && new ChildProcesses().run(asked, Map.of(), PATIENCE).status() == 0;
    }

    Sanlock.Settings settings() {
        return new Sanlock.Settings(IO_TIMEOUT, false, Optional.of(directory));
    }

    /** Without a word to anybody. */
    void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}
