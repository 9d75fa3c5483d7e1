package io.headroom.node.lvm;

import java.io.IOException;

/** A volume group, a device or a report that cannot be used as it is; the message names it and the next step. */
public final class UnusableGroup extends IOException {
    private static final long serialVersionUID = 1L;

    UnusableGroup(String message) {
        super(message);
    }

    UnusableGroup(String message, Throwable cause) {
        super(message, cause);
    }
}
