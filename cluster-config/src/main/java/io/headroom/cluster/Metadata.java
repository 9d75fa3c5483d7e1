package io.headroom.cluster;

import io.headroom.model.Epoch;
import io.headroom.port.Tenure;
import java.io.IOException;

/**
 * The pool's metadata in the hands of the one who holds the lease: a {@link Tenure} without the lease. One call at a
 * time; each may block. A call that throws has an unknown outcome.
 */
public interface Metadata {
    Tenure.Inventory inspect() throws IOException;

    void tag(Epoch epoch) throws IOException;

    Tenure.Outcome change(Tenure.Change change) throws IOException;

    /** Opens the metadata for one tenure; what an earlier one has read is not trusted. */
    @FunctionalInterface
    interface Source {
        Metadata open() throws IOException;
    }
}
