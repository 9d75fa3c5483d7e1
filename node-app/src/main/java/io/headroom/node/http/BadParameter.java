package io.headroom.node.http;

/** A question that cannot be answered as it was asked; the message names the parameter, its value and what is allowed. */
final class BadParameter extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadParameter(String name, String value, String allowed) {
        super("the parameter " + name + " is \"" + shown(value) + "\"; allowed is " + allowed);
    }

    BadParameter(String message) {
        super(message);
    }

    static String shown(String value) {
        return value.length() <= 100 ? value : value.substring(0, 100) + "…";
    }
}
