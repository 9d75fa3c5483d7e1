package io.headroom.node.process;

import io.headroom.node.process.Command.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Runs other programs, whoever their parent is: this process, or the one that holds a lease for as long as they run. */
@FunctionalInterface
public interface Runner {
    /** Bytes of the output, and separately of the error output; a report on 10,000 volumes has 3 MiB. */
    int OUTPUT_LIMIT = 16 << 20;

    /**
     * Runs a program to its end and blocks for as long, at most for the limit and a few seconds.
     *
     * @param environment variables beside those of the parent
     * @throws IOException where what the program did is open; its message is for an operator
     */
    Ended run(List<String> argv, Map<String, String> environment, Duration limit) throws IOException;

    /** @param status that the program ended with by itself; 128 and the signal's number where it was killed */
    record Ended(int status, String output, String errors) {}

    /** The programs are children of this process. */
    static Runner direct() {
        return (argv, environment, limit) -> {
            Outcome outcome = new Command(argv, environment, limit, OUTPUT_LIMIT).run();
            if (outcome instanceof Outcome.Exited exited) {
                return new Ended(exited.status(), exited.output(), exited.errors());
            }
            if (outcome instanceof Outcome.NotStarted missing) {
                throw new IOException("cannot run " + argv.get(0) + ", install it: " + missing.cause());
            }
            if (outcome instanceof Outcome.Killed killed) {
                throw new IOException(killed.cause());
            }
            if (outcome instanceof Outcome.Unknown unknown) {
                throw new IOException(unknown.cause());
            }
            throw new AssertionError("unhandled " + outcome);
        };
    }
}
