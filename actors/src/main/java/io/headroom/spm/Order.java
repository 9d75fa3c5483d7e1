package io.headroom.spm;

import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.OverTheWire;
import io.headroom.port.Tenure;
import java.util.List;
import java.util.Optional;

/**
 * What an operator, or a host for him, has the SPM do to the pool. An order may be repeated: one that was carried out
 * is answered as done. A volume is named by its name or by its id.
 */
public sealed interface Order extends OverTheWire {
    /** What a new volume is given at first where nobody says otherwise. */
    Bytes USUAL_SIZE = Bytes.mebi(2560);

    /** What every new volume is given at least: its image has to find room. */
    Bytes LEAST_SIZE = Bytes.mebi(4);

    Bytes LEAST_VIRTUAL_SIZE = Bytes.mebi(1);
    Bytes LARGEST_VIRTUAL_SIZE = Bytes.gibi(64 * 1024);

    /**
     * There is a volume of this name with an empty qcow2 image.
     *
     * @param virtualSize {@link #LEAST_VIRTUAL_SIZE} to {@link #LARGEST_VIRTUAL_SIZE}
     * @param size allocated at first; never over what the image can fill
     */
    record CreateVolume(String name, Bytes virtualSize, Optional<Bytes> size) implements Order {}

    /** The image, which nobody uses, is larger from now on. It is never made smaller. */
    record ResizeVolume(String volume, Bytes virtualSize) implements Order {}

    /** The volume, which nobody uses, is gone. @param wipe its data are overwritten with zeros before */
    record DeleteVolume(String volume, boolean wipe) implements Order {}

    /** The host may use the volume. @param shared beside the one that may already, for a migration */
    record AssignVolume(String volume, HostId host, boolean shared) implements Order {}

    /** The host no longer uses the volume. */
    record ReleaseVolume(String volume, HostId host) implements Order {}

    /** @param size zero where the device itself says it @param force whatever the device holds is given up */
    record AddLun(String device, Bytes size, boolean force) implements Order {}

    /** @param size zero where the device itself says it */
    record GrowLun(String device, Bytes size) implements Order {}

    sealed interface Answer extends OverTheWire {
        /**
         * The order is carried out, and the pool remembers it; or it was so before.
         *
         * @param what one sentence
         * @param volume as it is now; empty where it is gone, and for a LUN
         */
        record Carried(String what, Optional<Tenure.Volume> volume) implements Answer {}

        /**
         * What carrying the order out would come to; nothing was changed.
         *
         * @param changes in this order; empty where all is done
         * @param shares who of those who wait for space would get what of it, one sentence each, the most urgent first
         */
        record Planned(List<Tenure.Change> changes, List<String> shares) implements Answer {
            public Planned {
                changes = List.copyOf(changes);
                shares = List.copyOf(shares);
            }
        }

        /**
         * The order is not carried out.
         *
         * @param cause why, and whether anything was changed
         * @param next what the operator can do
         */
        record Refused(String cause, String next) implements Answer {}
    }
}
