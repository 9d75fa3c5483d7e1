package io.headroom.cluster;

import io.headroom.port.Cause;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.setup.Setup;
import org.apache.pekko.coordination.lease.LeaseSettings;
import org.apache.pekko.coordination.lease.javadsl.Lease;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which side of a partition goes on: the one that gets this lease, which a keeper holds as it does the SPM's. So a
 * minority that reaches the storage goes on where the majority does not, and a frozen node loses its say.
 *
 * <p>Pekko makes it, by the settings in {@code cluster-majority.conf}, in an actor system that was started with {@link
 * Means}.
 */
public final class MajorityLease extends Lease {
    private static final Logger LOG = LoggerFactory.getLogger(MajorityLease.class);

    private final LeaseSettings settings;
    private final Means means;
    private volatile Keeper keeper;

    /** What an actor system has to be started with for this lease. */
    public static final class Means extends Setup {
        private final LeaseTool tool;
        private final Keeper.Settings keeper;
        private final Executor blocking;

        /** @param blocking runs what blocks; must outlive the actor system */
        public Means(LeaseTool tool, Keeper.Settings keeper, Executor blocking) {
            this.tool = tool;
            this.keeper = keeper;
            this.blocking = blocking;
        }
    }

    /** For Pekko. */
    public MajorityLease(LeaseSettings settings, ExtendedActorSystem system) {
        this.settings = settings;
        this.means = system.settings()
                .setup()
                .get(Means.class)
                .orElseThrow(
                        () -> new IllegalStateException("this actor system was started without the means for a lease"));
        // The resolver keeps it even when it stops, for a lease that would run out by itself.
        system.getWhenTerminated().thenRunAsync(this::giveBack, means.blocking).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.error("the lease {} was not given back: {}", means.tool, Cause.of(failure));
            }
        });
    }

    @Override
    public LeaseSettings getSettings() {
        return settings;
    }

    @Override
    public CompletionStage<Boolean> acquire() {
        return acquire(lost -> {});
    }

    @Override
    public CompletionStage<Boolean> acquire(Consumer<Optional<Throwable>> lost) {
        return CompletableFuture.supplyAsync(() -> take(lost), means.blocking);
    }

    private synchronized boolean take(Consumer<Optional<Throwable>> lost) {
        if (checkLease()) {
            return true;
        }
        try {
            Keeper.Attempt attempt = Keeper.start(means.tool, means.keeper);
            if (attempt instanceof Keeper.Attempt.Busy busy) {
                LOG.info("the other side of the partition has the lease {}: {}", means.tool, busy.holder());
                return false;
            }
            keeper = ((Keeper.Attempt.Holding) attempt).keeper();
            keeper.lost().thenAccept(cause -> lost.accept(Optional.of(new IOException(cause))));
            return true;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed.getMessage(), failed);
        }
    }

    @Override
    public CompletionStage<Boolean> release() {
        return CompletableFuture.supplyAsync(
                () -> {
                    giveBack();
                    return true;
                },
                means.blocking);
    }

    private synchronized void giveBack() {
        Keeper held = keeper;
        keeper = null;
        if (held != null) {
            try {
                held.end();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed.getMessage(), failed);
            }
        }
    }

    /** Waits for no attempt that is under way, nor for a keeper's last words: Pekko asks on an actor's thread. */
    @Override
    public boolean checkLease() {
        Keeper held = keeper;
        return held != null && held.isThere();
    }
}
