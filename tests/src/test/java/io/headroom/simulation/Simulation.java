package io.headroom.simulation;

import io.headroom.model.Bytes;
import java.time.Duration;
import java.util.SplittableRandom;

/** The life of one whole world: trouble, then calm, then a look at what came of it. The same seed is the same life. */
final class Simulation {
    private static final Duration OF_TROUBLE = Duration.ofSeconds(90);

    private final long seed;
    private final Chaos chaos = new Chaos();
    private final World world;

    /** @param listener has every effect carried out, in the midst of the chaos */
    Simulation(long seed, Execution listener, World.SpmMaker spm) {
        this.seed = seed;
        Execution struck =
                (process, effect, act) -> listener.run(process, effect, () -> chaos.run(process, effect, act));
        this.world = new World(seed, shape(seed), struck, spm);
    }

    /**
     * @return what happened
     * @throws AssertionError naming what was broken, and the command that repeats it
     */
    Tally run() {
        try {
            chaos.begin(world);
            world.pass(OF_TROUBLE);
            chaos.end();
            world.calm();
            world.checkEnd();
            return world.tally();
        } catch (AssertionError | RuntimeException broken) {
            throw new AssertionError(
                    "seed " + seed + ": " + broken.getMessage() + "\n" + world
                            + "\nrepeat with: mvn -o -B -q -pl tests -am test -Dtest=SimulationTest"
                            + " -Dsurefire.failIfNoSpecifiedTests=false -Dseed=" + seed,
                    broken);
        }
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
                random.nextInt(4, 7),
                random.nextInt(36, 60),
                capacity);
    }
}
