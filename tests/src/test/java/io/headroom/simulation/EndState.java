package io.headroom.simulation;

import static io.headroom.simulation.Invariants.require;

import io.headroom.disk.Disk;
import io.headroom.ledger.Deed;
import io.headroom.ledger.Ledger;
import io.headroom.ledger.LedgerEvent;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Slot;
import io.headroom.model.Bytes;
import io.headroom.model.LogPosition;
import io.headroom.model.VolumeId;
import io.headroom.port.SpmMail;
import io.headroom.port.Tenure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What must hold in the end, when nothing fails any more and there was time to settle. */
final class EndState {
    private final World world;
    private final SimPool pool;

    EndState(World world, SimPool pool) {
        this.world = world;
        this.pool = pool;
    }

    void check() {
        require(world.spms().stream().filter(SimSpm::serves).count() == 1, () -> "not one SPM serves: " + world.spms());
        boolean hasSpace = pool.free().isAtLeast(SimPool.EXTENT);
        for (SimHost host : world.hosts()) {
            host.vms().forEach(vm -> disks(vm, hasSpace));
        }
        world.guests()
                .forEach(guest -> require(
                        !guest.isStopped() || !hasSpace && !guest.couldGoOn(),
                        () -> "guest " + guest.name() + " is stopped, the pool has " + pool.free() + " free: "
                                + guest.images()));
        pool.volumes()
                .values()
                .forEach(volume ->
                        require(volume.state() == Tenure.State.READY, () -> "nobody has seen to its end: " + volume));
        slots();
        ledger(world.journal().events());
    }

    private void disks(HostedVm vm, boolean hasSpace) {
        for (SimGuest.Image image : vm.guest().images()) {
            Disk.Phase phase = vm.phase(image.volume());
            boolean isTended = phase == Disk.Phase.ARMED && !image.threshold().isZero()
                    || phase == Disk.Phase.FULL && image.isFull()
                    || phase == Disk.Phase.STARVED && !hasSpace;
            require(isTended, () -> "a disk is " + phase + ", the pool has " + pool.free() + " free: " + image);
        }
    }

    /** As they stand on the storage. */
    private void slots() {
        SpmMail mail = world.seen().spmMail();
        for (OutgoingBlock block : mail.scan().toCompletableFuture().join().blocks()) {
            Optional<IncomingBlock> answers = mail.standing(block.host(), block.index())
                    .toCompletableFuture()
                    .join();
            for (int i = 0; i < block.slots().size(); i++) {
                int slot = i;
                Slot of = block.slots().get(i);
                Optional<Request> request = of.request();
                boolean isAnswered = request.isEmpty()
                        || answers.filter(by -> by.answers().equals(block.incarnation()))
                                .flatMap(by -> by.replies().get(slot))
                                .filter(reply ->
                                        reply.ticket().equals(request.get().ticket()))
                                .isPresent();
                require(
                        isAnswered,
                        () -> "slot " + slot + " of host " + block.host() + " stands unanswered: " + of + answers);
            }
        }
    }

    /** Every growth once and in order, or named by the record that stands for it. */
    private void ledger(List<LedgerEvent> events) {
        Ledger ledger = SimLedger.replay(events);
        boolean isWhole = world.invariants().destroyed() == 0;
        require(
                !isWhole || events.stream().noneMatch(LedgerEvent.Hole.class::isInstance),
                () -> "the history has a hole, though no record was destroyed: " + events);
        if (isWhole) {
            orders(events);
        }
        Map<VolumeId, List<PoolEvent.Growth>> told = told(events);
        for (VolumeId volume : pool.volumes().keySet()) {
            List<PoolEvent.Growth> steps = told.getOrDefault(volume, List.of());
            List<SimPool.Growth> growths = pool.growths().stream()
                    .filter(growth -> growth.volume().equals(volume))
                    .toList();
            if (isWhole) {
                follow(volume, growths, steps);
            }
            Bytes size = ledger.volumes().containsKey(volume)
                    ? ledger.volumes().get(volume).size()
                    : pool.initial(volume);
            require(
                    !isWhole || size.equals(pool.size(volume)),
                    () -> "the ledger says that volume " + volume + " has " + size + ", not " + pool.size(volume));
        }
    }

    /** Who was made by an order, and is there, was told of; and who was deleted is not. */
    private void orders(List<LedgerEvent> events) {
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

    private static void follow(VolumeId volume, List<SimPool.Growth> growths, List<PoolEvent.Growth> steps) {
        int at = 0;
        for (PoolEvent.Growth step : steps) {
            int end = at + step.extensions();
            boolean follows = end <= growths.size()
                    && growths.get(at).from().equals(step.from())
                    && growths.get(end - 1).to().equals(step.to());
            require(follows, () -> "volume " + volume + " grew as " + growths + ", the ledger tells " + steps);
            at = end;
        }
        require(at == growths.size(), () -> "volume " + volume + " grew as " + growths + ", the ledger tells " + steps);
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
