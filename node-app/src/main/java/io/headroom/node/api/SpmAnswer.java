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
     * @param lease under which the pool is changed
     * @param takeover when another node may serve
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
            Lease lease,
            Takeover takeover)
            implements Answer {}

    /**
     * @param kind what kind of lease it is; null where it cannot be looked at
     * @param place the file, or sanlock's resource; null where it cannot be looked at
     * @param held whether anybody has it; null where that cannot be told
     * @param holder who has it, or had it last; null where it cannot be looked at
     * @param problem why it cannot be looked at; null where it can
     */
    record Lease(String kind, String place, Boolean held, String holder, String problem) {}

    /**
     * How long the lease outlasts an SPM that does not give it back, counted from its last sign of life; a killed
     * process loses it at once.
     *
     * @param frozenSeconds while its process is stopped; null where the lease never gets free of it
     * @param cutOffSeconds after its host lost power or the storage, at the latest; null where all nodes are on one machine
     * @param latestSeconds from now, by when the lease of an SPM that does not answer is free, whatever happened to it;
     *     null while the SPM answers, and where nothing but the end of its process frees the lease
     */
    record Takeover(Double frozenSeconds, Double cutOffSeconds, Double latestSeconds) {}

    /**
     * What it takes this host's guests when the SPM's machine loses its power or the storage.
     *
     * @param seconds until the lease is free for another node, at the latest
     * @param disks whose guests reach the end sooner than that
     */
    record PowerLoss(double seconds, List<Answer.Disk> disks) {}

    /** @param to null for whoever is next */
    record Moving(int from, Integer to) implements Answer {}
}
