package io.headroom.node;

import io.headroom.cluster.NodeSettings;
import io.headroom.host.HostActor;
import io.headroom.model.VmName;
import io.headroom.node.file.FileNotebook;
import io.headroom.node.qemu.MonitorDirectory;
import io.headroom.node.qemu.MonitorSighting;
import io.headroom.node.qemu.QemuMonitor;
import io.headroom.node.qemu.QmpLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the host which VMs it has, by their QMP sockets. */
final class Monitors implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Monitors.class);

    /** How often the directory is listed where the file system tells nothing. */
    private static final Duration LISTED_EVERY = Duration.ofSeconds(2);

    private final Optional<MonitorDirectory> directory;

    private Monitors(Optional<MonitorDirectory> directory) {
        this.directory = directory;
    }

    /**
     * @param blocking reads and writes the VMs' notes
     * @throws RefusedStart where a socket's name is none for a VM, or the directory cannot be watched
     */
    static Monitors watch(NodeSettings.Monitors settings, ActorRef<HostActor.Command> host, Executor blocking) {
        Map<VmName, Path> named = named(settings);
        if (settings.directory().isEmpty()) {
            named.forEach((vm, socket) -> host.tell(found(vm, socket, blocking)));
            return new Monitors(Optional.empty());
        }
        try {
            return new Monitors(Optional.of(MonitorDirectory.watch(
                    settings.directory().get(), named, LISTED_EVERY, sighting -> tell(host, sighting, blocking))));
        } catch (IOException unwatchable) {
            throw new RefusedStart(
                    "headroom.qemu.directory " + settings.directory().get() + " cannot be watched: "
                            + unwatchable.getMessage(),
                    "raise the system's limit of inotify instances, or name the sockets in headroom.qemu.sockets",
                    unwatchable);
        }
    }

    private static Map<VmName, Path> named(NodeSettings.Monitors settings) {
        Map<VmName, Path> named = new HashMap<>();
        for (Path socket : settings.sockets()) {
            String file = socket.getFileName().toString();
            int dot = file.lastIndexOf('.');
            try {
                Path other = named.put(new VmName(dot > 0 ? file.substring(0, dot) : file), socket);
                if (other != null) {
                    throw new IllegalArgumentException(other + " names the same VM");
                }
            } catch (IllegalArgumentException refused) {
                throw new RefusedStart(
                        "headroom.qemu.sockets has " + socket + ": " + refused.getMessage(),
                        "name each socket like its VM, such as web1.sock",
                        refused);
            }
        }
        return named;
    }

    private static void tell(ActorRef<HostActor.Command> host, MonitorSighting sighting, Executor blocking) {
        if (sighting instanceof MonitorSighting.Found found) {
            host.tell(found(found.vm(), found.socket(), blocking));
        } else if (sighting instanceof MonitorSighting.Gone gone) {
            host.tell(new HostActor.VmGone(gone.vm()));
        } else if (sighting instanceof MonitorSighting.Refused refused) {
            LOG.warn("the socket {} is not guarded: {}", refused.socket(), refused.reason());
        } else if (sighting instanceof MonitorSighting.Unlisted unlisted) {
            LOG.warn("the directory {} cannot be listed: {}; tried again", unlisted.directory(), unlisted.cause());
        } else {
            throw new AssertionError("unhandled " + sighting);
        }
    }

    private static HostActor.VmFound found(VmName vm, Path socket, Executor blocking) {
        return new HostActor.VmFound(
                vm,
                new FileNotebook(socket, vm, blocking),
                events -> QemuMonitor.watch(vm, socket, QmpLimits.DEFAULTS, events));
    }

    @Override
    public void close() throws IOException {
        if (directory.isPresent()) {
            directory.get().close();
        }
    }
}
