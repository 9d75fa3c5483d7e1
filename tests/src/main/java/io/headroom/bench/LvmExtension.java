package io.headroom.bench;

import io.headroom.cluster.FlockFile;
import io.headroom.cluster.Keeper;
import io.headroom.cluster.KeptLease;
import io.headroom.cluster.Metadata;
import io.headroom.cluster.Runner;
import io.headroom.model.Bytes;
import io.headroom.node.process.DirectRunner;
import io.headroom.port.PoolLease.Acquisition;
import io.headroom.port.Tenure;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.Volume;
import io.headroom.rig.LoopPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/**
 * One extension of one extent on a real volume group on loop devices, metadata only, beside a bare {@code lvextend} by
 * an administrator who also leaves asynchronous I/O out. The ways take turns, so that the machine favours none.
 */
final class LvmExtension implements Bench.Measurement {
    private static final List<Integer> VOLUMES = List.of(10, 100, 1_000, 2_000);
    private static final Bytes EXTENT = Bytes.mebi(1);
    private static final long LUN = 8L << 10;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Path HOME = Path.of("node-app/target/dist");

    @Override
    public void measure(Path directory, boolean brief, Figures figures) throws Exception {
        int rounds = brief ? 3 : 60;
        for (int volumes : brief ? List.of(10) : VOLUMES) {
            Bench.say("lvm: " + rounds + " rounds with " + volumes + " volumes");
            Path place = emptied(directory.resolve("lvm-" + volumes).toAbsolutePath());
            try (LoopPool pool = new LoopPool(place, List.of(LUN, LUN)).createByHand(EXTENT, "128m")) {
                LvmVolumeText.fill(pool, volumes, place);
                measure(pool, place, rounds, figures, volumes);
            }
        }
        figures.note(
                "Bare: lvextend by its name, LVM's configuration with use_aio = 0 and a filter on the same devices.");
        figures.note("One pool carries out one change at a time; a second holds as many as the command's time allows.");
    }

    private static void measure(LoopPool pool, Path place, int rounds, Figures figures, int volumes) throws Exception {
        ExecutorService blocking = Executors.newSingleThreadExecutor();
        KeptLease lease = new KeptLease(
                new FlockFile(place.resolve("lease"), "the benchmark"),
                Keeper.Settings.installed(HOME.toAbsolutePath()),
                keeper -> pool.pool().metadata(keeper, LoopPool.QEMU_IMG),
                blocking);
        Tenure tenure =
                ((Acquisition.Taken) lease.acquire().toCompletableFuture().get()).tenure();
        try {
            Ways ways = new Ways(pool, tenure);
            ways.run(Math.max(1, rounds / 10));
            ways.clear();
            ways.run(rounds);
            ways.tell(figures, volumes);
        } finally {
            tenure.release().toCompletableFuture().get();
            blocking.shutdown();
        }
    }

    private static Path emptied(Path place) throws IOException {
        if (Files.exists(place)) {
            try (Stream<Path> old = Files.walk(place)) {
                for (Path path : old.sorted((a, b) -> b.compareTo(a)).toList()) {
                    Files.delete(path);
                }
            }
        }
        return Files.createDirectories(place);
    }

    /** The ways to extend, each with volumes of its own, since one knows the sizes that it made itself. */
    private static final class Ways {
        private final LoopPool pool;
        private final Runner runner = new DirectRunner();
        private final Metadata direct;
        private final Tenure kept;
        private final Map<String, String> configuration;
        private final List<Volume> volumes;
        private final List<Duration> bare = new ArrayList<>();
        private final List<Duration> driver = new ArrayList<>();
        private final List<Duration> keeper = new ArrayList<>();
        private final List<Bytes> sizes = new ArrayList<>();

        Ways(LoopPool pool, Tenure kept) throws IOException {
            this.pool = pool;
            this.kept = kept;
            this.direct = pool.pool().metadata(runner, LoopPool.QEMU_IMG);
            this.volumes = direct.inspect().volumes();
            this.configuration =
                    Map.of("LVM_SYSTEM_DIR", pool.administrator().toString(), "LVM_SUPPRESS_FD_WARNINGS", "1");
            volumes.forEach(volume -> sizes.add(volume.size()));
        }

        void run(int rounds) throws Exception {
            for (int round = 0; round < rounds; round++) {
                bare(grown(0));
                driver(grown(1));
                keeper(grown(2));
            }
        }

        private Change.Extend grown(int volume) {
            Bytes size = sizes.get(volume).plus(EXTENT);
            sizes.set(volume, size);
            return new Change.Extend(volumes.get(volume).id(), size);
        }

        private void bare(Change.Extend extend) throws IOException {
            String name = pool.group() + "/" + volumes.get(0).name();
            List<String> argv = List.of("lvm", "lvextend", "-L", extend.size().value() + "b", name);
            long start = System.nanoTime();
            Runner.Ended ended = runner.run(argv, configuration, LIMIT);
            bare.add(Duration.ofNanos(System.nanoTime() - start));
            if (ended.status() != 0) {
                throw new IOException(ended.errors());
            }
        }

        private void driver(Change.Extend extend) throws IOException {
            long start = System.nanoTime();
            Outcome outcome = direct.change(extend);
            driver.add(Duration.ofNanos(System.nanoTime() - start));
            require(outcome);
        }

        private void keeper(Change.Extend extend) throws Exception {
            long start = System.nanoTime();
            Outcome outcome = kept.change(extend).toCompletableFuture().get();
            keeper.add(Duration.ofNanos(System.nanoTime() - start));
            require(outcome);
        }

        private static void require(Outcome outcome) throws IOException {
            if (!(outcome instanceof Outcome.Extended)) {
                throw new IOException(outcome.toString());
            }
        }

        void clear() {
            bare.clear();
            driver.clear();
            keeper.clear();
        }

        void tell(Figures figures, int count) {
            String key = "lvm." + count;
            String with = String.format(Locale.ROOT, "%,d volumes, ", count);
            double least = figures.times(key + ".bare", with + "bare lvextend", bare, "");
            figures.times(key + ".driver", with + "by the driver", driver, text(least));
            double median = figures.times(key + ".keeper", with + "under the lease", keeper, text(least));
            figures.figure(key + ".per_s", with + "extensions/s", 1_000 / median, text(1_000 / least));
        }

        private static String text(double value) {
            return String.format(Locale.ROOT, "%.1f", value);
        }
    }
}
