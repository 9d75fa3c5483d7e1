package io.headroom.store.event;

/** Stored bytes that are no event which this version knows. Nothing was changed; the bytes are still where they were. */
public final class UnreadableEvent extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String manifest;

    UnreadableEvent(String manifest, String cause, Throwable source) {
        super("cannot read an event \"" + manifest + "\": " + cause, source);
        this.manifest = manifest;
    }

    /** What the bytes were said to be. */
    public String manifest() {
        return manifest;
    }
}
