package io.headroom.spm;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.OverTheWire;
import io.headroom.port.Tenure;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * The pool's volumes and LUNs, as the SPM knows them.
 *
 * @param seen when the storage itself was last looked at; growth and orders since are in it all the same
 * @param problem why there is nothing, and what to do; empty where there is
 */
public record VolumesReport(
        Epoch epoch,
        Instant seen,
        Bytes capacity,
        Bytes free,
        Bytes extent,
        List<Known> volumes,
        List<Tenure.Lun> luns,
        String problem)
        implements OverTheWire {
    public VolumesReport {
        volumes = List.copyOf(volumes);
        luns = List.copyOf(luns);
    }

    /** @param guardedBy hosts on which a VM has the volume open, as far as their mail tells */
    public record Known(Tenure.Volume volume, Set<HostId> guardedBy) {
        public Known {
            guardedBy = Set.copyOf(guardedBy);
        }
    }

    static VolumesReport none(String problem) {
        return new VolumesReport(
                Epoch.NONE, Instant.EPOCH, Bytes.ZERO, Bytes.ZERO, Bytes.ZERO, List.of(), List.of(), problem);
    }
}
