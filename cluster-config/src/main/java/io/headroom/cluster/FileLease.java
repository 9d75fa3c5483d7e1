package io.headroom.cluster;

import io.headroom.model.Epoch;
import io.headroom.port.PoolLease;
import io.headroom.port.Tenure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * The right to change the pool as a lock of the operating system on a file. The lock ends with the process and never
 * before: while its holder is frozen, nobody gets it.
 *
 * <p>One node has one of these. Its second {@link #acquire()} hands the lock from the former tenure to a new one: from
 * then on the former one changes nothing, and giving it back does nothing. So the node that formed the cluster keeps
 * the lock until its SPM holds it.
 */
public final class FileLease implements PoolLease {

    private final Path file;
    private final String holder;
    private final Metadata.Source source;
    private final Executor executor;

    private LockedFile lock;
    private Held live;

    /**
     * @param file exists; nothing else may open it
     * @param holder who we are, in words for an operator
     * @param executor runs what blocks; must outlive every tenure
     */
    public FileLease(Path file, String holder, Metadata.Source source, Executor executor) {
        this.file = file;
        this.holder = holder;
        this.source = source;
        this.executor = executor;
    }

    @Override
    public CompletionStage<Acquisition> acquire() {
        return CompletableFuture.supplyAsync(this::take, executor);
    }

    private synchronized Acquisition take() {
        try {
            if (live == null) {
                Optional<LockedFile> taken = LockedFile.tryLock(file, holder);
                if (taken.isEmpty()) {
                    return new Acquisition.Busy(LockedFile.holderOf(file));
                }
                lock = taken.get();
            }
            requireSameFile();
            Held next = new Held(source.open());
            if (live != null) {
                live.lost.complete("the lease was handed to a later tenure of this process");
            }
            live = next;
            return new Acquisition.Taken(live);
        } catch (IOException failed) {
            if (live == null) {
                unlock();
            }
            throw new UncheckedIOException("the lease " + file + " cannot be taken: " + failed.getMessage(), failed);
        }
    }

    private void unlock() {
        if (lock == null) {
            return;
        }
        try {
            lock.close();
        } catch (IOException failed) {
            throw new UncheckedIOException("the lease " + file + " cannot be given back: " + failed, failed);
        } finally {
            lock = null;
        }
    }

    /** Somebody who removes the file and makes it anew takes the lock away from under us. */
    private void requireSameFile() throws IOException {
        if (!lock.isInPlace()) {
            String cause = "the lease's file " + file + " was removed or replaced";
            if (live != null) {
                live.lost.complete(cause);
                live = null;
            }
            unlock();
            throw new IOException(cause);
        }
    }

    private final class Held implements Tenure {
        private final Metadata metadata;
        private final CompletableFuture<String> lost = new CompletableFuture<>();

        Held(Metadata metadata) {
            this.metadata = metadata;
        }

        @Override
        public CompletionStage<Inventory> inspect() {
            return whileHeld(metadata::inspect);
        }

        @Override
        public CompletionStage<Void> tag(Epoch epoch) {
            return whileHeld(() -> {
                metadata.tag(epoch);
                return null;
            });
        }

        @Override
        public CompletionStage<Outcome> change(Change change) {
            return whileHeld(() -> metadata.change(change));
        }

        @Override
        public CompletionStage<String> lost() {
            return lost.copy();
        }

        @Override
        public CompletionStage<Void> release() {
            return CompletableFuture.runAsync(
                    () -> {
                        synchronized (FileLease.this) {
                            if (live == this) {
                                live = null;
                                unlock();
                            }
                        }
                    },
                    executor);
        }

        private <T> CompletionStage<T> whileHeld(Work<T> work) {
            return CompletableFuture.supplyAsync(
                    () -> {
                        synchronized (FileLease.this) {
                            if (live != this) {
                                throw new IllegalStateException("this tenure is over: the lease " + file
                                        + " was given back, handed on or lost; nothing was changed");
                            }
                            try {
                                requireSameFile();
                                return work.run();
                            } catch (IOException failed) {
                                throw new UncheckedIOException(failed);
                            }
                        }
                    },
                    executor);
        }
    }

    @FunctionalInterface
    private interface Work<T> {
        T run() throws IOException;
    }
}
