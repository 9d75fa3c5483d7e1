package io.headroom.node.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headroom.node.process.Command.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class CommandTest {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration LONG = Duration.ofSeconds(40);
    /** Long enough for a shell to start its child: one that is born while its parent is being killed may be missed. */
    private static final Duration SHORT = Duration.ofSeconds(2);

    @TempDir
    Path directory;

    @Test
    void endedProgram_tellsStatusOutputAndErrorsApart() {
        assertThat(sh("echo out; echo wrong >&2; exit 5", LONG)).isEqualTo(new Outcome.Exited(5, "out\n", "wrong\n"));
    }

    @Test
    void arguments_areNoShellsBusiness() {
        assertThat(new Command(List.of("echo", "$HOME; `id` *", "two  spaces"), LONG, 1000).run())
                .isEqualTo(new Outcome.Exited(0, "$HOME; `id` * two  spaces\n", ""));
    }

    @Test
    void program_runsInTheCLocaleWithEmptyInput() {
        assertThat(sh("echo $LC_ALL; cat", LONG)).isEqualTo(new Outcome.Exited(0, "C\n", ""));
    }

    @Test
    void missingProgram_wasNeverStarted() {
        assertThat(new Command(List.of("headroom-has-no-such-program"), LONG, 1000).run())
                .isInstanceOfSatisfying(
                        Outcome.NotStarted.class,
                        missing -> assertThat(missing.cause()).contains("headroom-has-no-such-program"));
    }

    @Test
    void programOverItsTime_isKilledWithItsChildren() throws IOException {
        Path pid = directory.resolve("pid");

        Outcome outcome = sh("sleep 300 & echo $! > " + pid + "; wait", SHORT);

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Killed.class,
                        killed -> assertThat(killed.cause()).contains("longer than 2.0 s"));
        assertGone(pid);
    }

    @Test
    void moreOutputThanAllowed_endsTheProgram() {
        assertThat(new Command(List.of("yes"), LONG, 1000).run())
                .isInstanceOfSatisfying(
                        Outcome.Killed.class,
                        killed -> assertThat(killed.cause()).contains("1000 bytes or more"));
    }

    @Test
    void childLeftBehind_isNotWaitedFor() {
        Path pid = directory.resolve("pid");
        try {
            assertThat(sh("echo before; sleep 300 & echo $! > " + pid, LONG))
                    .isEqualTo(new Outcome.Exited(0, "before\n", ""));
        } finally {
            process(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    @Test
    void interruptedCaller_killsTheProgramAndStaysInterrupted() {
        Path pid = directory.resolve("pid");
        AtomicBoolean interrupted = new AtomicBoolean();
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        Thread caller = new Thread(() -> {
            Outcome result = sh("echo $$ > " + pid + "; exec sleep 300", LONG);
            interrupted.set(Thread.currentThread().isInterrupted());
            outcome.complete(result);
        });
        caller.start();
        await().atMost(PATIENCE).until(() -> process(pid).isPresent());

        caller.interrupt();

        assertThat(outcome.join()).isInstanceOf(Outcome.Unknown.class);
        assertThat(interrupted).isTrue();
        assertGone(pid);
    }

    private static Outcome sh(String script, Duration limit) {
        return new Command(List.of("sh", "-c", script), limit, 1000).run();
    }

    private static void assertGone(Path pid) {
        await().atMost(PATIENCE).until(() -> process(pid).isEmpty());
    }

    private static Optional<ProcessHandle> process(Path pid) {
        try {
            String text = Files.exists(pid) ? Files.readString(pid).strip() : "";
            return text.isEmpty() ? Optional.empty() : ProcessHandle.of(Long.parseLong(text));
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }
}
