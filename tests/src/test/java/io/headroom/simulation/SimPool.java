package io.headroom.simulation;

import io.headroom.fake.MemoryMetadata;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.VolumeId;
import io.headroom.port.PoolLease;
import io.headroom.port.Tenure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The pool's metadata, and the lease under which it is changed.
 *
 * <p>As promised by the real lease, no command outlives the right to write: the lease of a process that dies is free
 * when its last command has ended. It is kept while its holder is frozen; a world may take it away all the same, and
 * what the former holder orders then fails. Who asks again, because an answer got lost, hears that the lease is his.
 */
final class SimPool {
    static final Bytes EXTENT = Bytes.mebi(4);
    private static final Duration UNTIL_FREE = Duration.ofMillis(5);

    /** One change of a volume. */
    record Growth(VolumeId volume, Bytes from, Bytes to) {}

    /** Looks at a change before it is made. */
    interface Auditor {
        void growing(Epoch epoch, Growth growth);

        /** Any other change. */
        void changing(Epoch epoch, Tenure.Change change);
    }

    private static final Auditor NOBODY = new Auditor() {
        @Override
        public void growing(Epoch epoch, Growth growth) {}

        @Override
        public void changing(Epoch epoch, Tenure.Change change) {}
    };

    private final Timeline timeline;
    private final Calls calls;
    private final Faults faults;
    private final MemoryMetadata metadata = new MemoryMetadata(Bytes.ZERO, EXTENT);
    private final Map<VolumeId, Bytes> initial = new TreeMap<>();
    private final List<Growth> growths = new ArrayList<>();
    private Optional<Held> holder = Optional.empty();
    private Auditor auditor = NOBODY;
    private Consumer<String> spaceComes = how -> {};

    SimPool(Timeline timeline, Calls calls, Faults faults) {
        this.timeline = timeline;
        this.calls = calls;
        this.faults = faults;
    }

    void auditedBy(Auditor someone) {
        auditor = someone;
    }

    /** @param hears how it comes, just before the pool has it */
    void whenSpaceComes(Consumer<String> hears) {
        spaceComes = hears;
    }

    void create(Tenure.Volume volume) {
        metadata.put(volume);
        initial.put(volume.id(), volume.size());
    }

    /** Without anybody's order. */
    void addCapacity(Bytes more) {
        spaceComes.accept("space from outside");
        metadata.addCapacity(more);
    }

    Bytes capacity() {
        return metadata.capacity();
    }

    Bytes allocated() {
        return metadata.allocated();
    }

    Bytes free() {
        return metadata.free();
    }

    /** Nobody can be given anything. */
    boolean isEmpty() {
        return EXTENT.isOver(free());
    }

    Bytes size(VolumeId volume) {
        return volumes().get(volume).size();
    }

    Map<VolumeId, Tenure.Volume> volumes() {
        return metadata.volumes();
    }

    /** What the volume began with. */
    Bytes initial(VolumeId volume) {
        return initial.getOrDefault(volume, Bytes.ZERO);
    }

    /** Those of the guests, which were there from the beginning. */
    List<VolumeId> guestVolumes() {
        return List.copyOf(initial.keySet());
    }

    Optional<Tenure.Volume> named(String name) {
        return volumes().values().stream()
                .filter(volume -> volume.name().equals(name))
                .findFirst();
    }

    /** Whether all of the volume was wiped. */
    boolean isWiped(Tenure.Volume volume) {
        return metadata.isWiped(volume.id(), volume.size());
    }

    List<Growth> growths() {
        return growths;
    }

    Epoch tag() {
        return metadata.tag();
    }

    boolean isHeldBy(Life process) {
        return holder.filter(of -> of.process == process).isPresent();
    }

    /** Whether a command that this process has ordered is not over. */
    boolean isChanging(Life process) {
        return holder.filter(of -> of.process == process && of.commands > 0).isPresent();
    }

    PoolLease lease(Life process) {
        return () -> calls.call(process, () -> {
            if (isHeldBy(process)) {
                return new PoolLease.Acquisition.Taken(holder.get());
            }
            if (holder.isPresent() || process.isEnded()) {
                return new PoolLease.Acquisition.Busy("somebody");
            }
            Held taken = new Held(process);
            holder = Optional.of(taken);
            process.atEnd(taken::end);
            return new PoolLease.Acquisition.Taken(taken);
        });
    }

    /** Takes the lease away from whoever holds it. */
    void expire(String why) {
        holder.ifPresent(of -> {
            of.end();
            of.process.tell(() -> of.lost.complete(why));
        });
    }

    /** The right to change the pool, in the hands of one process. */
    final class Held implements Tenure {
        private final Life process;
        private final CompletableFuture<String> lost = new CompletableFuture<>();
        private Epoch epoch = Epoch.NONE;
        private boolean over;
        private int commands;

        private Held(Life process) {
            this.process = process;
        }

        @Override
        public CompletionStage<Inventory> inspect() {
            return command(metadata::inspect);
        }

        @Override
        public CompletionStage<Void> tag(Epoch mine) {
            return command(() -> {
                if (metadata.tag().isAfter(mine)) {
                    throw new AssertionError("epoch " + mine + " tags a pool of epoch " + metadata.tag());
                }
                epoch = mine;
                metadata.tag(mine);
                return null;
            });
        }

        @Override
        public CompletionStage<Outcome> change(Change change) {
            return command(() -> {
                if (change instanceof Change.Extend extend) {
                    growing(extend.volume(), extend.size().roundedUpTo(EXTENT));
                } else {
                    auditor.changing(epoch, change);
                }
                if (change instanceof Change.AddLun) {
                    spaceComes.accept("a LUN");
                }
                if (change instanceof Change.Create create && faults.strikes()) {
                    metadata.beginToMake(create);
                    throw new Faults.Injected("cut short while the image was made");
                }
                return metadata.change(change);
            });
        }

        private void growing(VolumeId id, Bytes wanted) {
            Bytes size = size(id);
            if (wanted.isOver(size) && !wanted.minus(size).isOver(free())) {
                Growth growth = new Growth(id, size, wanted);
                auditor.growing(epoch, growth);
                growths.add(growth);
            }
        }

        private <T> CompletionStage<T> command(Calls.Effect<T> effect) {
            if (over) {
                return CompletableFuture.failedFuture(new Faults.Injected("the lease is over"));
            }
            commands++;
            return calls.call(process, effect, this::ended);
        }

        private void ended() {
            commands--;
            freeIfOver();
        }

        @Override
        public CompletionStage<String> lost() {
            return lost;
        }

        @Override
        public CompletionStage<Void> release() {
            return calls.call(process, () -> {
                end();
                return null;
            });
        }

        private void end() {
            if (!over) {
                over = true;
                freeIfOver();
            }
        }

        private void freeIfOver() {
            if (over && commands == 0) {
                timeline.after(UNTIL_FREE, () -> holder = holder.filter(of -> of != this));
            }
        }
    }
}
