package io.headroom.node.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Runs what blocks on threads of its own; whoever asks gets a stage, which fails with what the call threw. */
public final class Blocking {
    private final Executor executor;

    /** @param executor its threads may be blocked for as long as a call lasts */
    public Blocking(Executor executor) {
        this.executor = executor;
    }

    /** A call that blocks. */
    @FunctionalInterface
    public interface Call<T> {
        T run() throws IOException;
    }

    /** @return completes on a thread of the executor */
    public <T> CompletionStage<T> stage(Call<T> call) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return call.run();
                    } catch (IOException failed) {
                        throw new UncheckedIOException(failed.getMessage(), failed);
                    }
                },
                executor);
    }
}
