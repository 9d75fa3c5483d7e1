package io.headroom.bench;

import io.headroom.mailbox.Header;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Slot;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.port.HeaderStore;
import io.headroom.port.HostMail;
import io.headroom.rig.Watch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * What an SPM takes that has nothing to do: a process of its own, with the default rhythm, and a mailbox full of hosts
 * that give their signs of life and want nothing. Beside it the same process without an SPM.
 */
final class Idle implements Bench.Measurement {
    private static final Duration LIFE = Duration.ofSeconds(10);

    @Override
    public void measure(Path directory, boolean brief, Figures figures) throws Exception {
        // At so few events a second the compiler is busy for a minute.
        Duration warmUp = Duration.ofSeconds(brief ? 2 : 90);
        Duration time = Duration.ofSeconds(brief ? 5 : 60);
        double empty;
        Bench.say("idle: an empty actor system, warm-up of " + warmUp.toSeconds() + " s");
        try (IdleProcess process = IdleProcess.empty()) {
            empty = percent(process, warmUp, time);
        }
        figures.figure("idle.empty.percent", "empty actor system, % of a core", empty, "");
        hosts(directory, 250, "0.8", empty, warmUp, time, figures);
        hosts(directory, Limits.HOSTS, "2.1", empty, warmUp, time, figures);
        figures.note("Processor time of the SPM's process over " + time.toSeconds() + " s after " + warmUp.toSeconds()
                + " s to warm up; every host rewrites its block every " + LIFE.toSeconds() + " s, from another"
                + " process.");
    }

    private static void hosts(
            Path directory, int hosts, String toBeat, double empty, Duration warmUp, Duration time, Figures figures)
            throws Exception {
        Bench.say("idle: an SPM with " + hosts + " hosts");
        double busy;
        try (BenchPool pool = BenchPool.create(directory.resolve("hosts" + hosts), hosts, 1);
                IdleProcess spm = IdleProcess.spm(pool.files().directory());
                SignsOfLife signs = new SignsOfLife(pool, hosts)) {
            signs.begin();
            busy = percent(spm, warmUp, time);
        }
        String key = "idle.hosts_" + hosts;
        figures.figure(key + ".percent", "SPM with " + hosts + " hosts, % of a core", busy, toBeat);
        figures.figure(key + ".over_empty_percent", "  of which over the empty actor system", busy - empty, "");
    }

    /** Percent of one core. */
    private static double percent(IdleProcess process, Duration warmUp, Duration time) {
        Watch.pause(warmUp);
        Duration before = process.processorTime();
        long began = System.nanoTime();
        Watch.pause(time, left -> Bench.say("idle: " + left.toSeconds() + " s left"));
        Duration used = process.processorTime().minus(before);
        return 100.0 * used.toNanos() / (System.nanoTime() - began);
    }

    /** Every host's sign of life at its time, evenly spread. */
    private static final class SignsOfLife implements AutoCloseable {
        private final BenchPool pool;
        private final HeaderStore headers;
        private final List<HostMail> mails = new ArrayList<>();
        private CompletableFuture<Void> writing = CompletableFuture.completedFuture(null);
        private long sequence;
        private volatile boolean over;

        SignsOfLife(BenchPool pool, int hosts) {
            this.pool = pool;
            this.headers = pool.area().headerStore();
            for (int host = 1; host <= hosts; host++) {
                mails.add(pool.area().hostMail(new HostId(host)));
            }
        }

        void begin() {
            Bench.say("idle: every host writes its first sign of life");
            everyHost(Duration.ZERO);
            writing = CompletableFuture.runAsync(this::write, pool.blocking());
        }

        private void write() {
            while (!over) {
                everyHost(LIFE);
            }
        }

        private void everyHost(Duration within) {
            sequence++;
            Epoch epoch = headers.read()
                    .toCompletableFuture()
                    .join()
                    .header()
                    .map(Header::epoch)
                    .orElseThrow();
            long began = System.nanoTime();
            for (int host = 0; host < mails.size() && !over; host++) {
                mails.get(host)
                        .post(block(host + 1, epoch))
                        .toCompletableFuture()
                        .join();
                LockSupport.parkNanos(began + within.toNanos() * (host + 1) / mails.size() - System.nanoTime());
            }
        }

        private OutgoingBlock block(int host, Epoch epoch) {
            return new OutgoingBlock(
                    pool.id(),
                    new HostId(host),
                    0,
                    1,
                    new Incarnation(1, host),
                    sequence,
                    epoch,
                    "10.0.0.1:7481",
                    Collections.nCopies(Limits.SLOTS_PER_BLOCK, Slot.FREE));
        }

        /** @throws java.util.concurrent.CompletionException where a sign could not be written */
        @Override
        public void close() {
            over = true;
            writing.join();
        }
    }
}
