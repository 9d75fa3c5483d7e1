package io.headroom.node.qemu;

import java.io.IOException;

/** A monitor that could not be reached, was not understood, or said no. The message is for operators. */
public class QmpException extends IOException {
    QmpException(String message) {
        super(message);
    }

    QmpException(String message, Throwable cause) {
        super(message, cause);
    }
}
