package io.headroom.port;

import java.util.concurrent.CompletionStage;

/** The right to change the pool, held by at most one process at a time. */
public interface PoolLease {
    /**
     * Tries once, without waiting for another holder. The process that holds the lease gets it again, and its former
     * tenure ends with that: an answer that got lost must not keep everybody out.
     */
    CompletionStage<Acquisition> acquire();

    sealed interface Acquisition {
        /** The lease is ours; the pool can be changed through {@code tenure} and through nothing else. */
        record Taken(Tenure tenure) implements Acquisition {}

        /** @param holder who holds it, as far as the storage tells */
        record Busy(String holder) implements Acquisition {}
    }
}
