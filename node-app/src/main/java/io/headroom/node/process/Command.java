package io.headroom.node.process;

import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One run of another program, bounded in time and output. No shell is involved; the locale is {@code C} and the input
 * is empty.
 *
 * @param argv the program and its arguments, one each
 * @param environment variables beside those of this process
 * @param limit how long the program may run
 * @param outputLimit bytes, less than which it may write to its output and, separately, to its error output
 */
public record Command(List<String> argv, Map<String, String> environment, Duration limit, int outputLimit) {
    /** Five seconds, counted: in those of a machine that stands still nothing can die. */
    private static final int REAPING_ROUNDS = 1_000;

    private static final Duration REAPING_ROUND = Duration.ofMillis(5);
    private static final int QUOTED = 500;

    public Command {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
    }

    public Command(List<String> argv, Duration limit, int outputLimit) {
        this(argv, Map.of(), limit, outputLimit);
    }

    /** What is certain after a run. */
    public sealed interface Outcome {
        /**
         * The program ended by itself. A child that it left behind is not waited for, nor what that one still writes.
         */
        record Exited(int status, String output, String errors) implements Outcome {}

        /** The program was never started: nothing was done. */
        record NotStarted(String cause) implements Outcome {}

        /** The program was killed with its children. What it did before is open; it does no more. */
        record Killed(String cause) implements Outcome {}

        /** The program, or a child of it, cannot be killed and may still run: what it does is unknown. */
        record Unknown(String cause) implements Outcome {}
    }

    /**
     * Runs the program and waits for it on the calling thread. Interrupting the thread kills the program.
     *
     * @return within the limit and a few seconds
     */
    public Outcome run() {
        ProcessBuilder builder = new ProcessBuilder(argv).redirectInput(new File("/dev/null"));
        builder.environment().putAll(environment);
        builder.environment().put("LC_ALL", "C");
        Process process;
        try {
            process = builder.start();
        } catch (IOException notStarted) {
            return new Outcome.NotStarted(notStarted.getMessage());
        }
        Output output = Output.collect(process.getInputStream(), outputLimit, () -> kill(process));
        Output errors = Output.collect(process.getErrorStream(), outputLimit, () -> kill(process));
        try {
            return await(process, output, errors);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            kill(process);
            return new Outcome.Unknown(this + " was interrupted; process " + process.pid() + " was sent SIGKILL");
        }
    }

    private Outcome await(Process process, Output output, Output errors) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            String cause = this + " ran longer than " + limit.toMillis() / 1000.0 + " s";
            if (!awaitDeath(kill(process))) {
                return new Outcome.Unknown(cause + "; process " + process.pid() + " or a child of it outlives SIGKILL");
            }
            return new Outcome.Killed(cause);
        }
        String written = output.text();
        String complaints = errors.text();
        if (output.isCut() || errors.isCut()) {
            return new Outcome.Killed(this + " wrote " + outputLimit + " bytes or more");
        }
        return new Outcome.Exited(process.exitValue(), written, complaints);
    }

    private static List<ProcessHandle> kill(Process process) {
        List<ProcessHandle> tree = new ArrayList<>();
        tree.add(process.toHandle());
        process.descendants().forEach(tree::add);
        // By its handle, for Process.destroyForcibly() also closes the streams that are being read.
        tree.forEach(ProcessHandle::destroyForcibly);
        return tree;
    }

    private static boolean awaitDeath(List<ProcessHandle> tree) throws InterruptedException {
        for (int round = 0; round < REAPING_ROUNDS; round++) {
            if (tree.stream().noneMatch(ProcessHandle::isAlive)) {
                return true;
            }
            TimeUnit.MILLISECONDS.sleep(REAPING_ROUND.toMillis());
        }
        return false;
    }

    /** The command as a person would write it; for messages, never for a shell. */
    @Override
    public String toString() {
        String text = String.join(" ", argv);
        return text.length() <= QUOTED ? text : text.substring(0, QUOTED) + "…";
    }
}
