package io.headroom.rig;

import io.headroom.model.VmName;
import io.headroom.node.qemu.QemuMonitor;
import io.headroom.node.qemu.QmpLimits;
import io.headroom.port.Qemu;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Counts how often QEMU stopped a guest, through a monitor that Headroom knows nothing of. A connection that is lost is
 * built again, and QEMU itself is asked what became of the guest meanwhile.
 */
public final class PauseCounter implements AutoCloseable {
    /** More than a starved machine keeps QEMU waiting: who only looks on is in no hurry. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    static final QmpLimits LIMITS = new QmpLimits(
            PATIENCE,
            PATIENCE,
            PATIENCE,
            QmpLimits.DEFAULTS.firstRetry(),
            QmpLimits.DEFAULTS.lastRetry(),
            QmpLimits.DEFAULTS.lineBytes(),
            QmpLimits.DEFAULTS.commands());

    private final AtomicInteger pauses = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger losses = new AtomicInteger();
    /** The first connection may stand before the constructor has its monitor. */
    private final CompletableFuture<Qemu> watching = new CompletableFuture<>();

    private final Qemu monitor;

    PauseCounter(VmName vm, Path socket) {
        this.monitor = QemuMonitor.watch(vm, socket, LIMITS, this::heard);
        watching.complete(monitor);
    }

    private void heard(Qemu.Event event) {
        if (event instanceof Qemu.Event.Stopped) {
            pauses.incrementAndGet();
        } else if (event instanceof Qemu.Event.Connected) {
            if (connections.incrementAndGet() == 1) {
                watching.thenCompose(Qemu::look).whenComplete(this::begin);
            }
        } else if (event instanceof Qemu.Event.Disconnected) {
            losses.incrementAndGet();
        }
    }

    /** A guest may have run out before anybody could watch it; what QEMU said before its answer was heard before. */
    private void begin(Qemu.View first, Throwable unanswered) {
        if (unanswered != null) {
            losses.incrementAndGet();
        } else if (first.isStoppedByIoError()) {
            pauses.compareAndSet(0, 1);
        }
    }

    public int pauses() {
        return pauses.get();
    }

    /**
     * Whether the count is whole: the guest was watched from its start on, or else it runs, and QEMU, which never
     * forgets it, says that no disk has ever run out. Waits for QEMU's answer, a minute at most.
     */
    public boolean isWhole() {
        if (connections.get() == 1 && losses.get() == 0) {
            return true;
        }
        AtomicReference<Qemu.View> seen = new AtomicReference<>();
        try {
            Watch.until("QEMU answers its onlooker", PATIENCE, () -> {
                seen.set(look());
                return seen.get() != null;
            });
        } catch (TimeoutException silent) {
            return false;
        }
        return seen.get().status().equals("running")
                && seen.get().disks().stream().noneMatch(Qemu.Disk::ranOut);
    }

    /** Null where QEMU does not answer. */
    private Qemu.View look() {
        return monitor.look()
                .handle((view, silent) -> view)
                .toCompletableFuture()
                .join();
    }

    @Override
    public void close() {
        monitor.close();
    }
}
