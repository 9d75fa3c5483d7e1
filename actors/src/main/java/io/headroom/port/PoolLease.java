package io.headroom.port;

import java.util.concurrent.CompletionStage;

/** The right to change the pool, held by at most one process at a time. */
public interface PoolLease {
    /** Tries once, without waiting for another holder. */
    CompletionStage<Acquisition> acquire();

    sealed interface Acquisition {
        /** The lease is ours; the pool can be changed through {@code tenure} and through nothing else. */
        record Taken(Tenure tenure) implements Acquisition {}

        /** @param holder who holds it, as far as the storage tells */
        record Busy(String holder) implements Acquisition {}
    }
}
