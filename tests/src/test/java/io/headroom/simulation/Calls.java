package io.headroom.simulation;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Calls of ports: they take a while and may fail, before or after they had their effect. */
final class Calls {
    private final Timeline timeline;
    private final Faults faults;

    Calls(Timeline timeline, Faults faults) {
        this.timeline = timeline;
        this.faults = faults;
    }

    /** Has {@code effect} after a while, whether the caller still lives or not. */
    <T> CompletionStage<T> call(Life caller, Effect<T> effect) {
        return call(caller, effect, () -> {});
    }

    /** @param ended what happens when the call is over, whatever came of it and whoever heard of it */
    <T> CompletionStage<T> call(Life caller, Effect<T> effect, Runnable ended) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        boolean fails = faults.strikes();
        boolean comesToNothing = fails && faults.maybe(0.5);
        timeline.after(faults.latency(), () -> {
            ended.run();
            if (comesToNothing || caller.isEnded() && faults.strikes()) {
                caller.tell(() -> answer.completeExceptionally(new Faults.Injected("the call failed")));
                return;
            }
            try {
                T value = effect.have();
                caller.tell(() -> {
                    if (fails) {
                        answer.completeExceptionally(new Faults.Injected("the answer got lost"));
                    } else {
                        answer.complete(value);
                    }
                });
            } catch (Faults.Injected refused) {
                caller.tell(() -> answer.completeExceptionally(refused));
            }
        });
        return answer;
    }

    @FunctionalInterface
    interface Effect<T> {
        T have() throws Faults.Injected;
    }

    /** Tells the process how a call went, as a message. A failure that nobody injected is a bug. */
    static <T> void hear(
            Life process, Supplier<? extends CompletionStage<T>> call, Consumer<T> done, Consumer<String> failed) {
        call.get()
                .whenComplete((value, failure) -> process.tell(() -> {
                    if (failure == null) {
                        done.accept(value);
                        return;
                    }
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    if (!(cause instanceof Faults.Injected)) {
                        throw new AssertionError("a port failed by itself", cause);
                    }
                    failed.accept(cause.getMessage());
                }));
    }
}
