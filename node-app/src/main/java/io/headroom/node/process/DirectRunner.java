package io.headroom.node.process;

import io.headroom.cluster.Runner;
import io.headroom.node.process.Command.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The programs are children of this process. */
public final class DirectRunner implements Runner {
    /** Bytes; a report on 10,000 volumes has 3 MiB. */
    private static final int OUTPUT = 16 << 20;

    @Override
    public Ended run(List<String> argv, Map<String, String> environment, Duration limit) throws IOException {
        Outcome outcome = new Command(argv, environment, limit, OUTPUT).run();
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
    }
}
