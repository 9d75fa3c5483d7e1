package io.headroom.disk;

import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Moment;

/** One request of a disk from QEMU's event to re-armed, with the moment of each step. */
final class Growing {
    private final Moment began;
    private Bytes size = Bytes.ZERO;
    private Bytes granted = Bytes.ZERO;
    private Moment posted;
    private Moment replied;
    private Moment refreshed;
    private Why why;
    private boolean waited;

    Growing(Moment began) {
        this.began = began;
        this.posted = began;
        this.replied = began;
        this.refreshed = began;
    }

    Growing wants(Bytes wanted, Why because) {
        size = wanted;
        why = because;
        return this;
    }

    Why why() {
        return why;
    }

    /** The pool had no space: how long this takes says nothing about how long an extension takes. */
    void waits() {
        waited = true;
    }

    boolean hasWaited() {
        return waited;
    }

    Bytes size() {
        return size;
    }

    Bytes granted() {
        return granted;
    }

    /**
     * The first time counts: a slot may be written again while the request stands. A write whose outcome was unknown
     * may be known to have come through only after it was answered; that is too late to count.
     */
    void posted(Moment now) {
        if (posted.equals(began) && replied.equals(began)) {
            posted = now;
        }
    }

    void granted(Bytes by, Moment now) {
        granted = by;
        replied = now;
    }

    void refreshed(Moment now) {
        refreshed = now;
    }

    LastDone.Steps steps(Moment armed) {
        return new LastDone.Steps(
                posted.since(began), replied.since(posted), refreshed.since(replied), armed.since(refreshed));
    }
}
