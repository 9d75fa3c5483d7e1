package io.headroom.node.http;

import io.headroom.node.api.Answer;

/** An order that whoever could carry it out does not, for a reason. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Answer.Failure failure;
    private final boolean unknown;

    private Refused(Answer.Failure failure, boolean unknown) {
        super(failure.error() + ": " + failure.cause());
        this.failure = failure;
        this.unknown = unknown;
    }

    Refused(Answer.Failure failure) {
        this(failure, false);
    }

    Refused(String cause, String next) {
        this(new Answer.Failure("refused", cause, next));
    }

    static Refused unknownVolume(String name) {
        return new Refused(
                new Answer.Failure(
                        "unknown volume",
                        "the pool has no volume \"" + BadParameter.shown(name) + "\"",
                        "see: headroom volume list"),
                true);
    }

    Answer.Failure failure() {
        return failure;
    }

    /** What the order is about is not there. */
    boolean isAboutSomethingUnknown() {
        return unknown;
    }
}
