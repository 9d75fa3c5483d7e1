package io.headroom.cluster;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's end of the conversation with a keeper, the process that holds a lease and runs commands under it. The
 * protocol stands in the program's own text, {@code libexec/headroom-keeper}.
 *
 * <p>A keeper that hears nothing from us for its beat limit ends its command, and then itself. One that does not answer
 * in time is killed; the lease is then free when its command is gone.
 */
public final class Keeper implements Runner {
    /**
     * How long this process may be frozen before it loses the lease: longer than a pause of its garbage collector or of
     * an overloaded machine. The cluster has found the next SPM before it is over, so a frozen SPM is replaced after it.
     */
    public static final Duration BEAT_LIMIT = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(Keeper.class);
    private static final int BEATS_PER_LIMIT = 10;
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Duration END_LIMIT = Duration.ofSeconds(5);
    /** Beyond a command's own limit; the keeper gives a killed command 5 s to be gone. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    private static final byte[] BEAT = {'{', '}', '\n'};

    private final Process process;
    private final OutputStream input;
    private final LastWords words;
    private final CompletableFuture<JsonNode> holding = new CompletableFuture<>();
    private final CompletableFuture<String> lost = new CompletableFuture<>();

    private final Object conversation = new Object();
    private CompletableFuture<JsonNode> awaited = holding;
    private boolean over;
    private long commands;
    private volatile boolean ending;

    /**
     * @param argv the program of the keeper, without its arguments
     * @param beatLimit how long this process may be silent before the keeper gives the lease up
     */
    public record Settings(List<String> argv, Duration beatLimit) {
        public Settings {
            argv = List.copyOf(argv);
        }

        /** @param home where Headroom is installed: the directory with {@code bin}, {@code lib} and {@code libexec} */
        public static Settings installed(Path home) {
            return new Settings(
                    List.of(home.resolve("libexec/headroom-keeper")
                            .toAbsolutePath()
                            .toString()),
                    BEAT_LIMIT);
        }
    }

    public sealed interface Attempt {
        record Holding(Keeper keeper) implements Attempt {}

        /** @param holder who holds the lease, in words for an operator */
        record Busy(String holder) implements Attempt {}
    }

    private Keeper(Process process, Duration beatLimit) {
        this.process = process;
        this.input = process.getOutputStream();
        this.words = LastWords.of(process.getErrorStream(), "keeper " + process.pid());
        daemon("keeper-answers", this::listen);
        daemon("keeper-beats", () -> beat(beatLimit.dividedBy(BEATS_PER_LIMIT)));
        process.onExit().thenRun(() -> {
            if (!ending) {
                lost.complete(gone());
            }
        });
    }

    /**
     * Tries once for the lease and starts the keeper that holds it. Blocks for the time that the tool takes.
     *
     * @throws IOException where the lease could not be tried for, or the keeper does not start
     */
    public static Attempt start(LeaseTool tool, Settings settings) throws IOException {
        List<String> keeper = new ArrayList<>(settings.argv());
        keeper.add(String.valueOf(settings.beatLimit().toMillis() / 1000.0));
        List<String> argv = tool.holding(List.copyOf(keeper));
        Keeper started = new Keeper(new ProcessBuilder(argv).start(), settings.beatLimit());
        if (started.isHolding()) {
            try {
                tool.held();
            } catch (IOException failed) {
                started.end();
                throw failed;
            }
            return new Attempt.Holding(started);
        }
        int status = started.process.exitValue();
        String said = started.words.said();
        Optional<String> holder = tool.holder(status, said);
        if (holder.isPresent()) {
            return new Attempt.Busy(holder.get());
        }
        throw new IOException(
                "the lease cannot be taken: " + String.join(" ", argv) + " ended with status " + status + ": " + said);
    }

    private boolean isHolding() throws IOException {
        try {
            holding.get(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException silent) {
            end();
            return false;
        } catch (TimeoutException late) {
            end();
            throw new IOException("the keeper did not start within " + START_LIMIT.toSeconds() + " s", late);
        } catch (InterruptedException interrupted) {
            throw interrupted(interrupted);
        }
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void beat(Duration interval) {
        try {
            while (!process.waitFor(interval.toMillis(), TimeUnit.MILLISECONDS) && !ending) {
                send(BEAT);
            }
        } catch (IOException gone) {
            LOG.debug("the keeper {} hears no more beats: {}", process.pid(), gone.getMessage());
        } catch (InterruptedException interrupted) {
            throw new AssertionError("nobody interrupts the beats", interrupted);
        }
    }

    private void send(byte[] line) throws IOException {
        synchronized (input) {
            input.write(line);
            input.flush();
        }
    }

    private void listen() {
        String cause = "it is gone";
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                if (line.startsWith("{")) {
                    heard(JSON.readTree(line));
                } else {
                    words.add(line); // the tool's own, where it does not become the keeper
                }
            }
        } catch (IOException | IllegalStateException broken) {
            // It may be well, but what it says next cannot be told from the rest of this.
            kill();
            cause = "it says something unintelligible: " + broken.getMessage();
        }
        synchronized (conversation) {
            over = true;
            if (awaited != null) {
                awaited.completeExceptionally(
                        new IOException("the keeper " + process.pid() + " did not answer: " + cause));
            }
        }
    }

