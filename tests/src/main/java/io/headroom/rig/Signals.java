package io.headroom.rig;

import io.headroom.node.process.Command;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Runs a system's small programs that must succeed. */
public final class Signals {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int OUTPUT = 64 << 10;

    private Signals() {}

    public static void freeze(long... pids) throws IOException {
        kill("-STOP", pids);
    }

    public static void thaw(long... pids) throws IOException {
        kill("-CONT", pids);
    }

    private static void kill(String signal, long... pids) throws IOException {
        run(Stream.concat(Stream.of("kill", signal), LongStream.of(pids).mapToObj(Long::toString))
                .toArray(String[]::new));
    }

    public static void run(String... argv) throws IOException {
        Command.Outcome outcome = new Command(List.of(argv), LIMIT, OUTPUT).run();
        if (!(outcome instanceof Command.Outcome.Exited exited) || exited.status() != 0) {
            throw new IOException(String.join(" ", argv) + " failed: " + outcome);
        }
    }

    public static boolean succeeds(String... argv) {
        return new Command(List.of(argv), LIMIT, OUTPUT).run() instanceof Command.Outcome.Exited exited
                && exited.status() == 0;
    }
}
