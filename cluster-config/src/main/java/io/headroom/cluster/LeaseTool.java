package io.headroom.cluster;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A stock program that takes a lease and then becomes the keeper, which holds the lease by an inherited descriptor. Its
 * text names the lease, for an operator. Calls may block.
 */
public interface LeaseTool {
    /**
     * The command line that tries once, without waiting for another holder, and becomes {@code keeper}.
     *
     * @throws IOException where the lease cannot be tried for; the message says why and what to do
     */
    List<String> holding(List<String> keeper) throws IOException;

    /**
     * Who holds the lease, in words for an operator, where an attempt ended with {@code status} and {@code words}.
     *
     * @return empty where it did not fail because of another holder
     */
    Optional<String> holder(int status, String words) throws IOException;

    /** The attempt succeeded; others are told who we are. */
    void held() throws IOException;

    /** Looks who has the lease, whoever it is, and takes no part in it. */
    LeaseState look() throws IOException;

    /** Why others may hold the lease although our keeper lives; empty where they cannot. */
    Optional<String> whyLost() throws IOException;
}
