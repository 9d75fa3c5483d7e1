package io.headroom.simulation;

import static io.headroom.simulation.Invariants.require;

import io.headroom.ledger.Deed;
import io.headroom.ledger.Ledger;
import io.headroom.ledger.LedgerEvent;
import io.headroom.ledger.PoolEvent;
import io.headroom.model.Bytes;
import io.headroom.model.LogPosition;
import io.headroom.model.VolumeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the journal tells in the end, against what happened: every growth once and in order, told itself, by the record
 * that stands for it, or as missing in a hole that is named; and nothing that never was. Holes are allowed only where a
 * former SPM destroyed records, or somebody took events from the journal.
 */
final class ToldHistory {
    private final World world;
    private final SimPool pool;
    private final SimJournal journal;
    private final List<LedgerEvent> events;
    private final List<LedgerEvent.Hole> holes;

    ToldHistory(World world, SimPool pool) {
        this.world = world;
        this.pool = pool;
        this.journal = world.journal();
        this.events = journal.events();
        this.holes = events.stream()
                .filter(LedgerEvent.Hole.class::isInstance)
                .map(LedgerEvent.Hole.class::cast)
                .toList();
    }

    void check() {
        require(
                journal.isWhole(),
                () -> "event " + journal.last() + " is the last of " + events.size() + ", and nobody was told");
        Ledger ledger = SimLedger.replay(events);
        LogPosition logged = world.spms().stream()
                .filter(SimSpm::serves)
                .map(SimSpm::logged)
                .findFirst()
                .orElseThrow();
        require(
                ledger.progress().position().equals(logged),
                () -> "all works, yet the ledger stands at " + ledger.progress() + " of " + logged);
        if (world.invariants().destroyed() > 0) {
            return;
        }
        require(
                holes.isEmpty() || journal.wasReplaced(),
                () -> "the history has a hole, though no record was destroyed: " + events);
        if (holes.isEmpty()) {
            orders();
        }
        Map<VolumeId, List<PoolEvent.Growth>> told = told(events);
        for (VolumeId volume : pool.volumes().keySet()) {
            List<PoolEvent.Growth> steps = told.getOrDefault(volume, List.of());
            follow(volume, steps);
            size(volume, steps, ledger);
        }
    }

    /** Who was made by an order, and is there, was told of; and who was deleted is not. */
    private void orders() {
        Set<VolumeId> expected = new TreeSet<>(pool.guestVolumes());
        for (LedgerEvent.Recorded recorded : valid(events)) {
            PoolEvent event = recorded.entry().event();
            if (event instanceof PoolEvent.OrderRecalled recalled) {
                event = recalled.order();
            }
            if (event instanceof PoolEvent.OrderCarried carried) {
                carried.created().ifPresent(expected::add);
            }
        }
        for (LedgerEvent.Recorded recorded : valid(events)) {
            PoolEvent event = recorded.entry().event();
            if (event instanceof PoolEvent.OrderRecalled recalled) {
                event = recalled.order();
            }
            if (event instanceof PoolEvent.OrderCarried carried && carried.deed() instanceof Deed.Deletion of) {
                expected.remove(of.volume());
            }
        }
        require(
                expected.equals(pool.volumes().keySet()),
                () -> "the ledger tells of the volumes " + expected + ", the pool has "
                        + pool.volumes().keySet());
    }

    private void follow(VolumeId volume, List<PoolEvent.Growth> steps) {
        List<SimPool.Growth> growths = pool.growths().stream()
                .filter(growth -> growth.volume().equals(volume))
                .toList();
        int at = 0;
        for (PoolEvent.Growth step : steps) {
            while (at < growths.size() && step.from().isOver(growths.get(at).from())) {
                requireNamed(growths.get(at++), steps);
            }
            int end = at + step.extensions();
            boolean follows = end <= growths.size()
                    && growths.get(at).from().equals(step.from())
                    && growths.get(end - 1).to().equals(step.to());
            require(follows, () -> "volume " + volume + " grew as " + growths + ", the ledger tells " + steps);
            at = end;
        }
        growths.subList(at, growths.size()).forEach(growth -> requireNamed(growth, steps));
    }

    /** The ledger tells only {@code steps}; so it has to say that something is missing where this was recorded. */
    private void requireNamed(SimPool.Growth growth, List<PoolEvent.Growth> steps) {
        List<LogPosition> places = world.invariants().recordsOf(growth);
        boolean isNamed = places.stream()
                .anyMatch(place -> holes.stream()
                        .anyMatch(hole ->
                                place.isAfter(hole.after()) && hole.before().isAfter(place)));
        require(
                isNamed,
                () -> growth + " stands at " + places + " of the pool log, the ledger tells " + steps
                        + " and names as missing " + holes);
    }

    private void size(VolumeId volume, List<PoolEvent.Growth> steps, Ledger ledger) {
        Bytes size = pool.size(volume);
        boolean isLastTold =
                !steps.isEmpty() && steps.get(steps.size() - 1).to().equals(size);
        Bytes told = ledger.volumes().containsKey(volume)
                ? ledger.volumes().get(volume).size()
                : pool.initial(volume);
        require(
                !isLastTold && !holes.isEmpty() || told.equals(size),
                () -> "the ledger says that volume " + volume + " has " + told + ", not " + size);
    }

    private static Map<VolumeId, List<PoolEvent.Growth>> told(List<LedgerEvent> events) {
        Map<VolumeId, List<PoolEvent.Growth>> told = new HashMap<>();
        for (LedgerEvent.Recorded recorded : valid(events)) {
            PoolEvent event = recorded.entry().event();
            if (event instanceof PoolEvent.VolumeExtended of) {
                stepsOf(told, of.asked().volume())
                        .add(new PoolEvent.Growth(of.asked().volume(), 1, of.from(), of.to()));
            } else if (event instanceof PoolEvent.ExtensionFoundDone of) {
                stepsOf(told, of.asked().volume())
                        .add(new PoolEvent.Growth(of.asked().volume(), 1, of.from(), of.to()));
            } else if (event instanceof PoolEvent.Coalesced of && recorded.known() <= of.last() - of.first()) {
                of.growths().forEach(growth -> replace(stepsOf(told, growth.volume()), growth));
            } else if (event instanceof PoolEvent.SizeFound) {
                throw new AssertionError("nobody changed a volume behind our back, but " + recorded);
            }
        }
        return told;
    }

    private static List<PoolEvent.Growth> stepsOf(Map<VolumeId, List<PoolEvent.Growth>> told, VolumeId volume) {
        return told.computeIfAbsent(volume, of -> new ArrayList<>());
    }

    /** A coalesced growth may stand for steps of which some are known already. */
    private static void replace(List<PoolEvent.Growth> steps, PoolEvent.Growth growth) {
        steps.removeIf(
                step -> step.from().isAtLeast(growth.from()) && growth.to().isAtLeast(step.to()));
        steps.add(growth);
    }

    /** What was taken, without what a successor sealed off. */
    private static List<LedgerEvent.Recorded> valid(List<LedgerEvent> events) {
        List<LedgerEvent.Recorded> entries = new ArrayList<>();
        for (LedgerEvent event : events) {
            if (event instanceof LedgerEvent.Recorded recorded) {
                entries.add(recorded);
            } else if (event instanceof LedgerEvent.Voided voided) {
                entries.removeIf(of -> isBetween(of.entry().position(), voided));
            }
        }
        return entries;
    }

    private static boolean isBetween(LogPosition position, LedgerEvent.Voided voided) {
        return position.isAfter(voided.after()) && !position.isAfter(voided.last());
    }
}
