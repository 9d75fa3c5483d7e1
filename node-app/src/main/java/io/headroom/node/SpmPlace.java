package io.headroom.node;

import io.headroom.cluster.LockedFile;
import io.headroom.cluster.Membership;
import io.headroom.cluster.NodeSettings;
import io.headroom.cluster.PoolSettings;
import io.headroom.model.HostId;
import io.headroom.node.file.PoolFiles;
import io.headroom.node.http.SpmFacts;
import io.headroom.spm.SpmActor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** The SPM's role as this node's settings and its cluster tell it. */
record SpmPlace(NodeSettings settings, Membership<SpmActor.Command> membership, Executor blocking) implements SpmFacts {
    private static final Duration MOVE_LIMIT = Duration.ofSeconds(5);

    /** sanlock frees the lease of a host that lost its power after so many of its I/O time-outs, and this much more. */
    private static final int SANLOCK_TIMEOUTS = 8;

    private static final Duration SANLOCK_MARGIN = Duration.ofSeconds(60);

    @Override
    public List<String> succession() {
        return membership.succession();
    }

    @Override
    public CompletionStage<String> lease() {
        if (settings.pool() instanceof PoolSettings.Directory directory) {
            Path lease = new PoolFiles(directory.directory()).lease();
            return CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return "a lock of the operating system, held now or last by " + LockedFile.holderOf(lease);
                        } catch (IOException unreadable) {
                            throw new CompletionException(unreadable);
                        }
                    },
                    blocking);
        } else if (settings.pool() instanceof PoolSettings.VolumeGroup group) {
            return CompletableFuture.completedStage(
                    group.lease() instanceof PoolSettings.Lease.Sanlock
                            ? "sanlock's; on each host \"sanlock client status\" tells what it holds"
                            : "a lock of the operating system, held by the SPM's keeper");
        }
        throw new AssertionError("unhandled " + settings.pool());
    }

    @Override
    public String takeover() {
        if (settings.pool() instanceof PoolSettings.Directory) {
            return "at once when the SPM is moved or its node stops, some seconds after its process was killed, and"
                    + " never while its process is frozen: the lock ends with the process";
        } else if (settings.pool() instanceof PoolSettings.VolumeGroup group) {
            String ended =
                    "at once when the SPM is moved or its node stops, some seconds after its process was killed or"
                            + " frozen";
            return group.lease() instanceof PoolSettings.Lease.Sanlock sanlock
                    ? ended + ", and " + powerLoss(sanlock).toSeconds() + " s after its host lost power or the storage"
                    : ended;
        }
        throw new AssertionError("unhandled " + settings.pool());
    }

    private static Duration powerLoss(PoolSettings.Lease.Sanlock sanlock) {
        return sanlock.ioTimeout().multipliedBy(SANLOCK_TIMEOUTS).plus(SANLOCK_MARGIN);
    }

    @Override
    public CompletionStage<HostId> move(Optional<HostId> to) {
        return membership.moveSpm(to, MOVE_LIMIT);
    }
}
