package io.headroom.fake;

import io.headroom.model.Bytes;
import io.headroom.port.Qemu;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A QEMU whose guest writes when it is told to. Every call is complete when it returns, and events are told within it.
 * Without a connection every stage fails and events are lost, as with the real one.
 */
public final class FakeQemu implements Qemu {
    private static final String RUNNING = "running";

    private Consumer<Event> events;
    private int resumes;
    private final Map<String, Thin> disks = new LinkedHashMap<>();
    private String status = RUNNING;
    private boolean connected;
    private boolean closed;

    private static final class Thin {
        private final Disk asOpened;
        private Bytes size;
        private Bytes pointer = Bytes.ZERO;
        private Bytes threshold = Bytes.ZERO;
        private Bytes failedWrite = Bytes.ZERO;
        private boolean ranOut;

        private Thin(Disk asOpened, Bytes size) {
            this.asOpened = asOpened;
            this.size = size;
        }

        private Disk seen() {
            return new Disk(
                    asOpened.node(),
                    asOpened.storageNode(),
                    asOpened.path(),
                    asOpened.format(),
                    asOpened.virtualSize(),
                    asOpened.cluster(),
                    asOpened.bounded() ? size : Bytes.ZERO,
                    asOpened.bounded(),
                    pointer,
                    threshold,
                    ranOut);
        }
    }

    /** @param events takes what this QEMU says, within the call that causes it */
    public FakeQemu(Consumer<Event> events) {
        this.events = events;
    }

    /**
     * Adds a qcow2 disk.
     *
     * @param node its format node; the storage node is called the same with {@code -storage} behind it
     * @param size of the storage
     * @param bounded whether QEMU bounds the storage; otherwise {@link #grow} makes it larger, as LVM would
     */
    public synchronized void attach(String node, String path, Bytes virtualSize, Bytes size, boolean bounded) {
        Disk disk = new Disk(
                node,
                node + "-storage",
                path,
                "qcow2",
                virtualSize,
                Bytes.of(64 << 10),
                Bytes.ZERO,
                bounded,
                Bytes.ZERO,
                Bytes.ZERO,
                false);
        disks.put(node, new Thin(disk, size));
    }

    /** Another one takes what this QEMU says: the node was started again. */
    public synchronized void hear(Consumer<Event> other) {
        events = other;
        closed = false;
    }

    public synchronized boolean isEmpty() {
        return disks.isEmpty();
    }

    /** How often it was told to go on. */
    public synchronized int resumes() {
        return resumes;
    }

    /** A monitor connection stands from now on. */
    public synchronized void connect() {
        connected = true;
        tell(new Event.Connected());
    }

    /** The connection is lost, until {@link #connect()}. */
    public synchronized void disconnect(String cause) {
        tell(new Event.Disconnected(cause));
        connected = false;
    }

    /** An attempt to connect finds that nobody listens any longer. */
    public synchronized void desert() {
        fail(new Event.Deserted());
    }

    /** An attempt to connect fails, and nothing is known of whether somebody listens. */
    public synchronized void failToConnect(String cause) {
        fail(new Event.Disconnected(cause));
    }

    private void fail(Event attempt) {
        connected = false;
        if (!closed) {
            events.accept(attempt);
        }
    }

    /**
     * The guest writes, and the write ends at host offset {@code end} of the disk's storage. Where the storage ends
     * before it, the VM stops, and tries the same write again when it goes on.
     *
     * @return whether the write was done
     */
    public synchronized boolean write(String node, Bytes end) {
        if (!status.equals(RUNNING)) {
            return false;
        }
        Thin disk = disks.get(node);
        disk.pointer = disk.pointer.max(end);
        if (!disk.threshold.isZero() && end.isOver(disk.threshold)) {
            Bytes crossed = disk.threshold;
            disk.threshold = Bytes.ZERO;
            tell(new Event.ThresholdCrossed(disk.asOpened.storageNode(), crossed, end.minus(crossed)));
        }
        boolean fits = disk.size.isAtLeast(end);
        disk.failedWrite = fits ? Bytes.ZERO : end;
        disk.ranOut |= !fits;
        if (!fits) {
            status = "io-error";
            tell(new Event.IoFailed(node, true, true));
            tell(new Event.Stopped());
        }
        return fits;
    }

    /** Writes of every disk are under way at once, each to {@code end}; those that find no room stop the VM together. */
    public synchronized void writeToAll(Bytes end) {
        disks.keySet().forEach(node -> {
            String before = status;
            status = RUNNING;
            write(node, end);
            status = status.equals(RUNNING) ? before : status;
        });
    }

    /** A write within the storage fails once, by an error that no space heals; the VM stops. */
    public synchronized void failWrite(String node) {
        status = "io-error";
        tell(new Event.IoFailed(node, false, true));
        tell(new Event.Stopped());
    }

    /** The storage becomes larger without QEMU being told. */
    public synchronized void grow(String node, Bytes size) {
        disks.get(node).size = size;
    }

    /** A person stops the VM; one that an I/O error stopped stays stopped by it. */
    public synchronized void pause() {
        if (status.equals(RUNNING)) {
            status = "paused";
            tell(new Event.Stopped());
        }
    }

    /** The VM is ended, and with it the connection. */
    public synchronized void end() {
        tell(new Event.ShuttingDown());
        disconnect("QEMU closed the connection");
    }

    @Override
    public synchronized CompletionStage<View> look() {
        return answered(
                () -> new View(status, disks.values().stream().map(Thin::seen).toList()));
    }

    @Override
    public synchronized CompletionStage<Bytes> arm(String storageNode, Bytes threshold) {
        return answered(() -> {
            Thin disk = storage(storageNode);
            disk.threshold = threshold;
            return disk.pointer;
        });
    }

    @Override
    public synchronized CompletionStage<Void> resize(String storageNode, Bytes size) {
        return answered(() -> {
            Thin disk = storage(storageNode);
            if (!disk.asOpened.bounded() || disk.size.isOver(size)) {
                throw new IOException("node \"" + storageNode + "\" cannot be resized to " + size);
            }
            disk.size = size;
            return null;
        });
    }

    @Override
    public synchronized CompletionStage<Void> resume() {
        return answered(() -> {
            resumes++;
            if (!status.equals(RUNNING)) {
                status = RUNNING;
                tell(new Event.Resumed());
                disks.forEach((node, disk) -> {
                    if (!disk.failedWrite.isZero()) {
                        write(node, disk.failedWrite);
                    }
                });
            }
            return null;
        });
    }

    @Override
    public synchronized void close() {
        closed = true;
        connected = false;
    }

    private interface Answer<T> {
        T give() throws IOException;
    }

    private <T> CompletionStage<T> answered(Answer<T> answer) {
        if (!connected) {
            return CompletableFuture.failedFuture(new IOException("no monitor connection"));
        }
        try {
            return CompletableFuture.completedFuture(answer.give());
        } catch (IOException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    private Thin storage(String storageNode) throws IOException {
        for (Thin disk : disks.values()) {
            if (disk.asOpened.storageNode().equals(storageNode)) {
                return disk;
            }
        }
        throw new IOException("QEMU has no node \"" + storageNode + "\"");
    }

    private void tell(Event event) {
        if (connected && !closed) {
            events.accept(event);
        }
    }
}
