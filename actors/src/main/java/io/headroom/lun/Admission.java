package io.headroom.lun;

import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.port.Tenure.Lun;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Decides whether a device becomes a LUN of the pool: whether every host that lives sees one and the same device, and
 * whether nothing of worth is on it.
 */
public sealed interface Admission {
    /**
     * Nothing is in the way.
     *
     * @param device as the SPM's host names it
     * @param givesUp data on it are given up
     * @param waived what {@code --force} was needed for; empty where for nothing
     */
    record Admitted(String device, Bytes size, boolean givesUp, List<String> waived) implements Admission {
        public Admitted {
            waived = List.copyOf(waived);
        }
    }

    /** It is one already. */
    record Already(Lun lun) implements Admission {}

    /** @param reasons all of them, each with what to do */
    record Refused(List<String> reasons) implements Admission {
        public Refused {
            reasons = List.copyOf(reasons);
        }
    }

    /** What LVM keeps for itself at the least. */
    Bytes LVM_HEADER = Bytes.mebi(1);

    /** The pool as its SPM, on host {@code spm}, knows it. @param id the volume group's UUID */
    record ThePool(PoolId id, HostId spm, Bytes extent, List<Lun> luns) {
        public ThePool {
            luns = List.copyOf(luns);
        }

        Optional<Lun> lun(Device device) {
            return device.physical()
                    .flatMap(physical -> luns.stream()
                            .filter(lun -> lun.id().equals(physical.id()))
                            .findFirst());
        }
    }

    /**
     * @param sights the answers of those who were reached
     * @param silent hosts that live, by their signs on the storage, and were not reached
     * @param force what an operator may answer for is waived: other data, hosts that were not reached, a device that
     *     only its path tells from others
     */
    static Admission of(ThePool pool, Collection<DeviceSight> sights, Set<HostId> silent, boolean force) {
        Map<HostId, Device> seen = new TreeMap<>();
        sights.forEach(sight -> sight.device().ifPresent(device -> seen.put(sight.host(), device)));
        Optional<Lun> already = seen.values().stream()
                .flatMap(device -> pool.lun(device).stream())
                .findFirst();
        if (already.isPresent()) {
            return new Already(already.get());
        }
        Findings findings = new Findings(sights.size());
        findings.missing(sights, silent);
        identity(findings, seen);
        findings.sizes(seen);
        seen.forEach((host, device) -> contents(findings, pool, host, device));
        fits(findings, pool, sights);
        String device = chosen(findings, pool, seen, force);
        List<String> reasons = findings.standing(force);
        if (!reasons.isEmpty()) {
            return new Refused(reasons);
        }
        Device known = seen.get(pool.spm());
        boolean givesUp = seen.values().stream().anyMatch(one -> !one.data().isEmpty());
        return new Admitted(device, known.size(), givesUp, findings.waivable());
    }

    private static void identity(Findings findings, Map<HostId, Device> seen) {
        Map<HostId, String> identities = new LinkedHashMap<>();
        seen.forEach((host, device) -> {
            if (device.identity().isEmpty()) {
                findings.addWaivable(
                        host,
                        "it has neither a WWID nor a serial number, so only the path " + device.path()
                                + " says that every host means the same device");
            } else {
                identities.put(host, device.identity());
            }
        });
        findings.requireSame(
                "the identity",
                identities,
                identity -> identity,
                "the path leads to different devices, name one by"
                        + " its WWID, as below /dev/disk/by-id or /dev/mapper");
    }

    private static void contents(Findings findings, ThePool pool, HostId host, Device device) {
        for (String data : device.data()) {
            findings.addWaivable(host, "it holds " + data);
        }
        device.physical().filter(Device.Physical::taken).ifPresent(physical -> {
            if (physical.groupId().equals(pool.id().value())) {
                findings.add(host, "it was a LUN of this pool, and the pool does not know it: see headroom lun list");
            } else if (physical.group().isEmpty()) {
                findings.add(
                        host,
                        "it belongs to a volume group whose name stands on other devices; free it there with vgreduce"
                                + " and pvremove, or choose another");
            } else {
                findings.add(
                        host,
                        "it belongs to the volume group " + physical.group()
                                + "; free it with vgreduce and pvremove, or choose another");
            }
        });
        for (String use : device.uses()) {
            findings.add(host, "it is in use: " + use);
        }
        if (!device.writable()) {
            findings.add(host, "it can only be read");
        }
    }

    private static void fits(Findings findings, ThePool pool, Collection<DeviceSight> sights) {
        for (DeviceSight sight : sights) {
            sight.device().ifPresent(device -> {
                if (device.paths().isEmpty()) {
                    findings.add(
                            sight.host(),
                            "headroom.pool.devices, which is " + sight.allowed() + ", does not name it; add it there"
                                    + " and start the node again");
                }
                if (sight.poolSector() != 0 && sight.poolSector() != device.sector()) {
                    findings.add(
                            sight.host(),
                            "its sectors have " + device.sector() + " bytes, those of the pool's LUNs "
                                    + sight.poolSector() + "; images would not move between them");
                }
                if (pool.extent().plus(LVM_HEADER).isOver(device.size())) {
                    findings.add(
                            sight.host(),
                            "it has " + device.size() + ", too little for one extent of the pool, which is "
                                    + pool.extent());
                }
            });
        }
    }

    /** The path that every host knows it by, so that nothing else is meant after a failover; else the SPM's own. */
    private static String chosen(Findings findings, ThePool pool, Map<HostId, Device> seen, boolean force) {
        Device spms = seen.get(pool.spm());
        if (spms == null) {
            findings.add("host " + pool.spm() + ", which is the SPM, was not heard; ask again");
            return "";
        }
        List<String> common = new ArrayList<>(spms.paths());
        seen.values().forEach(device -> common.retainAll(device.paths()));
        boolean givesUp = seen.values().stream().anyMatch(one -> !one.data().isEmpty());
        if (common.isEmpty() && force && givesUp) {
            findings.add("no path leads to it on every host: "
                    + seen.entrySet().stream()
                            .map(one -> one.getValue().path() + " on host " + one.getKey())
                            .collect(Collectors.joining(", "))
                    + "; wipe it by hand with wipefs, or give it one name everywhere, before anything is given up");
        }
        List<String> names = common.isEmpty() ? spms.paths() : common;
        return names.contains(spms.path())
                ? spms.path()
                : names.stream().findFirst().orElse("");
    }
}
