package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that fight for one real volume group, with a keeper each, while something of the holder's chain is killed or
 * frozen at any moment. Two writers at one time, or one that writes after its successor, leave traces that are looked
 * for.
 *
 * <p>{@code -Dfaults=100} makes that many rounds of each fault; {@code -Dseed=N} the same moments again.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class LeaseFaultTest {
    private static final int ROUNDS = Integer.getInteger("faults", 5);
    private static final long SEED = Long.getLong("seed", System.nanoTime());
    private static final int HOSTS = 2;
    /** Short where the beats end on purpose, and longer than this machine may be busy with other things. */
    private static final Duration SHORT_BEAT_LIMIT = Duration.ofSeconds(2);

    private static final Duration TAKEOVER_LIMIT = Duration.ofSeconds(60);
    private static final int LATEST_MOMENT_MILLIS = 150;
    private static final Pattern TAKEOVER = Pattern.compile("epoch (\\d+) host \\d+ seqno (\\d+) \\{(.*)}");

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final Map<Integer, Node> nodes = new HashMap<>();
    private ScratchVolumeGroup group;

    private enum Fault {
        KEEPER,
        PROCESS,
        WAITER,
        COMMAND,
        KEEPER_AND_WAITER
    }

    @BeforeEach
    void start() throws IOException {
        group = ScratchVolumeGroup.create(directory, HOSTS);
    }

    private void startNodes(Duration beatLimit) throws IOException {
        for (int host = 1; host <= HOSTS; host++) {
            nodes.put(host, new Node(host, beatLimit));
        }
    }

    @AfterEach
    void end() throws IOException {
        nodes.values().forEach(Node::kill);
        awaitNoKeeper();
        group.close();
    }

    @Test
    void whateverIsKilledAtWhateverMoment_onlyOneEverWrites() throws Exception {
        startNodes(Keepers.PATIENT);
        for (int round = 0; round < ROUNDS; round++) {
            for (Fault fault : Fault.values()) {
                int before = takeovers().size();
                if (fault == Fault.KEEPER_AND_WAITER) {
                    Files.createFile(directory.resolve(Holder.BOTH_KILLED));
                }
                strike(fault);
                if (fault != Fault.WAITER && fault != Fault.COMMAND) {
                    await(fault + " in round " + round)
                            .atMost(TAKEOVER_LIMIT)
                            .until(() -> takeovers().size() > before);
                }
                Files.deleteIfExists(directory.resolve(Holder.BOTH_KILLED));
            }
        }
        assertNothingWasWrittenTwice();
    }

    /** In every other round a command is under way. */
    @Test
    void frozenHolder_losesTheRole_andWakesUpUnableToWrite() throws Exception {
        startNodes(SHORT_BEAT_LIMIT);
        int rounds = Math.max(2, ROUNDS / 2);
        for (int round = 0; round < rounds; round++) {
            Node frozen = frozenHolder(round % 2 == 0);
            int said = frozen.said.size();
            await("round " + round).atMost(TAKEOVER_LIMIT).until(() -> holder() != frozen);
            signal("-CONT", frozen.process.pid());
            await().atMost(TAKEOVER_LIMIT)
                    .until(() -> frozen.said.stream().skip(said).anyMatch(line -> line.startsWith("over ")));
        }
        assertNothingWasWrittenTwice();
    }

    /** On a busy machine the role may go to the other one just before the signal: then nothing of it was seen. */
    private Node frozenHolder(boolean withCommandUnderWay) throws Exception {
        while (true) {
            Node holder = withCommandUnderWay ? holderWithCommandUnderWay() : holder();
            signal("-STOP", holder.process.pid());
            if (lastToTakeOver().equals(Optional.of(holder)) && !holder.hasLost()) {
                return holder;
            }
            signal("-CONT", holder.process.pid());
        }
    }

    /**
     * The command is one that, were it to live, would write long after a successor has begun. A busy machine may have
     * given the lease to somebody else than it was at first, so whoever has the command is the holder.
     */
    private Node holderWithCommandUnderWay() throws IOException {
        for (Node node : nodes.values()) {
            Files.createFile(node.slow());
        }
        Node holder = await().atMost(TAKEOVER_LIMIT)
                .until(
                        () -> nodes.values().stream()
                                .filter(node -> node.commandWords().contains(Holder.WAITING))
                                .findAny(),
                        Optional::isPresent)
                .orElseThrow();
        for (Node node : nodes.values()) {
            Files.delete(node.slow());
        }
        return holder;
    }

    private Node holderAtSomeMoment() throws InterruptedException {
        Node holder = holder();
        new CountDownLatch(1).await(random.nextInt(LATEST_MOMENT_MILLIS), TimeUnit.MILLISECONDS);
        return holder;
    }

    private void strike(Fault fault) throws Exception {
        Node holder = random.nextBoolean() ? holderWithCommandUnderWay() : holderAtSomeMoment();
        if (fault == Fault.PROCESS) {
            holder.kill();
            nodes.put(holder.host, new Node(holder.host, Keepers.PATIENT));
        } else if (fault == Fault.KEEPER) {
            holder.keeper().ifPresent(ProcessHandle::destroyForcibly);
        } else {
            await().atMost(TAKEOVER_LIMIT).pollInterval(Duration.ofMillis(1)).until(() -> {
                Optional<ProcessHandle> waiter = holder.waiter();
                Optional<ProcessHandle> command =
                        waiter.flatMap(found -> found.children().findAny());
                if (fault == Fault.KEEPER_AND_WAITER) {
                    holder.keeper().ifPresent(ProcessHandle::destroyForcibly);
                    waiter.ifPresent(ProcessHandle::destroyForcibly);
                    return true;
                }
                return (fault == Fault.WAITER ? waiter : command)
                        .map(ProcessHandle::destroyForcibly)
                        .orElse(false);
            });
        }
    }

    private void assertNothingWasWrittenTwice() throws IOException {
        nodes.values().forEach(Node::kill);
        awaitNoKeeper();
        List<String> history = takeovers();
        group.check();
        ScratchVolumeGroup.Look last = group.look();
        long seqno = 0;
        for (String line : history) {
            Matcher takeover = TAKEOVER.matcher(line);
            assertThat(takeover.matches()).as(line).isTrue();
            assertThat(Long.parseLong(takeover.group(2))).as(line).isGreaterThanOrEqualTo(seqno);
            seqno = Long.parseLong(takeover.group(2));
            for (String volume : takeover.group(3).split(", ")) {
                if (!volume.isEmpty()) {
                    String[] size = volume.split("=");
                    assertThat(last.sizes().get(size[0]))
                            .as("%s, which seed %d left, grew after: %s", size[0], SEED, line)
                            .isEqualTo(Long.parseLong(size[1]));
                }
            }
        }
        assertThat(last.seqno()).isGreaterThanOrEqualTo(seqno);
        long distinct =
                history.stream().map(line -> line.split(" ")[1]).distinct().count();
        System.out.printf(
                "seed %d: %d takeovers, %d epochs, sequence number %d%n", SEED, history.size(), distinct, last.seqno());
    }

    /** What each holder found when it took over, in order. */
    private List<String> takeovers() throws IOException {
        Path history = directory.resolve(Holder.HISTORY);
        List<String> lines = Files.exists(history) ? Files.readAllLines(history) : List.of();
        assertThat(lines).as("seed %d", SEED).noneMatch(line -> line.contains("VIOLATION"));
        return lines;
    }

    /** The one that took over last, once it has begun to write. */
    private Node holder() {
        return await().atMost(TAKEOVER_LIMIT)
                .until(this::lastToTakeOver, Optional::isPresent)
                .orElseThrow();
    }

    private Optional<Node> lastToTakeOver() throws IOException {
        List<String> all = takeovers();
        if (all.isEmpty()) {
            return Optional.empty();
        }
        String[] last = all.get(all.size() - 1).split(" ");
        return Optional.of(nodes.get(Integer.parseInt(last[3]))).filter(node -> node.said.contains("epoch " + last[1]));
    }

    /** Nor anything else that is ours: each has the directory in its environment, from its node or its keeper. */
    private void awaitNoKeeper() {
        await().atMost(TAKEOVER_LIMIT).until(() -> {
            try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
                return processes.noneMatch(this::isOurs);
            }
        });
    }

    private boolean isOurs(Path process) {
        try {
            return process.getFileName().toString().matches("\\d+")
                    && Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1)
                            .contains(directory.toString());
        } catch (IOException ended) {
            return false;
        }
    }

    private static void signal(String signal, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", signal, String.valueOf(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** One holder's process. */
    private final class Node {
        private final int host;
        private final Process process;
        private final List<String> said = new CopyOnWriteArrayList<>();

        Node(int host, Duration beatLimit) throws IOException {
            this.host = host;
            ProcessBuilder builder = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-Xmx64m",
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-Dbasedir=" + System.getProperty("basedir", ""),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Holder.class.getName(),
                            directory.toString(),
                            String.valueOf(host),
                            String.valueOf(beatLimit.toMillis()))
                    .redirectError(ProcessBuilder.Redirect.appendTo(new File(directory.toFile(), "errors-" + host)));
            builder.environment().put("LEASE_FAULT_TEST", directory.toString());
            process = builder.start();
            Thread reader = new Thread(this::read);
            reader.setDaemon(true);
            reader.start();
        }

        private void read() {
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                output.lines().forEach(said::add);
            } catch (IOException | java.io.UncheckedIOException ended) {
                said.add("ended");
            }
        }

        /** It has said that its last tenure is over. */
        boolean hasLost() {
            String last = said.stream()
                    .filter(line -> line.startsWith("epoch ") || line.startsWith("over "))
                    .reduce("", (earlier, later) -> later);
            return last.startsWith("over ");
        }

        List<Long> keepers() {
            List<Long> pids = new ArrayList<>();
            for (String line : said) {
                if (line.startsWith("keeper ")) {
                    pids.add(Long.parseLong(line.substring("keeper ".length())));
                }
            }
            return pids;
        }

        Optional<ProcessHandle> keeper() {
            List<Long> pids = keepers();
            return pids.isEmpty() ? Optional.empty() : ProcessHandle.of(pids.get(pids.size() - 1));
        }

        Optional<ProcessHandle> waiter() {
            return keeper().flatMap(keeper -> keeper.children().findAny());
        }

        Path slow() {
            return directory.resolve(Holder.SLOW + host);
        }

        String commandWords() {
            return waiter().flatMap(waiter -> waiter.children().findAny())
                    .flatMap(command -> command.info().commandLine())
                    .orElse("");
        }

        void kill() {
            process.toHandle().destroyForcibly();
            process.onExit().join();
        }
    }
}