    private void heard(JsonNode answer) {
        synchronized (conversation) {
            boolean expected = awaited == holding
                    ? answer.has("holding")
                    : answer.path("id").asLong() == commands;
            if (awaited == null || !expected) {
                throw new IllegalStateException("an answer that nobody waits for");
            }
            awaited.complete(answer);
            awaited = null;
        }
    }

    @Override
    public synchronized Ended run(List<String> argv, Map<String, String> environment, Duration limit)
            throws IOException {
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        long id = expect(answer);
        answer.orTimeout(limit.plus(ANSWER_LIMIT).toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((told, failure) -> {
                    if (failure instanceof TimeoutException) {
                        kill();
                    }
                });
        byte[] request = request(id, argv, environment, limit);
        try {
            send(request);
        } catch (IOException deaf) {
            throw unknown(argv, "the keeper hears nothing: " + deaf.getMessage(), deaf);
        }
        try {
            return ended(argv, answer.get());
        } catch (ExecutionException silent) {
            throw unknown(
                    argv,
                    silent.getCause() instanceof TimeoutException
                            ? "the keeper did not answer and was killed"
                            : silent.getCause().getMessage(),
                    silent);
        } catch (InterruptedException interrupted) {
            throw interrupted(interrupted);
        }
    }

    private static IOException unknown(List<String> argv, String why, Exception cause) {
        return new IOException("what became of " + String.join(" ", argv) + " is unknown: " + why, cause);
    }

    private long expect(CompletableFuture<JsonNode> answer) throws IOException {
        synchronized (conversation) {
            if (over || ending) {
                throw new IOException("the keeper is gone; nothing was done");
            }
            awaited = answer;
            return ++commands;
        }
    }

    private static byte[] request(long id, List<String> argv, Map<String, String> environment, Duration limit)
            throws IOException {
        byte[] json = JSON.writeValueAsBytes(
                Map.of("id", id, "argv", argv, "env", environment, "limit", limit.toMillis() / 1000.0));
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }

    private static Ended ended(List<String> argv, JsonNode answer) throws IOException {
        String command = String.join(" ", argv);
        if (answer.has("refused")) {
            throw new IOException("nothing was done: " + answer.get("refused").asText());
        } else if (answer.has("killed")) {
            throw new IOException(
                    command + " was killed: " + answer.get("killed").asText() + "; what it did is unknown");
        } else if (answer.has("unknown")) {
            throw new IOException("what " + command + " does is unknown: "
                    + answer.get("unknown").asText());
        }
        int status = answer.required("status").asInt();
        if (status < 0) {
            throw new IOException(command + " was ended by signal " + -status + "; what it did is unknown");
        }
        return new Ended(
                status,
                answer.required("output").asText(),
                answer.required("errors").asText());
    }

    /** Completes, with the cause, when the keeper is gone without our doing; never otherwise. */
    public CompletionStage<String> lost() {
        return lost.copy();
    }

    /** Why the keeper has the lease no more; empty while it has. May wait a second for the keeper's last words. */
    Optional<String> whyLost() {
        return isThere() ? Optional.empty() : Optional.of(gone());
    }

    /** It has the lease. Waits for nothing. */
    boolean isThere() {
        return process.isAlive();
    }

    private String gone() {
        return "the keeper " + process.pid() + " is gone: " + words.said();
    }

    public long pid() {
        return process.pid();
    }

    /**
     * Ends the keeper and waits until it is gone. Repeating it is harmless.
     *
     * @throws IOException where it is there all the same
     */
    public void end() throws IOException {
        ending = true;
        process.onExit().orTimeout(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS).whenComplete((gone, late) -> {
            if (late != null) {
                kill();
            }
        });
        try {
            synchronized (input) {
                input.close();
            }
        } catch (IOException gone) {
            LOG.debug("the keeper {} was gone already: {}", process.pid(), gone.getMessage());
        }
        try {
            if (!process.waitFor(2 * END_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("the keeper " + process.pid() + " outlives SIGKILL; it has the lease");
            }
        } catch (InterruptedException interrupted) {
            throw interrupted(interrupted);
        }
    }

    /** What is under way is open, and nobody will wait for it: its waiter ends it. */
    private IOException interrupted(InterruptedException cause) {
        kill();
        Thread.currentThread().interrupt();
        return new IOException("interrupted while the keeper " + process.pid() + " was asked; it was killed", cause);
    }

    /** By its handle, for {@link Process#destroyForcibly()} also closes the streams that are being read. */
    private void kill() {
        process.toHandle().destroyForcibly();
    }
}
