package io.headroom.cluster;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.VolumeId;
import io.headroom.port.PoolLease.Acquisition;
import io.headroom.port.Tenure;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process that does with the lease what a node's SPM does: takes it, writes its epoch into the volume group, makes a
 * volume of that epoch and enlarges it for as long as it may. It tells what happens on its output, and in the history
 * that all holders share what it found when it took over.
 */
final class Holder {
    static final String HISTORY = "history";
    /** While a file of this name and the host's number is there, each command waits before it writes. */
    static final String SLOW = "slow-";

    /**
     * While it is there, keeper and waiter were killed in one moment, and the lease may be free before the command is
     * gone: as a node does, a successor waits.
     */
    static final String BOTH_KILLED = "both-killed";

    /** What such a command does before it becomes what it is; it has no child that could be missed. */
    static final String WAITING = "import os, sys, time; time.sleep(5); os.execvp(sys.argv[1], sys.argv[1:])";

    private static final long POLL_MILLIS = 20;

    private final Path directory;
    private final int host;
    private final KeptLease lease;
    private Runner runner;

    private Holder(Path directory, int host, Duration beatLimit) {
        this.directory = directory;
        this.host = host;
        FlockFile tool = new FlockFile(directory.resolve("lease"), "host " + host);
        this.lease = new KeptLease(
                tool,
                Keepers.settings(beatLimit),
                keeper -> {
                    runner = keeper;
                    return new Group();
                },
                Executors.newCachedThreadPool(work -> {
                    Thread thread = new Thread(work);
                    thread.setDaemon(true);
                    return thread;
                }));
    }

    /** @param arguments the group's directory, the host's number, the beat limit in milliseconds */
    public static void main(String[] arguments) throws Exception {
        Holder holder = new Holder(
                Path.of(arguments[0]), Integer.parseInt(arguments[1]), Duration.ofMillis(Long.parseLong(arguments[2])));
        while (true) {
            Acquisition acquisition =
                    holder.lease.acquire().toCompletableFuture().join();
            if (acquisition instanceof Acquisition.Taken taken) {
                try {
                    holder.serve(taken.tenure());
                } catch (CompletionException over) {
                    say("over " + over.getMessage().replace('\n', ' '));
                }
                taken.tenure().release().toCompletableFuture().join();
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private void serve(Tenure tenure) throws IOException, InterruptedException {
        say("keeper " + ((Keeper) runner).pid());
        List<String> leftovers = commandsUnderWay();
        while (!leftovers.isEmpty() && Files.exists(directory.resolve(BOTH_KILLED))) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            leftovers = commandsUnderWay();
        }
        if (!leftovers.isEmpty()) {
            record("VIOLATION host " + host + " took over while these still run: " + leftovers);
        }
        ScratchVolumeGroup.Look found = ScratchVolumeGroup.Look.at(runner, environment());
        Epoch epoch = new Epoch(1 + epochOf(found.tag()));
        record("epoch " + epoch + " host " + host + " seqno " + found.seqno() + " " + found.sizes());
        tenure.tag(epoch).toCompletableFuture().join();
        change(tenure, new Change.Create("epoch_" + epoch, Bytes.ZERO, Bytes.ZERO));
        say("epoch " + epoch);
        for (long size = 2; ; size++) {
            change(tenure, new Change.Extend(new VolumeId("epoch_" + epoch), Bytes.of(size)));
        }
    }

    /** What is unknown is asked again, and sizes are absolute. */
    private static void change(Tenure tenure, Change change) {
        while (true) {
            try {
                tenure.change(change).toCompletableFuture().join();
                return;
            } catch (CompletionException failed) {
                if (failed.getMessage().contains("tenure is over")
                        || tenure.lost().toCompletableFuture().isDone()) {
                    throw failed;
                }
                say("again " + failed.getMessage().replace('\n', ' '));
            }
        }
    }

    private static long epochOf(String tag) {
        return tag.isEmpty() ? 0 : Long.parseLong(tag.replace("epoch_", ""));
    }

    private Map<String, String> environment() {
        return ScratchVolumeGroup.environment(directory, host);
    }

    /** Commands on this group, of whichever host. */
    private List<String> commandsUnderWay() throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes.toList()) {
                try {
                    if (process.getFileName().toString().matches("\\d+")
                            && Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1)
                                    .contains("LVM_SYSTEM_DIR=" + directory)) {
                        found.add(process.getFileName() + " "
                                + Files.readString(process.resolve("cmdline")).replace('\0', ' '));
                    }
                } catch (IOException ended) {
                    continue; // while we looked
                }
            }
        }
        return found;
    }

    private void record(String line) throws IOException {
        Files.writeString(
                directory.resolve(HISTORY), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private final class Group implements Metadata {
        private String tag = "";

        @Override
        public Inventory inspect() {
            throw new AssertionError("nobody inspects");
        }

        @Override
        public void tag(Epoch epoch) throws IOException {
            tag = ScratchVolumeGroup.Look.at(runner, environment()).tag();
            List<String> argv = new ArrayList<>(List.of("vgchange", "--addtag", "epoch_" + epoch));
            if (!tag.isEmpty()) {
                argv.addAll(List.of("--deltag", tag));
            }
            argv.add(ScratchVolumeGroup.NAME);
            write(argv, "");
        }

        @Override
        public Outcome change(Change change) throws IOException {
            if (change instanceof Change.Create create) {
                write(
                        List.of(
                                "lvcreate",
                                "-an",
                                "-Zn",
                                "-Wn",
                                "-l",
                                "1",
                                "-n",
                                create.name(),
                                ScratchVolumeGroup.NAME),
                        "already exists");
            } else if (change instanceof Change.Extend extend) {
                String volume = ScratchVolumeGroup.NAME + "/" + extend.volume().value();
                write(
                        List.of("lvextend", "-l", String.valueOf(extend.size().value()), volume),
                        "matches existing size");
            } else {
                throw new AssertionError("unhandled " + change);
            }
            return new Outcome.Done();
        }

        private void write(List<String> words, String done) throws IOException {
            List<String> argv = new ArrayList<>();
            if (Files.exists(directory.resolve(SLOW + host))) {
                argv.addAll(List.of("/usr/bin/python3", "-IS", "-c", WAITING));
            }
            argv.add("lvm");
            argv.addAll(words);
            Runner.Ended ended = runner.run(argv, environment(), ScratchVolumeGroup.LIMIT);
            if (ended.status() != 0 && (done.isEmpty() || !ended.errors().contains(done))) {
                record("VIOLATION host " + host + ": " + argv + " ended with " + ended.status() + ": "
                        + ended.errors().replace('\n', ' '));
                throw new UncheckedIOException(new IOException(ended.errors()));
            }
        }
    }
}
