package io.headroom.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Whole clusters under faults, one after the other: seeds 1 to {@code -Dseeds}, or the one of {@code -Dseed}. */
class SimulationTest {
    private static final long SEEDS = 100;
    private static final Set<String> TO_BE_SEEN = Set.of(
            World.STALE,
            World.STALE_IN_A_CHANGE,
            World.EXHAUSTION,
            World.EXHAUSTION + ", ended by a LUN",
            World.EXHAUSTION + ", ended by space from outside",
            SimJournal.RESTORED,
            SimJournal.EMPTIED,
            SimGuest.OTHER_ERROR,
            SimGuest.OTHER_ERROR + ", beside a want of space");

    @Test
    void anySeed_keepsTheInvariants() {
        Long one = Long.getLong("seed");
        if (one != null) {
            new Simulation(one, SimulationTest::tell, SimSpm::new).run();
        } else {
            long seeds = Long.getLong("seeds", SEEDS);
            Tally all = new Tally();
            LongStream.rangeClosed(1, seeds)
                    .forEach(seed -> all.add(new Simulation(seed, Execution.PLAIN, SimSpm::new).run()));
            System.out.print("simulated seeds: " + seeds + ", violations: 0\n" + all);
            if (seeds >= SEEDS) {
                assertThat(all.seen()).as("what so many seeds put to the test").containsAll(TO_BE_SEEN);
            }
        }
    }

    /** The story of one seed, as the processes tell it. */
    private static void tell(Life process, Object effect, Runnable act) {
        System.out.println(process + ": " + effect);
        act.run();
    }
}
