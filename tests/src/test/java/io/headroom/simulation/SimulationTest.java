package io.headroom.simulation;

import io.headroom.model.Bytes;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Whole clusters under faults, one after the other: seeds 1 to {@code -Dseeds}, or the one of {@code -Dseed}. The same
 * seed is the same world, event for event.
 */
class SimulationTest {
    private static final long SEEDS = 100;
    private static final Duration OF_TROUBLE = Duration.ofSeconds(90);

    @Test
    void anySeed_keepsTheInvariants() {
        seeds().forEach(SimulationTest::run);
    }

    private static LongStream seeds() {
        Long one = Long.getLong("seed");
        return one != null ? LongStream.of(one) : LongStream.rangeClosed(1, Long.getLong("seeds", SEEDS));
    }

    private static void run(long seed) {
        Execution execution = Long.getLong("seed") == null ? Execution.PLAIN : SimulationTest::tell;
        World world = new World(seed, shape(seed), execution, SimSpm::new);
        try {
            Chaos chaos = new Chaos(world);
            world.pass(OF_TROUBLE);
            chaos.end();
            world.calm();
            world.checkEnd();
        } catch (AssertionError | RuntimeException broken) {
            throw new AssertionError(
                    "seed " + seed + ": " + broken.getMessage() + "\n" + world
                            + "\nrepeat with: mvn -o -B -q -pl tests -am test -Dtest=SimulationTest"
                            + " -Dsurefire.failIfNoSpecifiedTests=false -Dseed=" + seed,
                    broken);
        }
    }

    /** The story of one seed, as the processes tell it. */
    private static void tell(Life process, Object effect, Runnable act) {
        System.out.println(process + ": " + effect);
        act.run();
    }

    private static World.Shape shape(long seed) {
        SplittableRandom random = new SplittableRandom(~seed);
        int hosts = random.nextInt(1, 4);
        int vms = random.nextInt(1, 3);
        int disks = random.nextInt(1, 3);
        Bytes capacity = Bytes.mebi(random.nextInt(100, 800)).times((long) hosts * vms * disks);
        return new World.Shape(
                hosts,
                random.nextInt(1, hosts + 1),
                vms,
                disks,
                random.nextInt(2, 5),
                random.nextInt(24, 48),
                capacity);
    }
}
