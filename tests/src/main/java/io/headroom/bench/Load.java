package io.headroom.bench;

import io.headroom.model.HostId;
import io.headroom.node.file.PoolFiles;
import io.headroom.rig.Rig;
import io.headroom.rig.Watch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.stream.LongStream;

/** Hosts that ask for space all the time, one request after the other, over the storage alone. */
final class Load implements AutoCloseable {
    private static final int HOSTS = 3;
    /** Above the numbers of the rig's nodes. */
    private static final int FIRST = 11;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final LocalSystem system = LocalSystem.start("load", BenchPool.lastingSystem());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<BenchHost> hosts = new ArrayList<>();
    private final Queue<TimedMail.Answered> answered = new ConcurrentLinkedQueue<>();
    private volatile Exception failure;
    private volatile boolean over;

    /** On the rig's volumes; one host for each. */
    Load(PoolFiles files) throws IOException {
        for (int number = 0; number < HOSTS; number++) {
            BenchHost host = new BenchHost(
                    system.actors(),
                    files,
                    threads,
                    new BenchHost.Plan(new HostId(FIRST + number), "", List.of(Rig.volume(number + 1)), Rhythm.DEFAULT),
                    spm -> {});
            hosts.add(host);
            threads.execute(() -> ask(host));
        }
    }

    private void ask(BenchHost host) {
        try {
            while (!over) {
                answered.add(host.round());
            }
        } catch (TimeoutException | InterruptedException failed) {
            if (!over) {
                failure = failed;
            }
        }
    }

    /** From the last reply of an earlier epoch to the first of this one, as the hosts read them. */
    Duration silenceBefore(long epoch) throws Exception {
        Watch.until(
                "a request is answered in epoch " + epoch,
                LIMIT,
                () -> failure != null || answered.stream().anyMatch(one -> epochOf(one) >= epoch));
        if (failure != null) {
            throw failure;
        }
        long last = answered.stream()
                .filter(one -> epochOf(one) < epoch)
                .mapToLong(TimedMail.Answered::at)
                .max()
                .orElseThrow(() -> new IllegalStateException("nothing was answered before epoch " + epoch));
        long next = answered.stream()
                .filter(one -> epochOf(one) >= epoch)
                .mapToLong(TimedMail.Answered::at)
                .min()
                .orElseThrow();
        return Duration.ofNanos(next - last);
    }

    /**
     * The longest time without a reply, as the hosts read them.
     *
     * @param began by {@link System#nanoTime}
     */
    Duration longestSilenceSince(long began) throws Exception {
        if (failure != null) {
            throw failure;
        }
        long longest = 0;
        long last = began;
        for (long at : LongStream.concat(
                        answered.stream().mapToLong(TimedMail.Answered::at), LongStream.of(System.nanoTime()))
                .filter(moment -> moment >= began)
                .sorted()
                .toArray()) {
            longest = Math.max(longest, at - last);
            last = at;
        }
        return Duration.ofNanos(longest);
    }

    private static long epochOf(TimedMail.Answered one) {
        return one.reply().epoch().value();
    }

    @Override
    public void close() throws IOException {
        over = true;
        system.close();
        threads.shutdownNow();
        for (BenchHost host : hosts) {
            host.close();
        }
    }
}
