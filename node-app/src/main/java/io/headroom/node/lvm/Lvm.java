package io.headroom.node.lvm;

import io.headroom.cluster.Runner;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the commands of one pool with the configuration that belongs to them. Every method blocks its caller. */
final class Lvm {
    /** LVM ends with 1 to 5 where it failed; other programs that are run here likewise. */
    private static final int LAST_STATUS_OF_FAILURE = 5;

    private static final Duration LOCK_LIMIT = Duration.ofSeconds(5);
    /** However long they take: while the machine stands still nobody gives a lock back. */
    private static final int FEWEST_TRIES = 10;

    private static final Duration LOCK_PAUSE = Duration.ofMillis(50);

    private final LvmDirectory directory;
    private final Runner runner;
    private final Duration limit;

    /** @param limit of one command */
    Lvm(LvmDirectory directory, Runner runner, Duration limit) {
        this.directory = directory;
        this.runner = runner;
        this.limit = limit;
    }

    sealed interface Answer {
        record Done(String output) implements Answer {}

        record Failed(LvmFailure failure) implements Answer {}
    }

    /**
     * Runs a command to its end, and again for a while where another command on this host has LVM's lock.
     *
     * @throws IOException where what it did is open
     */
    Answer run(LvmCommand command) throws IOException {
        long start = System.nanoTime();
        for (int tries = 1; ; tries++) {
            Answer answer = once(command);
            boolean waiting = answer instanceof Answer.Failed failed
                    && failed.failure().kind() == LvmFailure.Kind.LOCK_HELD
                    && (tries < FEWEST_TRIES || System.nanoTime() - start < LOCK_LIMIT.toNanos());
            if (!waiting) {
                return answer;
            }
            pause();
        }
    }

    /** Runs a command that has to succeed. */
    String require(LvmCommand command) throws IOException {
        Answer answer = run(command);
        if (answer instanceof Answer.Failed failed) {
            throw new UnusableGroup(command + ": " + failed.failure().cause());
        }
        return ((Answer.Done) answer).output();
    }

    private Answer once(LvmCommand command) throws IOException {
        Map<String, String> environment = command.side() == LvmCommand.Side.PROGRAM
                ? Map.of()
                : Map.of(
                        "LVM_SYSTEM_DIR",
                        directory.configuration(command.side()).toString(),
                        "LVM_SUPPRESS_FD_WARNINGS",
                        "1");
        Runner.Ended ended = runner.run(command.argv(), environment, limit);
        if (ended.status() == 0) {
            return new Answer.Done(ended.output());
        }
        if (ended.status() < 0 || ended.status() > LAST_STATUS_OF_FAILURE) {
            throw new IOException(command + " ended with status " + ended.status() + ", as one that was killed: "
                    + LvmFailure.of(ended.errors()).words());
        }
        return new Answer.Failed(LvmFailure.of(ended.errors()));
    }

    private static void pause() throws IOException {
        try {
            TimeUnit.NANOSECONDS.sleep(LOCK_PAUSE.toNanos());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while another command of LVM had the lock", interrupted);
        }
    }
}
