package io.headroom.node.http;

import io.headroom.node.api.Answer;

/** An order that was not carried out. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Answer.Failure failure;

    Refused(Answer.Failure failure) {
        super(failure.cause());
        this.failure = failure;
    }

    Answer.Failure failure() {
        return failure;
    }
}
