package io.headroom.node.qemu;

import io.headroom.model.VmName;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the host's QMP sockets: those that are configured, and every socket in a directory, called like its VM with
 * {@code .qmp}, {@code .sock} or nothing after the name. A socket that is dropped in is found at once; the periodic
 * listing makes sure where the file system's notifications are lost or missing.
 */
public final class MonitorDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MonitorDirectory.class);
    private static final int ENTRIES = 10_000;
    private static final int FILE_TYPE = 0170000;
    private static final int SOCKET = 0140000;

    private final Path directory;
    private final Duration floor;
    private final MonitorCensus census;
    private final Listeners listeners = Listeners.ofTheKernel();
    private final Consumer<MonitorSighting> sightings;
    private final Thread thread;
    private final WatchService watch;
    private WatchKey key;
    private String trouble;

    private MonitorDirectory(
            Path directory, Map<VmName, Path> named, Duration floor, Consumer<MonitorSighting> sightings)
            throws IOException {
        this.directory = directory;
        this.floor = floor;
        this.census = new MonitorCensus(named);
        this.sightings = sightings;
        this.watch = directory.getFileSystem().newWatchService();
        this.thread = new Thread(() -> observe(named), "monitor-directory");
        thread.setDaemon(true);
    }

    /**
     * Begins to watch, and returns at once.
     *
     * @param directory where sockets appear; it need not exist yet
     * @param named VMs whose sockets are configured: found once, at the start, and never gone
     * @param floor the time between two listings
     * @param sightings takes what is seen, on the directory's own thread
     * @throws IOException where the file system cannot be watched: its limit of watches is reached
     */
    public static MonitorDirectory watch(
            Path directory, Map<VmName, Path> named, Duration floor, Consumer<MonitorSighting> sightings)
            throws IOException {
        MonitorDirectory watching = new MonitorDirectory(directory, named, floor, sightings);
        watching.thread.start();
        return watching;
    }

    /** Ends the watch; what was found is not told as gone. */
    @Override
    public void close() throws IOException {
        watch.close();
    }

    private void observe(Map<VmName, Path> named) {
        named.forEach((vm, socket) -> sightings.accept(new MonitorSighting.Found(vm, socket)));
        try {
            while (true) {
                list();
                awaitChange();
            }
        } catch (ClosedWatchServiceException closed) {
            LOG.debug("monitors are no longer looked for in {}", directory);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private void list() {
        try {
            if (key == null || !key.isValid()) {
                // Before the listing, so that nothing can slip in between.
                key = directory.register(
                        watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            }
            SortedSet<Path> sockets = sockets();
            trouble = null;
            // A second start of a VM removes the socket of the first, which lives and has its volumes open.
            census.missing(sockets).stream()
                    .filter(socket -> listeners.at(socket) != Listeners.Sight.NOBODY)
                    .forEach(sockets::add);
            census.count(sockets).forEach(sightings);
        } catch (IOException unreadable) {
            String cause = unreadable.getClass().getSimpleName() + ": " + unreadable.getMessage();
            if (!cause.equals(trouble)) {
                trouble = cause;
                sightings.accept(new MonitorSighting.Unlisted(directory, cause));
            }
        }
    }

    private SortedSet<Path> sockets() throws IOException {
        SortedSet<Path> sockets = new TreeSet<>();
        int entries = 0;
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path entry : stream) {
                if (++entries > ENTRIES) {
                    throw new IOException("more than " + ENTRIES + " files; use a directory for QMP sockets alone");
                }
                if (isSocket(entry)) {
                    sockets.add(entry);
                }
            }
        }
        return sockets;
    }

    private static boolean isSocket(Path entry) throws IOException {
        try {
            return ((int) Files.getAttribute(entry, "unix:mode") & FILE_TYPE) == SOCKET;
        } catch (NoSuchFileException vanished) {
            return false;
        }
    }

    private void awaitChange() throws InterruptedException {
        WatchKey signalled = watch.poll(floor.toMillis(), TimeUnit.MILLISECONDS);
        if (signalled != null) {
            signalled.pollEvents();
            signalled.reset();
        }
    }
}
