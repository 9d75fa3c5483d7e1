package io.headroom.cluster;

import io.headroom.model.Moment;
import java.time.Duration;

/**
 * Decides how long the end of one life of the cluster system is waited for. An actor system may wait for its peers'
 * answer before it closes a connection; of a peer that is cut off none comes before the network is back.
 *
 * <pre>
 *   lives ──(downed, leaves)──► ending ──► Cut, once ──► Abandon, once
 * </pre>
 */
final class Ending {
    /** A system that was downed has nobody to say good-bye to. */
    static final Duration DOWNED = Duration.ofSeconds(2);

    /** One that leaves in order tells the others first, and its SPM steps down. */
    static final Duration IN_ORDER = Duration.ofSeconds(20);

    /** From the cut of its connections on. */
    static final Duration AFTER_CUT = Duration.ofSeconds(10);

    enum Order {
        WAIT,
        /** Close the connections of the ending system by force. */
        CUT,
        /** Its end is not waited for any longer; the next life begins. */
        ABANDON
    }

    private Moment since;
    private Moment cut;
    private boolean abandoned;

    /** @param downed the others know that it ends, or take it for dead */
    Order next(Moment now, boolean downed) {
        since = since == null ? now : since;
        if (cut == null && isOver(now, since, downed ? DOWNED : IN_ORDER)) {
            cut = now;
            return Order.CUT;
        }
        if (cut != null && !abandoned && isOver(now, cut, AFTER_CUT)) {
            abandoned = true;
            return Order.ABANDON;
        }
        return Order.WAIT;
    }

    private static boolean isOver(Moment now, Moment since, Duration limit) {
        return now.since(since).compareTo(limit) >= 0;
    }
}
