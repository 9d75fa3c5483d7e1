package io.headroom.bench;

import io.headroom.model.Bytes;
import io.headroom.rig.Exhaustion;
import io.headroom.rig.Rig;
import io.headroom.rig.Watch;
import io.headroom.spm.Order;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Every guest is paused for want of space; a LUN comes: until the last of them runs. */
final class Exhausted implements Bench.Measurement {
    private static final int HOSTS = 3;
    private static final int SIMULATED_HOSTS = 50;
    private static final int SIMULATED_DISKS = 20;
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Duration WATCHED = Duration.ofSeconds(60);

    @Override
    public void measure(Path directory, boolean brief, Figures figures) throws Exception {
        int runs = brief ? 1 : 3;
        for (int guests : brief ? new int[] {1} : new int[] {1, 20}) {
            List<Duration> took = new ArrayList<>();
            for (int run = 1; run <= runs; run++) {
                took.add(real(directory.resolve("real"), guests));
                Bench.say("exhaust: " + guests + " real guests, run " + run + ": "
                        + took.get(run - 1).toMillis() + " ms");
            }
            figures.times("exhaust.real." + guests, "LUN added to last of " + guests + " running", took, "");
        }
        simulated(
                directory.resolve("simulated"),
                brief ? 2 : SIMULATED_HOSTS,
                brief ? Duration.ofSeconds(1) : WATCHED,
                figures);
        figures.note("Real: QEMU guests of three node processes, looked at every 100 ms over HTTP.");
        figures.note(
                "A look is one command with LVM, and a change one or more. The mailbox and the pool log are read whether"
                        + " somebody waits or not.");
        figures.note(
                "Simulated: the hosts and the SPM as a node runs them, in this process; only the QEMUs are fakes.");
    }

    private static Duration real(Path directory, int guests) throws Exception {
        Exhaustion exhaustion =
                Exhaustion.create(directory, Path.of("node-app/target/dist"), Math.min(HOSTS, guests), guests);
        try (Rig rig = exhaustion.rig()) {
            exhaustion.startNodes();
            exhaustion.startGuests(Bytes.mebi(1));
            exhaustion.untilAllAreStarved();
            long began = System.nanoTime();
            rig.node(1).api().order("/api/v1/luns", "{\"device\": \"lun-1\", \"size\": \"4G\"}");
            exhaustion.until("every guest runs", guests, vm -> vm.pause().equals("none"));
            return Duration.ofNanos(System.nanoTime() - began);
        }
    }

    private static void simulated(Path directory, int hosts, Duration watched, Figures figures) throws Exception {
        int disks = hosts * SIMULATED_DISKS;
        Bench.say("exhaust: creating a full pool of " + disks + " volumes");
        try (BenchPool pool = BenchPool.createFull(directory, hosts, disks);
                Scene scene = new Scene(pool, Rhythm.DEFAULT, hosts, SIMULATED_DISKS)) {
            scene.bells(true);
            for (BenchHost host : scene.hosts()) {
                host.awaitGuarded();
            }
            scene.hosts().forEach(BenchHost::exhaust);
            Watch.until("every request waits", LIMIT, () -> waiting(scene) == disks);
            whileTheyWait(pool, disks, watched, figures);
            long began = System.nanoTime();
            scene.carry(new Order.AddLun("lun-1", Bytes.gibi(1_000), false))
                    .toCompletableFuture()
                    .join();
            Watch.until("every guest runs", LIMIT, () -> stopped(scene) == 0);
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            figures.times(
                    "exhaust.simulated." + disks, "LUN added to last of " + disks + " running", List.of(took), "");
        }
    }

    private static void whileTheyWait(BenchPool pool, int disks, Duration watched, Figures figures) {
        SpmWork.Done workBefore = pool.work();
        long before = processor();
        Watch.pause(watched);
        double share = 100.0 * (processor() - before) / watched.toNanos();
        SpmWork.Done work = pool.work().since(workBefore);
        double minutes = watched.toMillis() / 60_000.0;
        String who = disks + " wait: ";
        figures.figure("exhaust.waiting.percent", who + "of one processor, hosts and SPM, percent", share, "");
        figures.figure(
                "exhaust.waiting.looks_per_minute", who + "looks at the pool, a minute", work.looks() / minutes, "");
        figures.figure("exhaust.waiting.changes_per_minute", who + "changes, a minute", work.changes() / minutes, "");
        figures.figure(
                "exhaust.waiting.reads_per_minute", who + "the SPM's reads, a minute", work.reads() / minutes, "");
        figures.figure("exhaust.waiting.writes_per_minute", who + "its writes, a minute", work.writes() / minutes, "");
    }

    private static int waiting(Scene scene) {
        return scene.pool().toCompletableFuture().join().waiting().size();
    }

    private static long stopped(Scene scene) {
        return scene.hosts().stream().mapToLong(BenchHost::stopped).sum();
    }

    private static long processor() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
