package io.headroom.lun;

import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Collects what speaks against a device; what several hosts say is said once, with their numbers. */
final class Findings {
    private final int hosts;
    private final Map<Finding, SortedSet<HostId>> found = new LinkedHashMap<>();

    private record Finding(String text, boolean waivable) {}

    /** @param hosts that were heard */
    Findings(int hosts) {
        this.hosts = hosts;
    }

    /** Nothing lifts it. */
    void add(HostId host, String text) {
        put(host, new Finding(text, false));
    }

    /** About the whole pool, or about several hosts that the text names. */
    void add(String text) {
        found.put(new Finding(text, false), new TreeSet<>());
    }

    /** {@code --force} lifts it. */
    void addWaivable(HostId host, String text) {
        put(host, new Finding(text, true));
    }

    private void put(HostId host, Finding finding) {
        found.computeIfAbsent(finding, none -> new TreeSet<>()).add(host);
    }

    /** Whoever does not see the device, or was not heard. */
    void missing(Collection<DeviceSight> sights, Set<HostId> silent) {
        for (DeviceSight sight : sights) {
            if (sight.device().isEmpty()) {
                add(sight.host(), sight.problem());
            }
        }
        for (HostId host : new TreeSet<>(silent)) {
            addWaivable(
                    host,
                    "it lives, by its signs on the storage, but does not answer over the network, so what it sees is"
                            + " not known");
        }
    }

    void sizes(Map<HostId, Device> seen) {
        Map<HostId, Bytes> sizes = new LinkedHashMap<>();
        seen.forEach((host, device) -> sizes.put(host, device.size()));
        requireSame(
                "the size",
                sizes,
                size -> size + " (" + size.value() + " bytes)",
                "where it is old, have the kernel look again: echo 1 > /sys/class/block/NAME/device/rescan, and for a"
                        + " multipath map: multipathd resize map NAME");
    }

    /** The hosts differ in {@code what}, and must not. */
    <T> void requireSame(String what, Map<HostId, T> values, Function<T, String> shown, String next) {
        Map<T, SortedSet<HostId>> groups = new LinkedHashMap<>();
        values.forEach((host, value) ->
                groups.computeIfAbsent(value, none -> new TreeSet<>()).add(host));
        if (groups.size() > 1) {
            add(what + " differs: "
                    + groups.entrySet().stream()
                            .map(group -> shown.apply(group.getKey()) + " on " + named(group.getValue()))
                            .collect(Collectors.joining(", "))
                    + "; " + next);
        }
    }

    /** What stands against it. */
    List<String> standing(boolean force) {
        return found.entrySet().stream()
                .filter(entry -> !force || !entry.getKey().waivable())
                .map(entry -> text(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** What {@code --force} lifts, in words. */
    List<String> waivable() {
        List<String> waivable = new ArrayList<>();
        found.forEach((finding, by) -> {
            if (finding.waivable()) {
                waivable.add(place(finding, by));
            }
        });
        return waivable;
    }

    private String text(Finding finding, SortedSet<HostId> by) {
        return place(finding, by) + (finding.waivable() ? "; --force does it all the same" : "");
    }

    private String place(Finding finding, SortedSet<HostId> by) {
        boolean everywhere = by.isEmpty() || by.size() == hosts && hosts > 1;
        return everywhere ? finding.text() : named(by) + ": " + finding.text();
    }

    static String named(Collection<HostId> hosts) {
        String numbers = hosts.stream().map(HostId::toString).collect(Collectors.joining(", "));
        return (hosts.size() == 1 ? "host " : "hosts ") + numbers;
    }
}
