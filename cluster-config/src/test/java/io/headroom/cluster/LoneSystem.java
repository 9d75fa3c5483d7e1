package io.headroom.cluster;

import com.typesafe.config.ConfigFactory;
import io.headroom.model.HostId;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A process with nothing but a cluster system, which tells how many members it sees up until it has ended. */
final class LoneSystem {
    private LoneSystem() {}

    /** @param arguments host, port, the port of the node to join (its own: it forms the cluster), the lease's file */
    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[1]);
        Executor blocking = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work);
            thread.setDaemon(true);
            return thread;
        });
        ClusterSystem<String> cluster = new ClusterSystem<>(
                settings(arguments[0], port),
                ConfigFactory.empty(),
                new SpmRole<>(
                        Blocks.POOL,
                        bell -> Behaviors.receiveMessage(
                                message -> message.equals("stop") ? Behaviors.stopped() : Behaviors.same()),
                        "stop",
                        HostId::toString),
                new LocalHost(() -> {}, CompletableFuture::new, question -> new CompletableFuture<>()),
                Optional.of(new MajorityLease.Means(
                        new FlockFile(Path.of(arguments[3]), "host " + arguments[0]),
                        Keepers.settings(Keepers.PATIENT),
                        blocking)));
        if (arguments[2].equals(arguments[1])) {
            cluster.form();
        } else {
            cluster.join(List.of("127.0.0.1:" + arguments[2]));
        }
        int told = -1;
        CompletableFuture<?> ended = cluster.whenEnded().toCompletableFuture();
        while (!ended.isDone()) {
            int up = cluster.byAge().size();
            if (up != told) {
                say("up " + up);
                told = up;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        say("ended");
        System.exit(0);
    }

    /**
     * A busy machine must not look like a partition, for then the wrong one would ask for the lease; and who was frozen
     * has the time to find it taken.
     */
    private static NodeSettings settings(String host, int port) {
        return NodeSettings.of(ConfigFactory.parseString("""
                headroom { host-id = %s, pool.directory = /pool, cluster.port = %d }
                pekko.cluster.failure-detector.acceptable-heartbeat-pause = 20s
                pekko.cluster.split-brain-resolver.lease-majority.release-after = 10m
                """.formatted(host, port)));
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
