package io.headroom.node.http;

import io.headroom.port.Clock;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;

/** The node's HTTP server, in the lasting actor system. */
public final class HttpServer {
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(2);

    private final ServerBinding binding;

    private HttpServer(ServerBinding binding) {
        this.binding = binding;
    }

    /**
     * @param port 0 for any that is free
     * @return fails where the port cannot be bound
     */
    public static CompletionStage<HttpServer> bind(
            ActorSystem<?> system,
            String host,
            int port,
            NodeFacts facts,
            NodeOrders orders,
            HostDevices devices,
            Clock clock) {
        return Http.get(system)
                .newServerAt(host, port)
                .bind(new ApiRoutes(facts, orders, devices, clock).routes())
                .thenApply(HttpServer::new);
    }

    public int port() {
        return binding.localAddress().getPort();
    }

    /** Takes no more questions, and lets those that are under way come to their end. */
    public CompletionStage<Done> stop() {
        return binding.terminate(LAST_ANSWERS).thenApply(stopped -> Done.getInstance());
    }
}
