package io.headroom.cluster;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Runs other programs, whoever their parent is: this process, or the one that holds a lease for as long as they run. */
@FunctionalInterface
public interface Runner {
    /**
     * Runs a program to its end and blocks for as long, at most for the limit and some seconds. No shell is involved, and
     * its input is empty.
     *
     * @param argv the program and its arguments, one each
     * @param environment variables beside the parent's
     * @throws IOException where what the program did is open, or it was never started; its message, for an operator,
     *     says which
     */
    Ended run(List<String> argv, Map<String, String> environment, Duration limit) throws IOException;

    /** @param status that the program ended with by itself */
    record Ended(int status, String output, String errors) {}
}
