package io.headroom.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * From the moment a host gives a request to the storage until it has read the grant, the extension of a volume of the
 * file back end included. Each request comes at a random time, so that nobody's rhythm favours it.
 */
final class Mailbox implements Bench.Measurement {
    private static final int HOSTS = 16;
    private static final int WARM_UP = 50;

    @Override
    public void measure(Path directory, boolean brief, Figures figures) throws Exception {
        Bench.say("mailbox: creating a pool");
        try (BenchPool pool = BenchPool.create(directory, HOSTS, HOSTS)) {
            int rounds = brief ? 20 : 300;
            Bench.say("mailbox: " + rounds + " rounds through a cluster of two nodes");
            try (TwoNodes nodes = new TwoNodes(pool)) {
                rounds(nodes.remote(), brief ? 5 : WARM_UP, Duration.ofMillis(30));
                figures.times(
                        "mailbox.bell",
                        "every bell, over the cluster",
                        rounds(nodes.remote(), rounds, Duration.ofMillis(30)),
                        "518 with events; aim < 5");
            }
            figures.times(
                    "mailbox.storage_bell",
                    "bell block, no network",
                    alone(pool, Rhythm.DEFAULT, brief ? 20 : 200),
                    "518 with events; aim < 150");
            figures.times(
                    "mailbox.scan_hurrying",
                    "scan alone, waiting host looks often",
                    together(pool, Rhythm.BY_SCAN, brief ? 1 : 4),
                    "2011 without events");
            figures.times(
                    "mailbox.scan",
                    "scan alone",
                    together(pool, Rhythm.BY_SCAN_WITHOUT_HURRY, brief ? 1 : 4),
                    "2011 without events; aim < 2100");
        }
        figures.note("The cluster: two nodes in this process over TCP on the loopback, SPM on one, host on the other.");
        figures.note("The others: SPM and hosts share nothing but the mailbox's file.");
    }

    /** One host, one request after the other. */
    private static List<Duration> alone(BenchPool pool, Rhythm rhythm, int rounds) throws Exception {
        Bench.say("mailbox: " + rounds + " rounds of one host, " + rhythm);
        try (Scene scene = new Scene(pool, rhythm, 1, 1)) {
            BenchHost host = scene.hosts().get(0);
            rounds(host, rounds / 10, Duration.ofMillis(200));
            return rounds(host, rounds, Duration.ofMillis(200));
        }
    }

    /** All hosts beside each other, so that what takes seconds does not take minutes. */
    private static List<Duration> together(BenchPool pool, Rhythm rhythm, int rounds) throws Exception {
        Bench.say("mailbox: " + rounds + " rounds of " + HOSTS + " hosts, " + rhythm);
        ExecutorService threads = Executors.newFixedThreadPool(HOSTS);
        try (Scene scene = new Scene(pool, rhythm, HOSTS, 1)) {
            List<CompletableFuture<List<Duration>>> running = new ArrayList<>();
            for (BenchHost host : scene.hosts()) {
                running.add(CompletableFuture.supplyAsync(() -> unchecked(host, rounds), threads));
            }
            List<Duration> all = new ArrayList<>();
            for (CompletableFuture<List<Duration>> one : running) {
                all.addAll(one.get());
            }
            return all;
        } finally {
            threads.shutdownNow();
        }
    }

    private static List<Duration> unchecked(BenchHost host, int rounds) {
        try {
            host.round();
            return rounds(host, rounds, Duration.ofSeconds(4));
        } catch (Exception failed) {
            throw new CompletionException(failed);
        }
    }

    private static List<Duration> rounds(BenchHost host, int rounds, Duration longestPause) throws Exception {
        List<Duration> took = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            host.awaitArmed();
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(longestPause.toNanos()));
            took.add(host.round().took());
        }
        return took;
    }
}
