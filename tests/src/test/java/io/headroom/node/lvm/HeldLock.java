package io.headroom.node.lvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** LVM's lock on a group, held by a process until this is closed. */
final class HeldLock implements AutoCloseable {
    private final Process holder;

    private HeldLock(Process holder) {
        this.holder = holder;
    }

    static HeldLock of(String group) throws IOException {
        Path locks = Files.createDirectories(Path.of("/run/lock/lvm"));
        Process holder = new ProcessBuilder(
                        "flock", locks.resolve("V_" + group).toString(), "sh", "-c", "echo held; cat")
                .start();
        if (holder.getInputStream().read() < 0) {
            throw new IOException("the lock of " + group + " cannot be held");
        }
        return new HeldLock(holder);
    }

    @Override
    public void close() throws IOException {
        holder.getOutputStream().close();
        try {
            holder.waitFor(60, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
