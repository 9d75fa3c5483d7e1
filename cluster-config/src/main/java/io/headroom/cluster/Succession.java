package io.headroom.cluster;

import io.headroom.model.Moment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Decides who leaves the cluster and comes back as its youngest member, so that the SPM's role goes where it is wanted:
 * the role is always the oldest member's. Whoever stands between the wanted member and the SPM goes first, one at a
 * time and without a pause of the service; the SPM goes last, and the wanted member follows it.
 */
final class Succession {
    /** A member that was told and did not leave in this time is told again. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    sealed interface Order {
        /** This member leaves and comes back. */
        record Renew(String member) implements Order {}

        record Wait() implements Order {}

        /** The role is where it should be. */
        record Arrived() implements Order {}
    }

    private final String from;
    private final Optional<String> wanted;
    private final int members;

    private String told = "";
    private Moment toldAt;

    /**
     * @param byAge the members when the move was ordered, the oldest first
     * @param wanted one of them; empty for whoever is next
     */
    Succession(List<String> byAge, Optional<String> wanted) {
        this.from = byAge.get(0);
        this.wanted = wanted;
        this.members = byAge.size();
    }

    /** @param byAge who is up now, the oldest first */
    Order next(Moment now, List<String> byAge) {
        if (byAge.isEmpty()) {
            return new Order.Wait();
        }
        boolean arrived = wanted.map(byAge.get(0)::equals).orElse(!byAge.get(0).equals(from));
        if (arrived) {
            return new Order.Arrived();
        }
        if (byAge.size() < members || wanted.filter(to -> !byAge.contains(to)).isPresent()) {
            return new Order.Wait();
        }
        String second = byAge.get(1);
        String leaves = wanted.filter(to -> !to.equals(second)).isPresent() ? second : byAge.get(0);
        if (leaves.equals(told) && now.since(toldAt).compareTo(PATIENCE) < 0) {
            return new Order.Wait();
        }
        told = leaves;
        toldAt = now;
        return new Order.Renew(leaves);
    }
}
