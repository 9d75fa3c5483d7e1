package io.headroom.simulation;

import io.headroom.model.Bytes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Makes trouble: one thing after the other, at times and places that the seed decides. */
final class Chaos {
    private static final double SELDOM = 0.002;
    private static final double OFTEN = 0.08;

    private final World world;
    private final Faults faults;
    private final boolean leaseExpires;
    private boolean over;

    Chaos(World world) {
        this.world = world;
        this.faults = world.faults();
        this.leaseExpires = faults.maybe(0.5);
        faults.happen(SELDOM);
        guestsWrite();
        trouble();
    }

    void end() {
        over = true;
    }

    private void again(Duration after, Runnable act) {
        world.timeline().after(after, () -> {
            if (!over) {
                act.run();
            }
        });
    }

    private void guestsWrite() {
        for (SimGuest guest : world.guests()) {
            for (SimGuest.Image image : guest.images()) {
                guest.writes(
                        image, Bytes.mebi(faults.maybe(0.3) ? 0 : faults.between(1, faults.maybe(0.1) ? 120 : 20)));
            }
        }
        again(faults.millis(2_000, 10_000), this::guestsWrite);
    }

    private void trouble() {
        World.Node node = faults.oneOf(world.nodes());
        switch (faults.between(0, 12)) {
            case 0 -> node.crashHost(faults.millis(100, 6_000));
            case 1, 2 -> anySpm().crashSpm(faults.millis(100, 6_000));
            case 3 -> {
                node.crashHost(faults.millis(100, 6_000));
                node.crashSpm(faults.millis(100, 6_000));
            }
            case 4 -> node.freezeHost(faults.millis(50, 12_000));
            case 5, 6 ->
                anySpm().freezeSpm(
                                faults.millis(50, 12_000),
                                leaseExpires ? Optional.of(faults.millis(500, 4_000)) : Optional.empty());
            case 7 -> storm();
            case 8 -> {
                faults.bellsRing(false);
                again(faults.millis(500, 15_000), () -> faults.bellsRing(true));
            }
            case 9 -> {
                world.journal().away(true);
                again(faults.millis(500, 30_000), () -> world.journal().away(false));
            }
            case 10 -> faults.oneOf(world.guests()).cutMonitor();
            case 11 -> world.pool().addCapacity(SimPool.EXTENT.times(faults.between(1, 60)));
            default -> {
                if (leaseExpires && faults.maybe(0.5)) {
                    world.pool().expire("somebody took it");
                } else {
                    anySpm().stepDown();
                }
            }
        }
        again(faults.millis(100, 5_000), this::trouble);
    }

    private World.Node anySpm() {
        List<World.Node> serving =
                world.nodes().stream().filter(World.Node::serves).toList();
        return faults.oneOf(serving.isEmpty() ? world.nodes() : serving);
    }

    private void storm() {
        faults.happen(OFTEN);
        again(faults.millis(500, 6_000), () -> faults.happen(SELDOM));
    }
}
