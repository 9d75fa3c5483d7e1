package io.headroom.port;

import java.util.concurrent.CompletionException;

/** Why a stage failed, in the words that its port chose for an operator. */
public final class Cause {
    private Cause() {}

    /** The message below whatever the stages in between have wrapped around it; the kind of failure where it has none. */
    public static String of(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
