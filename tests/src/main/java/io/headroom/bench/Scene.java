package io.headroom.bench;

import io.headroom.model.HostId;
import io.headroom.port.Bell;
import io.headroom.rig.Watch;
import io.headroom.spm.Order;
import io.headroom.spm.SpmActor;
import io.headroom.spm.SpmReport;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/**
 * One SPM and some hosts in one process without a cluster. They share nothing but the storage, except where messages
 * between actors stand for the cluster's.
 */
final class Scene implements AutoCloseable {
    private static final HostId SPM = new HostId(1);
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final LocalSystem system;
    private final List<BenchHost> hosts = new CopyOnWriteArrayList<>();
    private final ActorRef<SpmActor.Command> spm;
    private volatile boolean bells;

    Scene(BenchPool pool, Rhythm rhythm, int hostCount, int volumesPerHost) throws IOException {
        system = LocalSystem.start("bench", pool.system());
        Bell toHost = host -> {
            if (bells) {
                hosts.get(host.value() - 1).rung();
            }
        };
        spm = system.actors().systemActorOf(pool.spm(SPM, "", pool.lease(SPM), rhythm, toHost), "spm", Props.empty());
        Bell toSpm = host -> {
            if (bells) {
                spm.tell(new SpmActor.Rung(host));
            }
        };
        for (int host = 1; host <= hostCount; host++) {
            // Hosts that start together look together for ever, at one distance from the SPM's scans.
            Watch.pause(rhythm.scan().dividedBy(hostCount));
            int first = (host - 1) * volumesPerHost + 1;
            List<String> volumes = IntStream.range(first, first + volumesPerHost)
                    .mapToObj(BenchPool::volume)
                    .toList();
            hosts.add(new BenchHost(
                    system.actors(),
                    pool.files(),
                    pool.blocking(),
                    new BenchHost.Plan(new HostId(host), "", volumes, rhythm),
                    toSpm));
        }
    }

    List<BenchHost> hosts() {
        return hosts;
    }

    CompletionStage<SpmReport> pool() {
        return AskPattern.ask(
                spm, SpmActor.Describe::new, LIMIT, system.actors().scheduler());
    }

    CompletionStage<Order.Answer> carry(Order order) {
        return AskPattern.ask(
                spm,
                replyTo -> new SpmActor.Carry(order, "bench", false, replyTo),
                LIMIT,
                system.actors().scheduler());
    }

    /** Whether SPM and hosts ring each other as over a network; they begin without. */
    void bells(boolean on) {
        bells = on;
    }

    @Override
    public void close() throws IOException {
        system.close();
        for (BenchHost host : hosts) {
            host.close();
        }
    }
}
