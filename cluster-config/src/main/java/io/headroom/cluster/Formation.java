package io.headroom.cluster;

import io.headroom.model.Moment;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Decides how one life of the cluster system finds its cluster. Time and what was seen are told to it; each answer is
 * one order.
 *
 * <pre>
 *   alone ──► Join those who may be reached, again every {@link #JOIN_RETRY}
 *     │         (nobody answers for form-after, no SPM beats for form-after)
 *     ├─────► TakeLease, again every {@link #LEASE_RETRY} ── busy ──► alone
 *     │                                             └─ taken ─► Form, once
 *     └─ member ── the pool's SPM beats, and outside this cluster, for 3 × form-after ──► StartAnew
 *               └─ the SPM's place is here, and the storage out of sight for 2 × form-after ──► StartAnew
 * </pre>
 *
 * The lease makes it one: who forms holds it until its own SPM does, and an SPM holds it while it serves. A second
 * cluster can still arise beside the first while that one changes its SPM; only one of the two then has the lease, and
 * the other dissolves.
 */
final class Formation {
    /** How often the lease is tried again. */
    static final Duration LEASE_RETRY = Duration.ofSeconds(2);

    /** How often joining the same nodes is ordered again, which Pekko does silently; its own retries it logs. */
    static final Duration JOIN_RETRY = Duration.ofSeconds(2);

    /** How many nodes are tried at a time, beside the configured seeds. */
    static final int MOST_CONTACTS = 16;

    private final String own;
    private final List<String> seeds;
    private final Duration formAfter;
    private final Moment start;

    private Moment lastJoin;
    private Set<String> lastContacts = Set.of();
    private Moment lastLeaseTry;
    private boolean leaseAsked;
    private boolean leaseTaken;
    private boolean formed;
    private Moment foreignSpmSince;
    private Moment blindSince;

    /** @param own this node's address, {@code host:port} */
    Formation(String own, List<String> seeds, Duration formAfter, Moment start) {
        this.own = own;
        this.seeds = List.copyOf(seeds);
        this.formAfter = formAfter;
        this.start = start;
    }

    /**
     * What was seen at one successful look at the storage; {@link #blind} is for the others.
     *
     * @param member this node is in a cluster, or on its way in
     * @param members the addresses of that cluster
     * @param peers what the storage tells
     */
    record Sight(Moment now, boolean member, Set<String> members, Peers peers) {}

    sealed interface Order {
        /** Ask these nodes to let us in; none of them is this one. */
        record Join(List<String> contacts) implements Order {}

        /** Try once to take the lease, and tell {@link #leaseAnswered}. */
        record TakeLease() implements Order {}

        /** Form a cluster of this node alone. */
        record Form() implements Order {}

        /** Give the lease back: a cluster let this node in after all. */
        record GiveLeaseBack() implements Order {}

        record Wait() implements Order {}

        /** Leave this cluster and look for the pool's. */
        record StartAnew(String cause) implements Order {}
    }

    Order next(Sight sight) {
        blindSince = null;
        if (sight.member()) {
            return asMember(sight);
        }
        foreignSpmSince = null;
        if (formed) {
            return new Order.Wait();
        }
        if (leaseTaken) {
            formed = true;
            return new Order.Form();
        }
        if (mayForm(sight)) {
            leaseAsked = true;
            lastLeaseTry = sight.now();
            return new Order.TakeLease();
        }
        return leaseAsked ? new Order.Wait() : joinOrWait(sight);
    }

    /**
     * A look at the storage failed. Nothing is decided without one, but that the SPM's role goes to who may still reach
     * the storage: it stays with the oldest member otherwise, which can never serve.
     *
     * @param oldest this node is the oldest member of a cluster of several
     */
    Order blind(Moment now, boolean oldest) {
        blindSince = blindSince == null ? now : blindSince;
        return oldest && isOver(now, blindSince, formAfter.multipliedBy(2))
                ? new Order.StartAnew("the SPM's role would be here, and the storage is out of sight")
                : new Order.Wait();
    }

    void leaseAnswered(boolean taken) {
        leaseAsked = false;
        leaseTaken = taken;
    }

    private boolean mayForm(Sight sight) {
        return !leaseAsked
                && isOver(sight.now(), start, formAfter)
                && sight.peers().isSpmSilent(sight.now(), formAfter)
                && (lastLeaseTry == null || isOver(sight.now(), lastLeaseTry, LEASE_RETRY));
    }

    private Order joinOrWait(Sight sight) {
        Set<String> contacts = new LinkedHashSet<>();
        sight.peers().reachable(sight.now()).stream().limit(MOST_CONTACTS).forEach(contacts::add);
        contacts.addAll(seeds);
        contacts.remove(own);
        boolean due = lastJoin == null || isOver(sight.now(), lastJoin, JOIN_RETRY) || !contacts.equals(lastContacts);
        if (contacts.isEmpty() || !due) {
            return new Order.Wait();
        }
        lastJoin = sight.now();
        lastContacts = contacts;
        return new Order.Join(List.copyOf(contacts));
    }

    private Order asMember(Sight sight) {
        if (leaseTaken && !formed) {
            leaseTaken = false;
            return new Order.GiveLeaseBack();
        }
        String spm = sight.peers().beatingSpm(sight.now(), formAfter).orElse("");
        if (spm.isEmpty() || spm.equals(own) || sight.members().contains(spm)) {
            foreignSpmSince = null;
            return new Order.Wait();
        }
        if (foreignSpmSince == null) {
            foreignSpmSince = sight.now();
        }
        return isOver(sight.now(), foreignSpmSince, formAfter.multipliedBy(3))
                ? new Order.StartAnew("the pool's SPM, " + spm + ", is no member of this cluster")
                : new Order.Wait();
    }

    private static boolean isOver(Moment now, Moment since, Duration limit) {
        return now.since(since).compareTo(limit) >= 0;
    }
}
