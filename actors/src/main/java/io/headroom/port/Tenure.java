package io.headroom.port;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.VolumeId;
import java.util.List;
import java.util.Set;
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

    /** Changes the pool. Repeating a change is harmless: one that is done already is {@link Outcome.Done}. */
    CompletionStage<Outcome> change(Change change);

    /** Completes, with the cause, when the lease is lost without our doing; never otherwise. */
    CompletionStage<String> lost();

    /**
     * Gives the lease back, the last thing that an SPM does. A change that is under way ends first: nobody else gets the
     * lease before. Repeating it is harmless.
     */
    CompletionStage<Void> release();

    /** Sizes are absolute. A change takes seconds at most; what takes longer is made of several. */
    sealed interface Change {
        /** The volume has at least {@code size}. */
        record Extend(VolumeId volume, Bytes size) implements Change {}

        /**
         * There is a volume of this name with an empty qcow2 image. Until its image stands it is
         * {@link State#UNFINISHED}; one of those with this name is finished, never doubled.
         */
        record Create(String name, Bytes size, Bytes virtualSize) implements Change {}

        /**
         * The image, which nobody has open, is at least {@code virtualSize} large. The volume's limit is raised first, so
         * that an image that was enlarged by half a change is never larger than its volume may become.
         */
        record Resize(VolumeId volume, Bytes virtualSize) implements Change {}

        /** The hosts that may use the volume, instead of those that might before. */
        record Assign(VolumeId volume, Set<HostId> hosts) implements Change {
            public Assign {
                hosts = Set.copyOf(hosts);
            }
        }

        /** The volume, which no host may use, is {@link State#CONDEMNED} from now on. */
        record Condemn(VolumeId volume) implements Change {}

        /** This part of a condemned volume reads as zeros. */
        record Wipe(VolumeId volume, Bytes from, Bytes length) implements Change {}

        /** A volume that is unfinished or condemned is gone. */
        record Remove(VolumeId volume) implements Change {}

        /**
         * The device, of which the storage keeps {@code size}, is one of the pool's LUNs.
         *
         * @param size zero where the device itself says how large it is, as a block device does
         * @param force whatever the device holds is given up
         */
        record AddLun(String device, Bytes size, boolean force) implements Change {}

        /** The LUN, which was enlarged on the array, is used to its end. */
        record GrowLun(String device, Bytes size) implements Change {}
    }

    sealed interface Outcome {
        /** The volume has {@code size}. */
        record Extended(Bytes size) implements Outcome {}

        /** Any other change is done; the {@link Inventory} tells what came of it. */
        record Done() implements Outcome {}

        /** Nothing was changed. */
        record NoSpace(Bytes free) implements Outcome {}

        /** Nothing was changed. */
        record UnknownVolume() implements Outcome {}

        /** Nothing was changed. @param cause the storage's own words, and what to do */
        record Refused(String cause) implements Outcome {}
    }

    /** @param tag the epoch that the metadata is marked with */
    record Inventory(Bytes capacity, Bytes free, Bytes extent, Epoch tag, List<Volume> volumes, List<Lun> luns) {
        public Inventory {
            volumes = List.copyOf(volumes);
            luns = List.copyOf(luns);
        }
    }

    enum State {
        READY,
        /** Its creation was interrupted: it holds nothing, and is removed or finished. */
        UNFINISHED,
        /** Its deletion was decided and goes on. */
        CONDEMNED
    }

    /**
     * @param size allocated
     * @param limit the most that the volume may ever have: what its image takes when it is fully written
     * @param hosts that may use it: one, or two during a migration, or none
     */
    record Volume(
            VolumeId id, String name, Bytes size, Bytes virtualSize, Bytes limit, State state, Set<HostId> hosts) {
        public Volume {
            hosts = Set.copyOf(hosts);
        }

        /** One that can be used, and that no host does. */
        public static Volume ready(VolumeId id, String name, Bytes size, Bytes virtualSize, Bytes limit) {
            return new Volume(id, name, size, virtualSize, limit, State.READY, Set.of());
        }

        public Volume withSize(Bytes newSize) {
            return new Volume(id, name, newSize, virtualSize, limit, state, hosts);
        }

        public Volume withVirtualSize(Bytes newSize, Bytes newLimit) {
            return new Volume(id, name, size, newSize, newLimit, state, hosts);
        }

        public Volume withState(State newState) {
            return new Volume(id, name, size, virtualSize, limit, newState, hosts);
        }

        public Volume withHosts(Set<HostId> newHosts) {
            return new Volume(id, name, size, virtualSize, limit, state, newHosts);
        }
    }

    /**
     * @param id the storage's own, for ever
     * @param device as this host sees it; empty where it does not
     * @param problem why it cannot be used, and what to do; empty where it is well
     */
    record Lun(String id, String device, Bytes size, Bytes free, String problem) {}
}
