package io.headroom.cluster;

import io.headroom.model.Epoch;
import io.headroom.port.PoolLease;
import io.headroom.port.Tenure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * The right to change the pool, taken once for a process and handed from tenure to tenure within it: the second {@link
 * #acquire()} ends the former tenure, which from then on changes nothing, and giving that one back does nothing. So the
 * node that formed the cluster keeps the lease until its SPM has it.
 */
public abstract class ProcessLease implements PoolLease {
    private final String name;
    private final Executor executor;

    private Hold hold;
    private Held live;

    /** What keeps every other process out, and the means to change the pool that come with it. Calls may block. */
    interface Hold {
        /** Opens the metadata for one tenure. */
        Metadata open() throws IOException;

        /** Why others may hold the lease by now; empty where they cannot. */
        Optional<String> whyLost() throws IOException;

        /** Completes when the lease is lost and nobody had to look; may never complete. */
        CompletionStage<String> lost();

        /** Gives it back; nothing of ours changes the pool when this returns. */
        void close() throws IOException;
    }

    sealed interface Grasp {
        record Got(Hold hold) implements Grasp {}

        record Missed(String holder) implements Grasp {}
    }

    /**
     * @param name for messages
     * @param executor runs what blocks; must outlive every tenure
     */
    ProcessLease(String name, Executor executor) {
        this.name = name;
        this.executor = executor;
    }

    /** Looks who has the lease, whoever it is, and takes no part in it. May block. */
    public abstract LeaseState look() throws IOException;

    /** Tries once to keep every other process out. */
    abstract Grasp grasp() throws IOException;

    @Override
    public final CompletionStage<Acquisition> acquire() {
        return CompletableFuture.supplyAsync(this::take, executor);
    }

    private synchronized Acquisition take() {
        try {
            if (hold != null && isLost()) {
                drop();
            }
            if (hold == null) {
                Grasp grasp = grasp();
                if (grasp instanceof Grasp.Missed missed) {
                    return new Acquisition.Busy(missed.holder());
                }
                hold = ((Grasp.Got) grasp).hold();
            }
            Held next = new Held(hold.open());
            if (live != null) {
                live.lost.complete("the lease was handed to a later tenure of this process");
            }
            hold.lost().thenAccept(next.lost::complete);
            live = next;
            return new Acquisition.Taken(next);
        } catch (IOException failed) {
            if (live == null && hold != null) {
                drop();
            }
            throw new UncheckedIOException(name + " cannot be taken: " + failed.getMessage(), failed);
        }
    }

    private boolean isLost() throws IOException {
        Optional<String> cause = hold.whyLost();
        if (cause.isPresent() && live != null) {
            live.lost.complete(cause.get());
        }
        return cause.isPresent();
    }

    private void drop() {
        Hold former = hold;
        live = null;
        hold = null;
        try {
            former.close();
        } catch (IOException failed) {
            throw new UncheckedIOException(name + " cannot be given back: " + failed.getMessage(), failed);
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
                        synchronized (ProcessLease.this) {
                            if (live == this) {
                                drop();
                            }
                        }
                    },
                    executor);
        }

        private <T> CompletionStage<T> whileHeld(Work<T> work) {
            return CompletableFuture.supplyAsync(
                    () -> {
                        synchronized (ProcessLease.this) {
                            return workOf(work);
                        }
                    },
                    executor);
        }

        private <T> T workOf(Work<T> work) {
            try {
                if (live != this) {
                    throw new IOException(
                            "this tenure is over: " + name + " was given back, handed on or lost; nothing was changed");
                }
                if (isLost()) {
                    drop();
                    throw new IOException("this tenure is over: " + lost.join() + "; nothing was changed");
                }
                return work.run();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed.getMessage(), failed);
            }
        }
    }

    @FunctionalInterface
    private interface Work<T> {
        T run() throws IOException;
    }
}
