package io.headroom.spm;

import io.headroom.mailbox.Urgency;
import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Shares out what the pool has free among the volumes that want more.
 *
 * <p>It is shared evenly: nobody gets more while another one, who wants more too, has less. What cannot be shared evenly
 * goes, one extent each, to the more urgent: the paused ones before the others, and these by the time that is left to
 * them. So where there is less than one extent for each, the most urgent get the one by which a paused guest goes on.
 * Who came first does not matter.
 *
 * <p>Serving the first share and then sharing out the rest anew among the others comes to the same.
 */
final class Distribution {
    /**
     * A volume that wants to have {@code wanted} instead of {@code size}.
     *
     * @param asked what it would have in the end; over {@code wanted} where it is given a part at a time
     */
    record Claim(VolumeId volume, Bytes size, Bytes wanted, Bytes asked, Urgency urgency) {
        Claim(VolumeId volume, Bytes size, Bytes wanted, Urgency urgency) {
            this(volume, size, wanted, wanted, urgency);
        }

        private Claim and(Claim other) {
            return new Claim(
                    volume,
                    size.max(other.size),
                    wanted.max(other.wanted),
                    asked.max(other.asked),
                    MORE_URGENT.compare(urgency, other.urgency) <= 0 ? urgency : other.urgency);
        }
    }

    /** @param to at least {@link Claim#size()}, which is nothing, and at most {@link Claim#wanted()}, in whole extents */
    record Share(Claim claim, Bytes to, int claims) {
        boolean isNothing() {
            return to.equals(claim.size());
        }

        boolean isAll() {
            return to.isAtLeast(claim.asked());
        }

        /** One line for the log. */
        @Override
        public String toString() {
            return told(claim.volume().value());
        }

        /** The same of a volume by its name. */
        String told(String volume) {
            String of =
                    isAll() ? ", all that it wants" : " of the " + claim.asked().minus(claim.size()) + " that it wants";
            return "volume " + volume + ", " + words(claim.urgency()) + ", gets " + to.minus(claim.size()) + of + "; "
                    + claims + (claims == 1 ? " wants" : " want") + " space";
        }

        private static String words(Urgency urgency) {
            return urgency.paused()
                    ? "paused"
                    : urgency.left()
                            .map(Duration::toSeconds)
                            .map(left -> left + " s left")
                            .orElse("urgency unknown");
        }
    }

    /** One order of all, so that nothing depends on who came first. */
    private static final Comparator<Urgency> MORE_URGENT = Comparator.<Urgency>naturalOrder()
            .thenComparing(urgency -> urgency.left().isPresent());

    private static final Comparator<Claim> MOST_URGENT_FIRST =
            Comparator.comparing(Claim::urgency, MORE_URGENT).thenComparing(Claim::volume);

    private final Bytes extent;
    private final List<Claim> claims;
    /** In extents, by the order of the claims. */
    private final long[] wants;

    private final long[] gets;
    private long left;

    private Distribution(Bytes free, Bytes extent, Collection<Claim> claims) {
        this.extent = extent;
        Map<VolumeId, Claim> byVolume = new HashMap<>();
        claims.forEach(claim -> byVolume.merge(claim.volume(), claim, Claim::and));
        this.claims = byVolume.values().stream().sorted(MOST_URGENT_FIRST).toList();
        this.wants = this.claims.stream()
                .mapToLong(claim ->
                        extents(claim.wanted().minusOrZero(claim.size()).roundedUpTo(extent)))
                .toArray();
        this.gets = new long[wants.length];
        this.left = extents(free);
    }

    /**
     * @param extent what the pool is allocated in; no share is smaller
     * @param claims several of one volume count as one
     * @return one for each volume that has a claim, the most urgent first
     */
    static List<Share> of(Bytes free, Bytes extent, Collection<Claim> claims) {
        Distribution distribution = new Distribution(free, extent, claims);
        distribution.share();
        return distribution.shares();
    }

    private long extents(Bytes size) {
        return size.value() / extent.value();
    }

    private void share() {
        long even = evenPart();
        for (int i = 0; i < wants.length; i++) {
            give(i, Math.min(wants[i], even));
        }
        for (int i = 0; i < wants.length && left > 0; i++) {
            give(i, Math.min(wants[i] - gets[i], 1));
        }
    }

    /** The most that everybody can have who wants it. */
    private long evenPart() {
        long enough = 0;
        long tooMuch = left + 1;
        while (tooMuch - enough > 1) {
            long middle = enough + (tooMuch - enough) / 2;
            long needed = 0;
            for (int i = 0; i < wants.length && needed <= left; i++) {
                needed += Math.min(wants[i], middle);
            }
            if (needed <= left) {
                enough = middle;
            } else {
                tooMuch = middle;
            }
        }
        return enough;
    }

    private void give(int claim, long extents) {
        gets[claim] += extents;
        left -= extents;
    }

    private List<Share> shares() {
        List<Share> shares = new ArrayList<>();
        for (int i = 0; i < claims.size(); i++) {
            Claim claim = claims.get(i);
            Bytes to = claim.size().plus(Bytes.of(gets[i] * extent.value()));
            shares.add(new Share(claim, to, claims.size()));
        }
        return shares;
    }
}
