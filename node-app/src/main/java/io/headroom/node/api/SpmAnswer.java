package io.headroom.node.api;

import java.util.List;

/** What is told of the SPM's role. */
public interface SpmAnswer {

    /**
     * Who has the role, and when another may have it.
     *
     * @param spm the host that serves, or that the mailbox header names where none answers; null before the first one
     * @param answers whether it answers over the network
     * @param phase what it does; null where it does not answer
     * @param since when its tenure began; null where it does not answer
     * @param silentSeconds since its heartbeat on the storage changed before this node's eyes; null while unknown
     * @param succession the members of the cluster in the order in which the role goes from one to the next
     * @param lease the kind of lease, who holds it, and when it gets free
     * @param takeover what has to happen before another node serves, with the times that are set
     */
    record Role(
            Integer spm,
            String address,
            long epoch,
            boolean answers,
            String phase,
            String since,
            Double silentSeconds,
            List<String> succession,
            String lease,
            String takeover)
            implements Answer {}

    /** @param to null for whoever is next */
    record Moving(int from, Integer to) implements Answer {}
}
