package io.headroom.cluster;

/** A configuration that a node cannot start with; the message names the key, the value and what is allowed. */
public final class RefusedSetting extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RefusedSetting(String message) {
        super(message);
    }

    RefusedSetting(String message, Throwable cause) {
        super(message, cause);
    }

    static RefusedSetting of(String key, Object value, String allowed) {
        return new RefusedSetting(key + " is \"" + value + "\"; allowed is " + allowed);
    }
}
