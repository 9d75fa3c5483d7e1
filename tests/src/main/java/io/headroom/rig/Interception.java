package io.headroom.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * What some nodes do with some files fails or comes late, as if their device did that: strace stands between the nodes
 * and the kernel. Guests and other files are not concerned. It lasts as long as
 * {@link #during} does.
 */
public final class Interception {
    private static final String ORDERS = "pread64,pwrite64,openat,rename,fsync,fdatasync";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Process strace;

    private Interception(Process strace) {
        this.strace = strace;
    }

    /** Why there can be none on this machine; empty where there can. */
    public static Optional<String> obstacle() {
        return Signals.succeeds("strace", "-V")
                ? Optional.empty()
                : Optional.of("there is no strace (Debian's package strace)");
    }

    /** Each order is answered with EIO, and nothing is done. */
    public static Interception failing(List<NodeProcess> nodes, List<Path> files) throws IOException {
        return begin(nodes, files, "error=EIO");
    }

    /** Each order is carried out, after this time. */
    public static Interception delaying(List<NodeProcess> nodes, List<Path> files, Duration delay) throws IOException {
        return begin(nodes, files, "delay_enter=" + TimeUnit.MILLISECONDS.toMicros(delay.toMillis()));
    }

    private static Interception begin(List<NodeProcess> nodes, List<Path> files, String injected) throws IOException {
        List<String> argv = new ArrayList<>(List.of("strace", "-f", "-qq", "-o", "/dev/null"));
        argv.addAll(List.of("-e", "trace=" + ORDERS, "-e", "inject=" + ORDERS + ":" + injected));
        for (Path file : files) {
            argv.addAll(List.of("-P", file.toString()));
        }
        for (NodeProcess node : nodes) {
            argv.addAll(List.of("-p", Long.toString(node.pid())));
        }
        Process strace = new ProcessBuilder(argv)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Interception begun = new Interception(strace);
        try {
            for (NodeProcess node : nodes) {
                begun.awaitHold(node);
            }
            return begun;
        } catch (IOException failed) {
            begun.close();
            throw failed;
        }
    }

    /** Before every thread is held, some orders would slip through. */
    private void awaitHold(NodeProcess node) throws IOException {
        try {
            Watch.until("strace holds node " + node.host(), LIMIT, () -> !strace.isAlive() || isHeld(node.pid()));
        } catch (TimeoutException late) {
            throw new IOException(late.getMessage(), late);
        }
        if (!strace.isAlive()) {
            throw new IOException("strace cannot hold node " + node.host() + ": it ended with " + strace.exitValue());
        }
    }

    private static boolean isHeld(long pid) {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            return threads.allMatch(Interception::isThreadHeld);
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    private static boolean isThreadHeld(Path thread) {
        try {
            return !Files.readAllLines(thread.resolve("status")).contains("TracerPid:\t0");
        } catch (NoSuchFileException ended) {
            return true;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Lets the storage be as it is for as long as the work takes; the nodes are let go however that ends. */
    public <T> T during(Callable<T> work) throws Exception {
        try {
            return work.call();
        } finally {
            close();
        }
    }

    /** The nodes are let go. */
    public void close() {
        strace.destroy();
        try {
            if (!strace.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                strace.destroyForcibly().waitFor();
            }
        } catch (InterruptedException interrupted) {
            strace.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
