package io.headroom.node.qemu;

import io.headroom.model.VmName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;

/** Compares the sockets of a directory with those that were there before. */
final class MonitorCensus {
    /** As many VMs as one host can be expected to run, several times over. */
    static final int MONITORS = 1_000;

    private static final List<String> ENDINGS = List.of(".qmp", ".sock");

    private final Map<VmName, Path> named;
    private final Map<VmName, Path> found = new TreeMap<>();
    private final Set<Path> refused = new HashSet<>();

    /** @param named the VMs whose sockets are configured; a directory cannot give them another */
    MonitorCensus(Map<VmName, Path> named) {
        this.named = Map.copyOf(named);
    }

    /** The sockets that were found and are not among these. */
    List<Path> missing(SortedSet<Path> sockets) {
        return found.values().stream()
                .filter(socket -> !sockets.contains(socket))
                .toList();
    }

    /** What is new since the last count. Each refusal is told once, for as long as its socket stays. */
    List<MonitorSighting> count(SortedSet<Path> sockets) {
        List<MonitorSighting> sightings = new ArrayList<>();
        found.entrySet().removeIf(known -> {
            boolean gone = !sockets.contains(known.getValue());
            if (gone) {
                sightings.add(new MonitorSighting.Gone(known.getKey(), known.getValue()));
            }
            return gone;
        });
        refused.retainAll(sockets);
        for (Path socket : sockets) {
            if (!found.containsValue(socket)) {
                consider(socket).ifPresent(sightings::add);
            }
        }
        return sightings;
    }

    private Optional<MonitorSighting> consider(Path socket) {
        VmName vm;
        try {
            vm = new VmName(nameOf(socket));
        } catch (IllegalArgumentException notAllowed) {
            return refuse(socket, notAllowed.getMessage() + "; rename the socket");
        }
        Path other = named.getOrDefault(vm, found.get(vm));
        if (other != null) {
            return other.equals(socket)
                    ? Optional.empty()
                    : refuse(
                            socket,
                            "VM " + vm + " is reached through " + other + "; one socket is allowed for each VM");
        }
        if (found.size() == MONITORS) {
            return refuse(socket, "there are " + MONITORS + " monitors already, the most allowed");
        }
        found.put(vm, socket);
        refused.remove(socket);
        return Optional.of(new MonitorSighting.Found(vm, socket));
    }

    private Optional<MonitorSighting> refuse(Path socket, String reason) {
        return refused.add(socket) ? Optional.of(new MonitorSighting.Refused(socket, reason)) : Optional.empty();
    }

    private static String nameOf(Path socket) {
        String name = socket.getFileName().toString();
        for (String ending : ENDINGS) {
            if (name.endsWith(ending)) {
                return name.substring(0, name.length() - ending.length());
            }
        }
        return name;
    }
}
