package io.headroom.node.qemu;

/** Nobody listens at the socket: it is not there, its process is gone, or whoever bound it does not listen yet. */
final class DesertedSocket extends QmpException {
    private static final long serialVersionUID = 1;

    DesertedSocket(String message, Throwable cause) {
        super(message, cause);
    }
}
