package io.headroom.node.file;

import java.io.IOException;

/** A pool's directory, or a file in it, that cannot be used as it is; the message names it and the next step. */
public final class UnusablePool extends IOException {
    private static final long serialVersionUID = 1L;

    UnusablePool(String message) {
        super(message);
    }

    UnusablePool(String message, Throwable cause) {
        super(message, cause);
    }
}
