package io.headroom.node.cli;

import io.headroom.node.api.Answer;

/** A command that could not do what it was asked: why, and what to do. Ends the program with status 1. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String next;

    /** @param next what the operator can do; may be empty */
    public CommandFailure(String cause, String next) {
        super(cause);
        this.next = next;
    }

    static CommandFailure of(Answer.Failure failure) {
        return new CommandFailure(failure.error() + ": " + failure.cause(), failure.next());
    }

    String next() {
        return next;
    }
}
