package io.headroom.simulation;

import static io.headroom.simulation.Invariants.require;

import io.headroom.disk.Disk;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Slot;
import io.headroom.port.SpmMail;
import io.headroom.port.Tenure;
import java.util.Optional;

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
        new ToldHistory(world, pool).check();
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
}
