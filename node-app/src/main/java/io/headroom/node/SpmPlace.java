package io.headroom.node;

import io.headroom.cluster.Keeper;
import io.headroom.cluster.LeaseState;
import io.headroom.cluster.Membership;
import io.headroom.cluster.PoolSettings;
import io.headroom.cluster.ProcessLease;
import io.headroom.model.HostId;
import io.headroom.node.http.SpmFacts;
import io.headroom.spm.SpmActor;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** The SPM's role as this node's settings and its cluster tell it. */
record SpmPlace(PoolSettings pool, ProcessLease poolLease, Membership<SpmActor.Command> membership, Executor blocking)
        implements SpmFacts {
    private static final Duration MOVE_LIMIT = Duration.ofSeconds(5);

    @Override
    public List<String> succession() {
        return membership.succession();
    }

    @Override
    public CompletionStage<LeaseState> lease() {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return poolLease.look();
                    } catch (IOException unreadable) {
                        throw new CompletionException(unreadable);
                    }
                },
                blocking);
    }

    @Override
    public Takeover takeover() {
        if (pool instanceof PoolSettings.Directory) {
            return new Takeover(Optional.empty(), Optional.empty());
        } else if (pool instanceof PoolSettings.VolumeGroup group) {
            return group.lease() instanceof PoolSettings.Lease.Sanlock sanlock
                    ? new Takeover(
                            Optional.of(Keeper.BEAT_LIMIT),
                            Optional.of(sanlock.daemon().freeAfter()))
                    : new Takeover(Optional.of(Keeper.BEAT_LIMIT), Optional.empty());
        }
        throw new AssertionError("unhandled " + pool);
    }

    @Override
    public CompletionStage<HostId> move(Optional<HostId> to) {
        return membership.moveSpm(to, MOVE_LIMIT);
    }
}
