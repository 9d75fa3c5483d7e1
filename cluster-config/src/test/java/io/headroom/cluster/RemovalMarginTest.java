package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.Map;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.cluster.Cluster;
import org.junit.jupiter.api.Test;

/** The next member begins as soon as a downed one is removed: the lease protects the pool, no waiting does. */
class RemovalMarginTest {
    /** Asked of the provider, for it has a meaning of its own for the value "off". */
    @Test
    void removedMember_isSucceededAtOnce() {
        Config config = ConfigFactory.parseMap(Map.of(
                        "pekko.remote.artery.canonical.hostname", "127.0.0.1", "pekko.remote.artery.canonical.port", 0))
                .withFallback(ConfigFactory.parseResourcesAnySyntax("cluster-system.conf"))
                .withFallback(ConfigFactory.load())
                .resolve();
        ActorSystem system = ActorSystem.create("margin", config);
        try {
            assertThat(Cluster.get(system).downingProvider().downRemovalMargin().toMillis())
                    .isLessThanOrEqualTo(
                            config.getDuration("pekko.scheduler.tick-duration").toMillis());
        } finally {
            system.terminate();
        }
    }
}
