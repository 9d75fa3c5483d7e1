package io.headroom.node.http;

import io.headroom.model.HostId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Where the SPM's role is, and the order to move it. */
public interface SpmFacts {
    /** {@code host:port} of the members of the cluster in the order in which the role goes from one to the next. */
    List<String> succession();

    /** The kind of lease, who holds it, and when it gets free, in words. */
    CompletionStage<String> lease();

    /** What has to happen before another node serves, with the times that are set, in words. */
    String takeover();

    /**
     * Begins to move the role in order.
     *
     * @param to empty for whoever is next
     * @return the host that has it now; fails where it stays, with the reason
     */
    CompletionStage<HostId> move(Optional<HostId> to);
}
