package io.headroom.node.http;

import static java.util.concurrent.TimeUnit.SECONDS;

import com.typesafe.config.ConfigFactory;
import io.headroom.port.Clock;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A real HTTP server over {@link KnownFacts}, {@link KnownOrders} and {@link KnownDevices}. */
public final class ServedFacts implements AutoCloseable {
    public final KnownFacts facts = new KnownFacts();
    public final KnownOrders orders = new KnownOrders();
    public final KnownDevices devices = new KnownDevices();

    private final ActorSystem<Void> system = ActorSystem.create(
            Behaviors.empty(),
            "host",
            ConfigFactory.parseResources("host-system.conf").withFallback(ConfigFactory.defaultReference()));
    private final HttpServer server = bind(0);

    public String url() {
        return "http://127.0.0.1:" + server.port();
    }

    HttpServer bind(int port) {
        return HttpServer.bind(system, "127.0.0.1", port, facts, orders, devices, Clock.system())
                .toCompletableFuture()
                .orTimeout(20, SECONDS)
                .join();
    }

    @Override
    public void close() {
        server.stop().toCompletableFuture().orTimeout(20, SECONDS).join();
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().orTimeout(20, SECONDS).join();
    }
}
