package io.headroom.cluster;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * The right to change the pool in the hands of a keeper: a process beside this one that holds the lease for as long as a
 * command of ours runs and this process lives, and no longer. While this process is frozen, the keeper ends the command
 * and gives the lease up; this process then wakes up with nothing to change the pool by.
 */
public final class KeptLease extends ProcessLease {
    private final LeaseTool tool;
    private final Keeper.Settings settings;
    private final Source source;

    /** Opens the metadata for one tenure; every program that it runs goes through {@code keeper}. */
    @FunctionalInterface
    public interface Source {
        Metadata open(Runner keeper) throws IOException;
    }

    /** @param executor runs what blocks; must outlive every tenure */
    public KeptLease(LeaseTool tool, Keeper.Settings settings, Source source, Executor executor) {
        super("the lease " + tool, executor);
        this.tool = tool;
        this.settings = settings;
        this.source = source;
    }

    @Override
    public LeaseState look() throws IOException {
        return tool.look();
    }

    @Override
    Grasp grasp() throws IOException {
        Keeper.Attempt attempt = Keeper.start(tool, settings);
        if (attempt instanceof Keeper.Attempt.Busy busy) {
            return new Grasp.Missed(busy.holder());
        }
        return new Grasp.Got(new Kept(((Keeper.Attempt.Holding) attempt).keeper()));
    }

    private final class Kept implements Hold {
        private final Keeper keeper;

        Kept(Keeper keeper) {
            this.keeper = keeper;
        }

        @Override
        public Metadata open() throws IOException {
            return source.open(keeper);
        }

        @Override
        public Optional<String> whyLost() throws IOException {
            Optional<String> gone = keeper.whyLost();
            return gone.isPresent() ? gone : tool.whyLost();
        }

        @Override
        public CompletionStage<String> lost() {
            return keeper.lost();
        }

        @Override
        public void close() throws IOException {
            keeper.end();
        }
    }
}
