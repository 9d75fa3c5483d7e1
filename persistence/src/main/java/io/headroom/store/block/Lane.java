package io.headroom.store.block;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One thread that carries out a device's orders of one kind in the order in which they were given. Where an order hangs
 * in the kernel, the ones behind it run into their time limits and are never begun, so that no late write can overtake
 * a newer one.
 */
final class Lane {
    private final ScheduledExecutorService clock;
    private final Duration limit;
    private final ThreadPoolExecutor thread;
    /** Touched by the lane's thread alone: an order that hangs keeps it to itself. */
    private final ByteBuffer buffer;

    Lane(String name, ScheduledExecutorService clock, BlockDevice.Settings settings) {
        this.clock = clock;
        this.limit = settings.limit();
        this.buffer = ByteBuffer.allocateDirect(BlockDevice.CHUNK + BlockDevice.BLOCK)
                .alignedSlice(BlockDevice.BLOCK)
                .limit(BlockDevice.CHUNK)
                .slice();
        this.thread = new ThreadPoolExecutor(
                1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(settings.waiting()), task -> {
                    Thread made = new Thread(task, name);
                    made.setDaemon(true);
                    return made;
                });
    }

    /** What an order does on the device; it fills or empties the lane's buffer. */
    @FunctionalInterface
    interface Transfer {
        void run(ByteBuffer buffer) throws IOException;
    }

    /** Gives an order; {@code then} runs on the lane's thread after the device has answered in time. */
    CompletionStage<Void> order(Range range, Transfer transfer, Transfer then) {
        Order order = new Order(range, transfer, then);
        try {
            order.timer = clock.schedule(order::expire, limit.toNanos(), TimeUnit.NANOSECONDS);
            thread.execute(order);
        } catch (RejectedExecutionException refused) {
            order.stopTimer();
            order.answer.completeExceptionally(new DeviceException(
                    thread.isShutdown()
                            ? range + " was not begun: the device is closed"
                            : range + " was not begun: " + thread.getQueue().size()
                                    + " orders wait already, the most that may; ask again later",
                    refused));
        }
        return order.answer;
    }

    void close() {
        thread.shutdown();
    }

    boolean awaitEnd(Duration longest) throws InterruptedException {
        return thread.awaitTermination(longest.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Where an order goes, in an operator's words. */
    record Range(String verb, String device, long offset, int length) {
        @Override
        public String toString() {
            return "the " + verb + " of " + length + " bytes at offset " + offset + " of " + device;
        }
    }

    private enum Phase {
        WAITING,
        BEGUN,
        OVER
    }

    private final class Order implements Runnable {
        private final Range range;
        private final Transfer transfer;
        private final Transfer then;
        private final CompletableFuture<Void> answer = new CompletableFuture<>();
        private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.WAITING);
        private volatile Future<?> timer;

        Order(Range range, Transfer transfer, Transfer then) {
            this.range = range;
            this.transfer = transfer;
            this.then = then;
        }

        @Override
        public void run() {
            if (!phase.compareAndSet(Phase.WAITING, Phase.BEGUN)) {
                return;
            }
            IOException failure = attempt(transfer);
            if (!phase.compareAndSet(Phase.BEGUN, Phase.OVER)) {
                return;
            }
            stopTimer();
            try {
                settle(failure != null ? failure : attempt(then));
            } catch (Error broken) {
                answer.completeExceptionally(broken);
                throw broken;
            }
        }

        private void stopTimer() {
            if (timer != null) {
                timer.cancel(false);
            }
        }

        private IOException attempt(Transfer step) {
            try {
                step.run(buffer.clear());
                return null;
            } catch (DeviceException failed) {
                return failed;
            } catch (IOException | RuntimeException failed) {
                return new DeviceException(range + " failed: " + failed, failed);
            }
        }

        private void settle(IOException failure) {
            if (failure == null) {
                answer.complete(null);
            } else {
                answer.completeExceptionally(failure);
            }
        }

        private void expire() {
            if (phase.compareAndSet(Phase.WAITING, Phase.OVER)) {
                thread.remove(this);
                settle(new DeviceException(range + " was not begun within " + limit.toMillis()
                        + " ms: an earlier order hangs; look at the device's path and at the kernel's log"));
            } else if (phase.compareAndSet(Phase.BEGUN, Phase.OVER)) {
                settle(new DeviceException(range + " has no answer after " + limit.toMillis()
                        + " ms; it may still happen; look at the device's path and at the kernel's log"));
            }
        }
    }
}
