package io.headroom.node.http;

import static java.util.concurrent.TimeUnit.SECONDS;

import com.typesafe.config.ConfigFactory;
import io.headroom.model.Moment;
import io.headroom.port.Clock;
import java.time.Instant;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real HTTP server over {@link KnownFacts}, {@link KnownOrders} and {@link KnownDevices}, for one test class; before
 * each test all is well.
 */
public final class ServedFacts implements BeforeEachCallback, AfterAllCallback {
    /** Longer than a machine is busy with other things. */
    private static final long LIMIT_SECONDS = 120;

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
        return HttpServer.bind(system, "127.0.0.1", port, facts, orders, devices, new LaterClock())
                .toCompletableFuture()
                .orTimeout(LIMIT_SECONDS, SECONDS)
                .join();
    }

    /** The system's, and what looks at devices took by a test's word. */
    private final class LaterClock implements Clock {
        @Override
        public Moment now() {
            return Clock.system().now().plus(devices.spent);
        }

        @Override
        public Instant time() {
            return Clock.system().time();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        facts.reset();
        orders.reset();
        devices.reset();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        server.stop().toCompletableFuture().orTimeout(LIMIT_SECONDS, SECONDS).join();
        system.terminate();
        system.getWhenTerminated()
                .toCompletableFuture()
                .orTimeout(LIMIT_SECONDS, SECONDS)
                .join();
    }
}
