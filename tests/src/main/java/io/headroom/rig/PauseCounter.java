package io.headroom.rig;

import io.headroom.model.VmName;
import io.headroom.node.qemu.QemuMonitor;
import io.headroom.node.qemu.QmpLimits;
import io.headroom.port.Qemu;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts how often QEMU stopped a guest, through a monitor that Headroom knows nothing of. */
public final class PauseCounter implements AutoCloseable {
    private final AtomicInteger pauses = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final Qemu monitor;

    PauseCounter(VmName vm, Path socket) {
        this.monitor = QemuMonitor.watch(vm, socket, QmpLimits.DEFAULTS, this::heard);
    }

    private void heard(Qemu.Event event) {
        if (event instanceof Qemu.Event.Stopped) {
            pauses.incrementAndGet();
        } else if (event instanceof Qemu.Event.Connected) {
            connections.incrementAndGet();
        }
    }

    public int pauses() {
        return pauses.get();
    }

    /** Whether the count is whole: one connection, from the guest's start on. */
    public boolean isWhole() {
        return connections.get() == 1;
    }

    @Override
    public void close() {
        monitor.close();
    }
}
