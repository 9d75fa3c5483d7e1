package io.headroom.bench;

import io.headroom.guest.GuestImage;
import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.node.api.Answer;
import io.headroom.node.file.FileMetadata;
import io.headroom.node.file.PoolFiles;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure;
import io.headroom.rig.Rig;
import io.headroom.rig.Watch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * From QEMU's event to the re-armed threshold, end to end: three nodes, each with a QEMU whose guest writes steadily,
 * and what the audit says of every extension. Beside it, while all that runs, the parts by themselves: the catalogue's
 * extension, QEMU's reopen of the grown node, and its threshold.
 */
final class Rearm implements Bench.Measurement {
    private static final int NODES = 3;
    private static final Bytes RATE = Bytes.mebi(2);
    private static final Bytes CHUNK = Bytes.mebi(4);
    private static final Duration LEDGER_LIMIT = Duration.ofSeconds(60);
    private static final Duration BETWEEN_PARTS = Duration.ofMillis(100);
    private static final int MOST_LINES = 10_000;

    /** What each guest's first extensions take says more of the warming JVMs. */
    private static final int WARM_UP = 5;

    @Override
    public void measure(Path directory, boolean brief, Figures figures) throws Exception {
        Bench.say("rearm: starting " + NODES + " nodes and guests");
        Rig.Plan plan = new Rig.Plan(
                directory.resolve("rig"),
                Path.of("node-app/target/dist"),
                NODES,
                Bytes.gibi(100),
                Bytes.gibi(100),
                CHUNK.times(4),
                List.of(
                        "growth.smallest-chunk = " + CHUNK.value(),
                        "growth.largest-chunk = " + CHUNK.value(),
                        "growth.takeover = 1s"));
        try (LiveRig live = LiveRig.start(plan)) {
            for (int host = 1; host <= NODES; host++) {
                live.rig().startGuest(host, steadily(host));
            }
            Duration time = Duration.ofSeconds(brief ? 30 : 80);
            Watch.pause(time, left -> Bench.say("rearm: the guests write for another " + left.toSeconds() + " s"));
            double parts = parts(directory.resolve("parts"), brief ? 10 : 50, figures);
            double whole = steps(live, figures);
            figures.figure("rearm.file.over_parts", "event to re-armed, times its parts", whole / parts, "");
        }
        figures.note("Three nodes, three guests at " + RATE + "/s, chunks of " + CHUNK + "; the parts on a pool and a"
                + " guest of their own, meanwhile.");
    }

    private static GuestImage steadily(int vm) {
        return GuestImage.writing(vm, Bytes.gibi(99)).perSecond(RATE);
    }

    /** @return the median of the whole, in milliseconds */
    private static double steps(LiveRig live, Figures figures) throws Exception {
        Watch.until(
                "the ledger has caught up",
                LEDGER_LIMIT,
                () -> live.pool()
                        .filter(pool -> pool.logged().equals(pool.journaled()))
                        .isPresent());
        List<Answer.Line> lines = live
                .audit(MOST_LINES, line -> line.armedMillis() != null && line.toBytes() != null)
                .collect(Collectors.groupingBy(Answer.Line::vm))
                .values()
                .stream()
                .flatMap(ofVm -> ofVm.stream().limit(Math.max(1, ofVm.size() - WARM_UP)))
                .toList();
        Function<Answer.Line, Double> total =
                line -> line.postedMillis() + line.answeredMillis() + line.refreshedMillis() + line.armedMillis();
        double whole = step(lines, "rearm.file", "event to re-armed", total, figures);
        step(lines, "rearm.posted", "  event to posted", Answer.Line::postedMillis, figures);
        step(lines, "rearm.answered", "  posted to answered", Answer.Line::answeredMillis, figures);
        step(lines, "rearm.queued", "    of which at the SPM before its turn", Answer.Line::queuedMillis, figures);
        step(lines, "rearm.extended", "    of which the extension itself", Answer.Line::extendedMillis, figures);
        step(lines, "rearm.refreshed", "  answered to refreshed", Answer.Line::refreshedMillis, figures);
        step(lines, "rearm.armed", "  refreshed to re-armed", Answer.Line::armedMillis, figures);
        return whole;
    }

    private static double step(
            List<Answer.Line> lines, String key, String what, Function<Answer.Line, Double> millis, Figures figures) {
        List<Duration> took = lines.stream()
                .map(line -> Duration.ofNanos(Math.round(millis.apply(line) * 1e6)))
                .toList();
        return figures.times(key, what, took, "");
    }

    /** @return the median of their sum, in milliseconds */
    private static double parts(Path directory, int rounds, Figures figures) throws Exception {
        Bench.say("rearm: the parts by themselves");
        try (BenchPool pool = BenchPool.create(directory, 1, 1)) {
            PoolFiles files = pool.files();
            FileMetadata metadata = FileMetadata.open(files, new QemuImg(Duration.ofSeconds(30)));
            Tenure.Volume volume = metadata.inspect().volumes().get(0);
            Bytes size = Bytes.gibi(1);
            metadata.change(new Tenure.Change.Extend(volume.id(), size));
            Path sockets = Files.createTempDirectory("headroom-");
            GuestVm.Disk disk = new GuestVm.Disk(files.image(volume.name()), size);
            GuestVm.Plan plan = new GuestVm.Plan(
                    new VmName("parts"), sockets, sockets.resolve("parts.sock"), List.of(disk), steadily(9), false);
            try (GuestVm guest = GuestVm.start(plan);
                    BareMonitor monitor = new BareMonitor(guest.monitor())) {
                return parts(metadata, volume.id(), size, monitor, rounds, figures);
            } finally {
                Rig.remove(sockets);
            }
        }
    }

    private static double parts(
            FileMetadata metadata, VolumeId volume, Bytes first, BareMonitor monitor, int rounds, Figures figures)
            throws IOException {
        List<Duration> extended = new ArrayList<>();
        List<Duration> reopened = new ArrayList<>();
        List<Duration> armed = new ArrayList<>();
        List<Duration> sums = new ArrayList<>();
        Bytes size = first;
        for (int round = -WARM_UP; round < rounds; round++) {
            Watch.pause(BETWEEN_PARTS);
            size = size.plus(CHUNK);
            long began = System.nanoTime();
            metadata.change(new Tenure.Change.Extend(volume, size));
            long grown = System.nanoTime();
            monitor.reopen("disk0-storage", "disk0-file", size);
            long told = System.nanoTime();
            monitor.setThreshold("disk0-storage", size.minus(CHUNK));
            long ended = System.nanoTime();
            if (round >= 0) {
                extended.add(Duration.ofNanos(grown - began));
                reopened.add(Duration.ofNanos(told - grown));
                armed.add(Duration.ofNanos(ended - told));
                sums.add(Duration.ofNanos(ended - began));
            }
        }
        figures.times("rearm.parts.extension", "bare: catalogue extension", extended, "");
        figures.times("rearm.parts.reopen", "bare: blockdev-reopen", reopened, "");
        figures.times("rearm.parts.threshold", "bare: block-set-write-threshold", armed, "");
        return figures.times("rearm.parts.sum", "bare: the three together", sums, "");
    }
}
