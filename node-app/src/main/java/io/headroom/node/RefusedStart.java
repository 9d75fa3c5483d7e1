package io.headroom.node;

/** Why a node cannot start, and what to do. */
public final class RefusedStart extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String next;

    RefusedStart(String cause, String next) {
        super(cause);
        this.next = next;
    }

    RefusedStart(String cause, String next, Throwable failure) {
        super(cause, failure);
        this.next = next;
    }

    /** What the operator can do; may be empty. */
    public String next() {
        return next;
    }
}
