package io.headroom.node.api;

import io.headroom.model.HostId;
import io.headroom.port.Tenure;
import io.headroom.spm.VolumesReport;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What is told of volumes and LUNs, and of the orders that change them; sizes in bytes. */
public final class VolumeAnswer {
    private VolumeAnswer() {}

    /**
     * @param state ready, unfinished or condemned
     * @param sizeBytes allocated
     * @param limitBytes what the image takes when it is fully written
     * @param hosts that may use it
     * @param guardedBy hosts on which a VM has it open, as far as their mail tells; null where nobody looked
     */
    public record Volume(
            String id,
            String name,
            String state,
            long sizeBytes,
            long virtualSizeBytes,
            long limitBytes,
            List<Integer> hosts,
            List<Integer> guardedBy) {
        public static Volume of(VolumesReport.Known known) {
            return of(known.volume(), numbers(known.guardedBy()));
        }

        public static Volume of(Tenure.Volume volume) {
            return of(volume, null);
        }

        private static Volume of(Tenure.Volume volume, List<Integer> guardedBy) {
            return new Volume(
                    volume.id().value(),
                    volume.name(),
                    volume.state().name().toLowerCase(Locale.ROOT),
                    volume.size().value(),
                    volume.virtualSize().value(),
                    volume.limit().value(),
                    numbers(volume.hosts()),
                    guardedBy);
        }

        private static List<Integer> numbers(Set<HostId> hosts) {
            return hosts.stream().map(HostId::value).sorted().toList();
        }
    }

    public record Volumes(long epoch, String seen, long capacityBytes, long freeBytes, List<Volume> volumes)
            implements Answer {
        public static Volumes of(VolumesReport report) {
            return new Volumes(
                    report.epoch().value(),
                    report.seen().toString(),
                    report.capacity().value(),
                    report.free().value(),
                    report.volumes().stream().map(Volume::of).toList());
        }
    }

    /** One volume. @param disks it as the VMs see it that the cluster reaches */
    public record Shown(Volume volume, List<Answer.Disk> disks) implements Answer {}

    /**
     * @param device as the SPM's host sees it; empty where it does not
     * @param problem why it cannot be used, and what stands on it; empty where it is well
     */
    public record Lun(String id, String device, long sizeBytes, long usedBytes, long freeBytes, String problem) {
        static Lun of(Tenure.Lun lun) {
            return new Lun(
                    lun.id(),
                    lun.device(),
                    lun.size().value(),
                    lun.size().minusOrZero(lun.free()).value(),
                    lun.free().value(),
                    lun.problem());
        }
    }

    public record Luns(long epoch, String seen, List<Lun> luns) implements Answer {
        public static Luns of(VolumesReport report) {
            return new Luns(
                    report.epoch().value(),
                    report.seen().toString(),
                    report.luns().stream().map(Lun::of).toList());
        }
    }

    /**
     * The order is carried out, now or before.
     *
     * @param what one sentence
     * @param volume as it is now; null where it is gone, and for a LUN
     */
    public record Carried(String what, Volume volume) implements Answer {}

    /** What carrying the order out would do, in this order; nothing was done. */
    public record Plan(List<String> steps) implements Answer {}

    /** Nobody knows yet: the order was not carried out in the time that the node waits. */
    public record GoingOn(String cause, String next) implements Answer {}

    /** The volume is available on the host that was asked. @param path what QEMU opens */
    public record Available(String volume, String path) implements Answer {}
}
