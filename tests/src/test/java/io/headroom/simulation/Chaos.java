package io.headroom.simulation;

import io.headroom.model.Bytes;
import io.headroom.spm.Spm;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Makes trouble: one thing after the other, at times and places that the seed decides; and in the middle of what a
 * process does, where it hurts most.
 */
final class Chaos implements Execution {
    private static final double SELDOM = 0.002;
    private static final double OFTEN = 0.08;

    private static final double IN_THE_MIDDLE_OF_A_CHANGE = 0.03;
    private static final double IN_THE_MIDDLE_OF_ANYTHING = 0.0003;

    private World world;
    private Faults faults;
    private boolean leaseExpires;
    private boolean nextChangeFreezes;
    private boolean over = true;

    void begin(World where) {
        world = where;
        faults = world.faults();
        leaseExpires = faults.maybe(0.5);
        over = false;
        faults.happen(SELDOM);
        guestsWrite();
        world.operator().improvise();
        trouble();
    }

    void end() {
        over = true;
        world.operator().rest();
    }

    @Override
    public void run(Life process, Object effect, Runnable act) {
        if (process.isEnded()) {
            return;
        }
        if (!over && nextChangeFreezes && effect instanceof Spm.Change) {
            nextChangeFreezes = false;
            act.run();
            world.nodeOf(process).freeze(process, faults.millis(1_000, 12_000), untilTheLeaseIsTaken());
            return;
        }
        boolean isStruck = !over && faults.maybe(likely(effect));
        boolean dies = isStruck && faults.maybe(0.5);
        boolean diesBefore = dies && faults.maybe(0.5);
        if (!diesBefore) {
            act.run();
        }
        if (dies) {
            world.nodeOf(process).crash(process, faults.millis(100, 6_000));
        } else if (isStruck) {
            world.nodeOf(process).freeze(process, faults.millis(1_000, 12_000), untilTheLeaseIsTaken());
        }
    }

    private static double likely(Object effect) {
        boolean isChange = effect instanceof Spm.Append || effect instanceof Spm.Change || effect instanceof Spm.Answer;
        return isChange ? IN_THE_MIDDLE_OF_A_CHANGE : IN_THE_MIDDLE_OF_ANYTHING;
    }

    private Optional<Duration> untilTheLeaseIsTaken() {
        return leaseExpires ? Optional.of(faults.millis(100, 4_000)) : Optional.empty();
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
        switch (faults.between(0, 19)) {
            case 0 -> node.crashHost(faults.millis(100, 6_000));
            case 1, 2 -> anySpm().crashSpm(faults.millis(100, 6_000));
            case 3 -> {
                node.crashHost(faults.millis(100, 6_000));
                node.crashSpm(faults.millis(100, 6_000));
            }
            case 4 -> node.freezeHost(faults.millis(50, 12_000));
            case 5 -> anySpm().freezeSpm(faults.millis(50, 12_000), untilTheLeaseIsTaken());
            case 6, 15 -> nextChangeFreezes = true;
            case 7 -> storm();
            case 8 -> {
                faults.bellsRing(false);
                again(faults.millis(500, 15_000), () -> faults.bellsRing(true));
            }
            case 9 -> journalAway();
            case 10 -> faults.oneOf(world.guests()).cutMonitor();
            case 11 -> world.pool().addCapacity(SimPool.EXTENT.times(faults.between(1, 60)));
            case 12 ->
                world.hosts().stream()
                        .flatMap(host -> host.vms().stream())
                        .filter(vm -> faults.maybe(0.3))
                        .forEach(vm -> vm.hold(faults.maybe(0.5)));
            case 14 -> world.spoilMailOf(node.id());
            case 16 -> failAWrite();
            case 18 -> replaceJournal(faults.between(0, (int) world.journal().last()));
            case 19 -> replaceJournal(0);
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

    private void journalAway() {
        world.journal().away(true);
        again(faults.millis(500, 30_000), () -> world.journal().away(false));
    }

    /** With its server stopped, or under the hands of who writes to it. */
    private void replaceJournal(long events) {
        if (faults.maybe(0.5)) {
            journalAway();
        }
        world.journal().restore(events);
    }

    /** Sooner or later somebody sets it right. */
    private void failAWrite() {
        SimGuest guest = faults.oneOf(world.guests());
        guest.fail();
        again(faults.millis(2_000, 20_000), guest::repair);
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
