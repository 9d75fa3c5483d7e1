package io.headroom.fake;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.VolumeId;
import io.headroom.port.PoolLease;
import io.headroom.port.Tenure;
import io.headroom.port.Volumes;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * A pool in memory: its metadata under one lease, and its volumes as a host sees them, whose paths are their ids.
 * Every call is complete when it returns.
 */
public final class FakePool implements PoolLease, Volumes {
    private static final Bytes EXTENT = Bytes.mebi(4);

    private final MemoryMetadata metadata;
    private Optional<Held> holder = Optional.empty();
    private Optional<String> broken = Optional.empty();
    private BiConsumer<VolumeId, Bytes> grown = (volume, size) -> {};
    private int tenures;

    public FakePool(Bytes free) {
        this.metadata = new MemoryMetadata(free, EXTENT);
    }

    /** The volume's space is none of what the pool has free. */
    public synchronized void create(VolumeId volume, Bytes size, Bytes limit) {
        metadata.addCapacity(size);
        metadata.put(Tenure.Volume.ready(volume, "disk-" + volume, size, limit, limit));
    }

    /** Hears of every growth: for a device that is as large as its volume. */
    public synchronized void whenGrown(BiConsumer<VolumeId, Bytes> listener) {
        grown = listener;
    }

    /** Somebody extends the volume with the storage's own means. */
    public synchronized void extendByHand(VolumeId volume, Bytes size) {
        Tenure.Volume before = metadata.volumes().get(volume);
        metadata.addCapacity(size.minusOrZero(before.size()));
        metadata.put(before.withSize(size));
        grown.accept(volume, size);
    }

    public synchronized Bytes size(VolumeId volume) {
        return metadata.volumes().get(volume).size();
    }

    /** The host's view of the volumes fails until {@link #work()}. */
    public synchronized void breakVolumes(String cause) {
        broken = Optional.of(cause);
    }

    public synchronized void work() {
        broken = Optional.empty();
    }

    public synchronized void add(Bytes more) {
        metadata.addCapacity(more);
    }

    public synchronized boolean isHeld() {
        return holder.isPresent();
    }

    public synchronized int tenures() {
        return tenures;
    }

    /** The holder loses the lease without its doing. */
    public void lose(String cause) {
        Held former;
        synchronized (this) {
            former = holder.orElseThrow();
            holder = Optional.empty();
        }
        former.lost.complete(cause);
    }

    @Override
    public synchronized CompletionStage<Acquisition> acquire() {
        if (holder.isPresent()) {
            return CompletableFuture.completedFuture(new Acquisition.Busy("somebody"));
        }
        tenures++;
        Held held = new Held();
        holder = Optional.of(held);
        return CompletableFuture.completedFuture(new Acquisition.Taken(held));
    }

    @Override
    public CompletionStage<Optional<Found>> find(String path) {
        return seen(() -> {
            VolumeId id = new VolumeId(path);
            return Optional.ofNullable(metadata.volumes().get(id))
                    .map(volume -> new Found(id, volume.name(), volume.size(), true));
        });
    }

    @Override
    public CompletionStage<Bytes> refresh(VolumeId volume) {
        return seen(() -> metadata.volumes().get(volume).size());
    }

    @Override
    public CompletionStage<String> activate(VolumeId volume) {
        return seen(volume::value);
    }

    @Override
    public CompletionStage<Void> deactivate(VolumeId volume) {
        return seen(() -> null);
    }

    @Override
    public CompletionStage<Bytes> imageEnd(VolumeId volume) {
        return seen(() -> Bytes.mebi(1));
    }

    private synchronized <T> CompletionStage<T> seen(Supplier<T> answer) {
        return broken.isPresent()
                ? CompletableFuture.failedFuture(new IOException(broken.get()))
                : CompletableFuture.completedFuture(answer.get());
    }

    private final class Held implements Tenure {
        private final CompletableFuture<String> lost = new CompletableFuture<>();

        @Override
        public CompletionStage<Inventory> inspect() {
            return changed(metadata::inspect);
        }

        @Override
        public CompletionStage<Void> tag(Epoch epoch) {
            return changed(() -> {
                metadata.tag(epoch);
                return null;
            });
        }

        @Override
        public CompletionStage<Outcome> change(Change change) {
            return changed(() -> {
                Outcome outcome = metadata.change(change);
                if (change instanceof Change.Extend extend && outcome instanceof Outcome.Extended extended) {
                    grown.accept(extend.volume(), extended.size());
                }
                return outcome;
            });
        }

        @Override
        public CompletionStage<String> lost() {
            return lost;
        }

        @Override
        public CompletionStage<Void> release() {
            synchronized (FakePool.this) {
                if (holder.equals(Optional.of(this))) {
                    holder = Optional.empty();
                }
            }
            return CompletableFuture.completedFuture(null);
        }

        private <T> CompletionStage<T> changed(Supplier<T> change) {
            synchronized (FakePool.this) {
                return holder.equals(Optional.of(this))
                        ? CompletableFuture.completedFuture(change.get())
                        : CompletableFuture.failedFuture(new IOException("the lease is not held"));
            }
        }
    }

    /** Everything that the pool has, for a test's messages. */
    @Override
    public synchronized String toString() {
        return metadata.toString();
    }
}
