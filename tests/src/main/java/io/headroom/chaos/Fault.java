package io.headroom.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * One kind of fault.
 *
 * @param name for the report and for {@code --only}
 * @param obstacle why it cannot be inflicted on this machine; empty where it can
 */
record Fault(String name, Function<Stage, Optional<String>> obstacle, Deed deed) {

    /** Inflicts the fault for as long as it lasts, and mends what does not mend itself. */
    interface Deed {
        /** @return how long the pool had no SPM, where that was measured */
        Optional<Duration> inflict(Stage stage, RandomGenerator chance) throws Exception;
    }

    static Fault of(String name, Deed deed) {
        return new Fault(name, stage -> Optional.empty(), deed);
    }

    static List<Fault> all() {
        List<Fault> all = new ArrayList<>();
        all.addAll(ProcessFaults.all());
        all.addAll(NetworkFaults.all());
        all.addAll(StorageFaults.all());
        all.addAll(BlockFaults.all());
        all.addAll(GuestFaults.all());
        all.addAll(Clocks.all());
        return all;
    }

    /** A random time between the two, in steps of 100 ms. */
    static Duration between(RandomGenerator chance, int leastSeconds, int mostSeconds) {
        return Duration.ofMillis(100L * chance.nextInt(leastSeconds * 10, mostSeconds * 10 + 1));
    }
}
