package io.headroom.simulation;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Whole clusters under faults, one after the other: seeds 1 to {@code -Dseeds}, or the one of {@code -Dseed}. */
class SimulationTest {
    private static final long SEEDS = 100;

    @Test
    void anySeed_keepsTheInvariants() {
        Long one = Long.getLong("seed");
        if (one != null) {
            new Simulation(one, SimulationTest::tell, SimSpm::new).run();
        } else {
            LongStream.rangeClosed(1, Long.getLong("seeds", SEEDS))
                    .forEach(seed -> new Simulation(seed, Execution.PLAIN, SimSpm::new).run());
        }
    }

    /** The story of one seed, as the processes tell it. */
    private static void tell(Life process, Object effect, Runnable act) {
        System.out.println(process + ": " + effect);
        act.run();
    }
}
