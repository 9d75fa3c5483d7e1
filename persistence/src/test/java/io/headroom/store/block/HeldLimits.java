package io.headroom.store.block;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Time limits that are over when a test says so, and never by themselves. */
final class HeldLimits extends ScheduledThreadPoolExecutor {
    private final Queue<Runnable> held = new ConcurrentLinkedQueue<>();

    HeldLimits() {
        super(1, task -> {
            Thread made = new Thread(task, "held limits");
            made.setDaemon(true);
            return made;
        });
        setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable limit, long delay, TimeUnit unit) {
        held.add(limit);
        return super.schedule(limit, 1, TimeUnit.DAYS);
    }

    /** All that were set so far are over, in the order in which they were set. */
    void end() {
        for (Runnable limit = held.poll(); limit != null; limit = held.poll()) {
            limit.run();
        }
    }
}
