package io.headroom.store.block;

import java.io.IOException;

/** A device did not do what it was asked. The message names the device, the offset and the next step. */
public final class DeviceException extends IOException {
    private static final long serialVersionUID = 1;

    DeviceException(String message) {
        super(message);
    }

    DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
