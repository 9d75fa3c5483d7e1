package io.headroom.bench;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** An actor system that does nothing by itself. */
record LocalSystem(ActorSystem<Void> actors) implements AutoCloseable {
    private static final Duration END_LIMIT = Duration.ofSeconds(20);

    static LocalSystem start(String name, Config config) {
        return new LocalSystem(ActorSystem.create(Behaviors.empty(), name, config));
    }

    /** Ends it and waits for its end. */
    @Override
    public void close() {
        actors.terminate();
        actors.getWhenTerminated()
                .toCompletableFuture()
                .orTimeout(END_LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join();
    }
}
