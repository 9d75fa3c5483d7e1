package io.headroom.disk;

import io.headroom.mailbox.LastDone;
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

    Growing(Moment began) {
        this.began = began;
        this.posted = began;
        this.replied = began;
        this.refreshed = began;
    }

    Growing wants(Bytes wanted) {
        size = wanted;
        return this;
    }

    Bytes size() {
        return size;
    }

    Bytes granted() {
        return granted;
    }

    /** The first time counts: a slot may be written again while the request stands. */
    void posted(Moment now) {
        if (posted.equals(began)) {
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
