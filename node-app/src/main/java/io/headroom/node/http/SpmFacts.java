package io.headroom.node.http;

import io.headroom.cluster.LeaseState;
import io.headroom.model.HostId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Where the SPM's role is, and the order to move it. */
public interface SpmFacts {
    /** {@code host:port} of the members of the cluster in the order in which the role goes from one to the next. */
    List<String> succession();

    /** The lease under which the pool is changed, as it stands now. */
    CompletionStage<LeaseState> lease();

    /** When the lease of an SPM that does not give it back gets free. */
    Takeover takeover();

    /**
     * How long the lease outlasts its holder's last sign of life; the cluster then takes some seconds to find another
     * one. Where the holder's process is killed, the lease is free at once.
     *
     * @param frozen while its process is stopped but not gone; empty where the lease never gets free of it
     * @param cutOff after its host lost power or the storage, at the latest; empty where all nodes are on one machine
     */
    record Takeover(Optional<Duration> frozen, Optional<Duration> cutOff) {
        /** In the worst case; empty where nothing frees the lease but the end of the process. */
        public Optional<Duration> atTheLatest() {
            return cutOff.or(() -> frozen);
        }
    }

    /**
     * Begins to move the role in order.
     *
     * @param to empty for whoever is next
     * @return the host that has it now; fails where it stays, with the reason
     */
    CompletionStage<HostId> move(Optional<HostId> to);
}
