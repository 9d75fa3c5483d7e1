package io.headroom.port;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.VolumeId;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The pool's metadata in the hands of the one who holds the lease. After {@link #release()}, or when the lease is
 * lost, every method fails and changes nothing.
 */
public interface Tenure {
    /** The storage's own truth. */
    CompletionStage<Inventory> inspect();

    /** Marks the metadata with the tenure's epoch. Repeating it is harmless. */
    CompletionStage<Void> tag(Epoch epoch);

    /** Grows the volume to at least {@code size}; one that is already as large is {@link Outcome.Extended}. */
    CompletionStage<Outcome> extend(VolumeId volume, Bytes size);

    /** Completes, with the cause, when the lease is lost without our doing; never otherwise. */
    CompletionStage<String> lost();

    /**
     * Gives the lease back, the last thing that an SPM does. A change that is under way ends first: nobody else gets the
     * lease before. Repeating it is harmless.
     */
    CompletionStage<Void> release();

    sealed interface Outcome {
        record Extended(Bytes size) implements Outcome {}

        /** Nothing was changed. */
        record NoSpace(Bytes free) implements Outcome {}

        /** Nothing was changed. */
        record UnknownVolume() implements Outcome {}

        /** Nothing was changed. @param cause the storage's own words, and what to do */
        record Refused(String cause) implements Outcome {}
    }

    /** @param tag the epoch that the metadata is marked with */
    record Inventory(Bytes capacity, Bytes free, Bytes extent, Epoch tag, List<Volume> volumes) {
        public Inventory {
            volumes = List.copyOf(volumes);
        }
    }

    /**
     * @param size allocated
     * @param limit the most that the volume may ever have: what its image takes when it is fully written
     */
    record Volume(VolumeId id, String name, Bytes size, Bytes virtualSize, Bytes limit) {}
}
