package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headroom.cluster.Runner.Ended;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A keeper as a command and a lease see it; {@link KeptLeaseTest} is about killing and stopping it. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class KeeperTest {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration LIMIT = Duration.ofSeconds(30);
    /** Of a command that runs into it: before that, a busy machine has to get the command there. */
    private static final Duration STAGE_LIMIT = Duration.ofSeconds(12);

    private static final int OUTPUT_LIMIT = 8 << 20;

    @TempDir
    Path directory;

    private Keeper keeper;

    @BeforeEach
    void start() throws IOException {
        Keeper.Attempt attempt = Keeper.start(lease("host 1"), Keepers.settings(Keepers.PATIENT));
        assertThat(attempt).isInstanceOf(Keeper.Attempt.Holding.class);
        keeper = ((Keeper.Attempt.Holding) attempt).keeper();
    }

    @AfterEach
    void end() throws IOException {
        keeper.end();
    }

    @Test
    void command_tellsHowItEnded() throws IOException {
        Ended ended = sh("echo out; echo err >&2; exit 5");

        assertThat(ended).isEqualTo(new Ended(5, "out\n", "err\n"));
    }

    @Test
    void command_inheritsNothing() throws IOException {
        Ended ended = run("ls", "-l", "/proc/self/fd");

        List<String> descriptors = ended.output()
                .lines()
                .filter(line -> line.contains(" -> "))
                .map(line -> line.replaceAll(".*:\\d\\d (\\d+) -> ([^:\\[]*).*", "$1 $2"))
                .toList();
        assertThat(descriptors)
                .satisfiesExactly(
                        input -> assertThat(input).isEqualTo("0 /dev/null"),
                        output -> assertThat(output).isEqualTo("1 pipe"),
                        errors -> assertThat(errors).isEqualTo("2 pipe"),
                        listing -> assertThat(listing).startsWith("3 /proc/"));
    }

    @Test
    void lvm_findsNoDescriptorToComplainAbout() throws IOException {
        Ended ended = run("lvm", "version");

        assertThat(ended.status()).isZero();
        assertThat(ended.errors()).doesNotContain("leaked");
    }

    @Test
    void environment_isWhatWasGiven_andNoLanguage() throws IOException {
        Ended ended = keeper.run(List.of("env"), Map.of("LVM_SYSTEM_DIR", "/some where/$HOME"), LIMIT);

        assertThat(ended.output().lines())
                .contains("LVM_SYSTEM_DIR=/some where/$HOME", "LC_ALL=C")
                .hasSize(3)
                .anyMatch(line -> line.startsWith("PATH="));
    }

    @Test
    void arguments_areNeverInterpreted() throws IOException {
        String nasty = "$(touch x) `id` ; rm -rf \"'\\ \n\t * ~ % {} \u20ac \ud83d\ude00";

        assertThat(run("printf", "%s|%s|%s", nasty, "", "--help").output()).isEqualTo(nasty + "||--help");
    }

    @Test
    void arguments_mayBeAnyBytes() throws IOException {
        // Bytes from 0x80, which are no UTF-8 in this order, are lone surrogates on their way.
        StringBuilder bytes = new StringBuilder();
        for (int value = 1; value < 256; value++) {
            bytes.append((char) (value < 0x80 ? value : 0xdc00 + value));
        }
        String octal = "printf %s \"$1\" | od -An -v -to1 | tr -d '\\n'";

        String told = run("sh", "-c", octal, "sh", bytes.toString()).output();

        int[] values = Arrays.stream(told.trim().split(" +"))
                .mapToInt(digits -> Integer.parseInt(digits, 8))
                .toArray();
        assertThat(values)
                .hasSize(255)
                .startsWith(1, 2, 3)
                .endsWith(253, 254, 255)
                .isSorted();
        assertThat(run("printf", "%s", bytes.toString()).output()).isEqualTo(bytes.toString());
    }

    @Test
    void argumentThatNoProgramCanHave_isRefused() {
        assertThatThrownBy(() -> run("true", "a\0b"))
                .hasMessageContaining("nothing was done")
                .hasMessageContaining("null");
    }

    @Test
    void missingProgram_isRefusedByItsName() {
        assertThatThrownBy(() -> run("no-such-program"))
                .hasMessageContaining("nothing was done")
                .hasMessageContaining("no-such-program");
    }

    @Test
    void output_isBounded() throws IOException {
        assertThatThrownBy(() -> run("yes")).hasMessageContaining("was killed: it wrote more than " + OUTPUT_LIMIT);
        assertThat(sh("head -c " + OUTPUT_LIMIT + " /dev/zero | tr '\\0' '\\377'")
                        .output())
                .hasSize(OUTPUT_LIMIT);
    }

    @Test
    void commandThatIgnoresSignals_isKilledAtItsLimit_withWhatItStarted() throws IOException {
        Path pids = directory.resolve("pids");
        String stubborn = "trap '' TERM INT HUP; setsid sleep 1000 & echo $! $$ > " + pids + "; wait";

        assertThatThrownBy(() -> keeper.run(List.of("sh", "-c", stubborn), Map.of(), STAGE_LIMIT))
                .hasMessageContaining("was killed: it ran longer than allowed")
                .hasMessageContaining("what it did is unknown");
        for (String pid : Files.readString(pids).trim().split(" ")) {
            assertThat(ProcessHandle.of(Long.parseLong(pid))).isEmpty();
        }
        assertThat(run("true").status()).isZero();
    }

    @Test
    void whatACommandLeavesBehind_isKilledBeforeItsEndIsTold() throws IOException {
        long pid = Long.parseLong(sh("setsid sleep 1000 & echo $!").output().trim());

        assertThat(ProcessHandle.of(pid)).isEmpty();
    }

    @Test
    void commandEndedBySomebodyElse_isUnknown() {
        assertThatThrownBy(() -> sh("kill -9 $$"))
                .hasMessageContaining("ended by signal 9")
                .hasMessageContaining("unknown");
    }

    /** The first process of a pid namespace is not gone before all others in it are, whoever their parents are. */
    @Test
    void commandThatOutlivesItsKilling_isUnknown_andNothingElseRunsUntilItIsGone() throws Exception {
        Path inner = directory.resolve("inner");
        Files.createFile(inner);
        CompletableFuture<Optional<String>> outcome = CompletableFuture.supplyAsync(() -> {
            try {
                String wait = "read pid rest < /proc/self/stat; echo $pid > " + inner + "; exec sleep 1000";
                keeper.run(List.of("unshare", "--pid", "--fork", "sh", "-c", wait), Map.of(), STAGE_LIMIT);
                return Optional.empty();
            } catch (IOException unknown) {
                return Optional.of(unknown.getMessage());
            }
        });
        await().atMost(PATIENCE).until(() -> Files.size(inner) > 0);
        String first = Files.readString(inner, StandardCharsets.US_ASCII).trim();
        Process guest = new ProcessBuilder("nsenter", "--target", first, "--pid", "sleep", "1000").start();
        try {
            await().atMost(PATIENCE).until(() -> guest.children().findAny().isPresent());
            new ProcessBuilder("kill", "-STOP", String.valueOf(guest.pid()))
                    .start()
                    .waitFor();

            assertThat(outcome.join())
                    .get()
                    .asString()
                    .contains("is unknown: it ran longer than allowed", "outlive SIGKILL");
            assertThatThrownBy(() -> run("true"))
                    .hasMessageContaining("nothing was done")
                    .hasMessageContaining("outlive");
        } finally {
            new ProcessBuilder("kill", "-CONT", String.valueOf(guest.pid()))
                    .start()
                    .waitFor();
            guest.destroyForcibly();
        }
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IOException.class)
                .untilAsserted(() -> assertThat(run("true").status()).isZero());
    }

    @Test
    void secondKeeper_isToldWhoHoldsTheLease_untilTheFirstHasEnded() throws IOException {
        FlockFile second = lease("host 2");
        assertThat(Keeper.start(second, Keepers.settings(Keepers.PATIENT)))
                .isEqualTo(new Keeper.Attempt.Busy("host 1"));

        keeper.end();

        Keeper.Attempt attempt = Keeper.start(second, Keepers.settings(Keepers.PATIENT));
        assertThat(attempt).isInstanceOf(Keeper.Attempt.Holding.class);
        ((Keeper.Attempt.Holding) attempt).keeper().end();
    }

    @Test
    void endedKeeper_runsNothing_andWasNotLost() throws IOException {
        keeper.end();

        assertThatThrownBy(() -> run("true")).hasMessageContaining("nothing was done");
        assertThat(keeper.lost().toCompletableFuture()).isNotDone();
    }

    @Test
    void toolThatFails_isToldByItsOwnWords() {
        FlockFile nowhere = new FlockFile(directory.resolve("missing/lease"), "host 1");

        assertThatThrownBy(() -> Keeper.start(nowhere, Keepers.settings(Keepers.PATIENT)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot open lock file")
                .hasMessageContaining("missing/lease");
    }

    private FlockFile lease(String holder) throws IOException {
        FlockFile lease = new FlockFile(directory.resolve("lease"), holder);
        if (keeper == null) {
            Files.writeString(directory.resolve("lease.holder"), holder);
        }
        return lease;
    }

    private Ended sh(String script) throws IOException {
        return run("sh", "-c", script);
    }

    private Ended run(String... argv) throws IOException {
        return keeper.run(List.of(argv), Map.of(), LIMIT);
    }
}
