package io.headroom.bench;

import io.headroom.rig.Watch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Every disk of every host asks at the same moment; each has a volume of its own. */
final class Throughput implements Bench.Measurement {
    private static final int HOSTS = 32;
    private static final int VOLUMES = 63;
    /** The slots of the wave before are closed meanwhile. */
    private static final Duration SETTLING = Duration.ofSeconds(1);

    @Override
    public void measure(Path directory, boolean brief, Figures figures) throws Exception {
        int volumes = brief ? 4 : VOLUMES;
        int waves = brief ? 1 : 3;
        Bench.say("throughput: creating a pool of " + HOSTS * volumes + " volumes");
        try (BenchPool pool = BenchPool.create(directory, HOSTS, HOSTS * volumes);
                Scene scene = new Scene(pool, Rhythm.DEFAULT, HOSTS, volumes)) {
            wave(scene, volumes);
            measure(scene, volumes, waves, "throughput.storage_bell", "bell block", figures);
            scene.bells(true);
            wave(scene, volumes);
            measure(scene, volumes, waves, "throughput.bell", "network bell", figures);
        }
        figures.note(HOSTS + " hosts with " + volumes + " requests each, all at once, until the last host has read the"
                + " last reply.");
        figures.note("All hosts and the SPM share this process; messages between actors stand for the network bell.");
    }

    private static void measure(Scene scene, int volumes, int waves, String key, String what, Figures figures)
            throws Exception {
        List<Duration> replies = new ArrayList<>();
        double best = 0;
        double sum = 0;
        for (int wave = 1; wave <= waves; wave++) {
            long began = System.nanoTime();
            List<TimedMail.Answered> answered = wave(scene, volumes);
            long last =
                    answered.stream().mapToLong(TimedMail.Answered::at).max().orElseThrow();
            double perSecond = answered.size() / ((last - began) / 1e9);
            Bench.say("throughput: " + what + ", wave " + wave + ": " + Math.round(perSecond) + " replies a second");
            best = Math.max(best, perSecond);
            sum += perSecond;
            answered.forEach(reply -> replies.add(reply.took()));
        }
        figures.figure(key + ".per_s", what + ", replies/s, mean of " + waves, sum / waves, "200");
        figures.figure(key + ".best_per_s", what + ", replies/s, best", best, "200");
        figures.times(key + ".reply", what + ", post to reply", replies, "");
    }

    private static List<TimedMail.Answered> wave(Scene scene, int volumes) throws Exception {
        for (BenchHost host : scene.hosts()) {
            host.awaitArmed();
        }
        Watch.pause(SETTLING);
        scene.hosts().forEach(BenchHost::write);
        List<TimedMail.Answered> answered = new ArrayList<>();
        for (BenchHost host : scene.hosts()) {
            for (int volume = 0; volume < volumes; volume++) {
                answered.add(host.nextGrant());
            }
        }
        return answered;
    }
}
