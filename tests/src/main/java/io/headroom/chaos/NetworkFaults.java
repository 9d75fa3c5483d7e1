package io.headroom.chaos;

import io.headroom.rig.Networks;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Watch;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Partitions, for a moment or for longer than it takes to down somebody. */
final class NetworkFaults {
    private interface Cut {
        void between(Stage stage, Networks network, RandomGenerator chance) throws Exception;
    }

    private NetworkFaults() {}

    static List<Fault> all() {
        return List.of(
                fault(
                        "cut-spm",
                        (stage, network, chance) -> network.isolate(stage.spm().host())),
                fault(
                        "cut-host",
                        (stage, network, chance) ->
                                network.isolate(stage.otherThanSpm(chance).host())),
                fault("cut-everybody", NetworkFaults::everybody),
                new Fault("cut-for-long", NetworkFaults::noNetwork, NetworkFaults::cutForLong),
                fault("cut-one-way", NetworkFaults::oneWay),
                fault("cut-pair", NetworkFaults::pair));
    }

    private static Fault fault(String name, Cut cut) {
        return new Fault(name, NetworkFaults::noNetwork, (stage, chance) -> inflict(stage, chance, cut));
    }

    private static Optional<String> noNetwork(Stage stage) {
        return stage.network().isPresent()
                ? Optional.empty()
                : Optional.of("'ip netns add' does not work here; it needs iproute2 and CAP_NET_ADMIN");
    }

    private static Optional<Duration> inflict(Stage stage, RandomGenerator chance, Cut cut) throws Exception {
        Networks network = stage.network().orElseThrow();
        cut.between(stage, network, chance);
        try {
            Watch.pause(chance.nextBoolean() ? Fault.between(chance, 1, 3) : Fault.between(chance, 8, 14));
        } finally {
            network.mend();
        }
        return Optional.empty();
    }

    private static void everybody(Stage stage, Networks network, RandomGenerator chance) throws IOException {
        for (NodeProcess node : stage.nodes()) {
            network.isolate(node.host());
        }
    }

    /** Nobody reaches anybody until one of them serves again, and extends the guests of those that it cannot reach. */
    private static Optional<Duration> cutForLong(Stage stage, RandomGenerator chance) throws Exception {
        Networks network = stage.network().orElseThrow();
        long epoch = stage.serving().epoch();
        long began = System.nanoTime();
        everybody(stage, network, chance);
        try {
            Duration gap = stage.awaitSuccessor(epoch, began);
            stage.awaitGrowthOfAll();
            return Optional.of(gap);
        } finally {
            network.mend();
        }
    }

    private static void oneWay(Stage stage, Networks network, RandomGenerator chance) throws IOException {
        NodeProcess mute = stage.any(chance);
        for (NodeProcess other : stage.nodes()) {
            if (other != mute) {
                network.cut(mute.host(), other.host());
            }
        }
    }

    private static void pair(Stage stage, Networks network, RandomGenerator chance) throws IOException {
        int one = stage.any(chance).host();
        int other = 1 + one % stage.nodes().size();
        network.cut(one, other);
        network.cut(other, one);
    }
}
