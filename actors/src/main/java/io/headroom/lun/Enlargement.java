package io.headroom.lun;

import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.port.Tenure.Lun;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Decides whether a LUN of the pool, which was enlarged on the array, may be used to its new end. */
public sealed interface Enlargement {
    /** Every host sees {@code size}. Whether that is more than the pool uses is LVM's to say. */
    record Admitted(Bytes size, List<String> waived) implements Enlargement {
        public Admitted {
            waived = List.copyOf(waived);
        }
    }

    /** @param reasons all of them, each with what to do */
    record Refused(List<String> reasons) implements Enlargement {
        public Refused {
            reasons = List.copyOf(reasons);
        }
    }

    /**
     * @param sights the answers of those who were reached
     * @param silent hosts that live, by their signs on the storage, and were not reached
     * @param force an operator answers for those
     */
    static Enlargement of(Lun lun, Collection<DeviceSight> sights, Set<HostId> silent, boolean force) {
        Map<HostId, Device> seen = new TreeMap<>();
        sights.forEach(sight -> sight.device().ifPresent(device -> seen.put(sight.host(), device)));
        Findings findings = new Findings(sights.size());
        findings.missing(sights, silent);
        findings.sizes(seen);
        seen.forEach((host, device) -> {
            if (device.physical().filter(one -> one.id().equals(lun.id())).isEmpty()) {
                findings.add(
                        host,
                        device.path() + " is not the LUN " + lun.id() + " of the pool; name it as headroom lun list"
                                + " does");
            }
            if (lun.size().isOver(device.size())) {
                findings.add(
                        host,
                        "it has " + device.size() + ", less than the " + lun.size() + " that the pool uses of it; make"
                                + " it as large as it was on the array, or guests lose data");
            }
        });
        if (seen.isEmpty()) {
            findings.add("no host sees it; see headroom lun list");
        }
        List<String> reasons = findings.standing(force);
        return reasons.isEmpty()
                ? new Admitted(seen.values().iterator().next().size(), findings.waivable())
                : new Refused(reasons);
    }
}
