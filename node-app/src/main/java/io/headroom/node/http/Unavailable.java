package io.headroom.node.http;

import io.headroom.node.api.Answer;

/** Whoever could answer does not now. */
final class Unavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Answer.Failure failure;

    Unavailable(Answer.Failure failure) {
        super(failure.error() + ": " + failure.cause());
        this.failure = failure;
    }

    Answer.Failure failure() {
        return failure;
    }
}
