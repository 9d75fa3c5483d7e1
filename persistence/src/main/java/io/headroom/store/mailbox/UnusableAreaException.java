package io.headroom.store.mailbox;

import java.io.IOException;

/**
 * A device has no mailbox that can be used. Nothing was changed. The message names the device, what is wrong and the
 * next step.
 */
public final class UnusableAreaException extends IOException {
    private static final long serialVersionUID = 1;

    UnusableAreaException(String message) {
        super(message);
    }
}
