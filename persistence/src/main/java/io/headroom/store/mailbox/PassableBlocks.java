package io.headroom.store.mailbox;

import io.headroom.port.Cause;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.block.Blocks;
import java.util.NavigableMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Looks at ranges of a device of which some blocks may be unreadable. Such a block is told and passed over, for ever
 * more looks, up to {@link #LONGEST_PAUSE}; then it is tried again. Where the first block of the area cannot be read
 * either, or more than {@link #MOST_UNREADABLE} cannot, it is the device that fails.
 *
 * <p>Safe for use by several threads.
 */
final class PassableBlocks {
    static final int MOST_UNREADABLE = 64;

    /** In looks; a block that cannot be read may take the device many seconds each time. */
    static final int LONGEST_PAUSE = 8;

    private static final int AT_ONCE = BlockDevice.CHUNK / BlockDevice.BLOCK;

    /** @param left looks in which it is passed over before it is tried again */
    private record Pause(int looks, int left) {}

    private final Blocks device;
    private final NavigableMap<Long, Pause> unreadable = new ConcurrentSkipListMap<>();

    PassableBlocks(Blocks device) {
        this.device = device;
    }

    /** Hears of a block that cannot be read. */
    @FunctionalInterface
    interface Loss {
        void of(long block, String cause);
    }

    CompletionStage<Void> scan(long first, int count, Blocks.Look look, Loss loss) {
        CompletionStage<Void> done = CompletableFuture.completedFuture(null);
        long end = first + count;
        long at = first;
        while (at < end) {
            long from = at;
            if (isPassedOver(at)) {
                at++;
            } else {
                while (at < end && at - from < AT_ONCE && (at == from || !unreadable.containsKey(at))) {
                    at++;
                }
                int length = (int) (at - from);
                done = done.thenCompose(before -> part(from, length, look, loss));
            }
        }
        return done.whenComplete((read, failure) -> {
            if (failure != null) {
                unreadable.clear();
            }
        });
    }

    /** Somebody says that these were written, which mends them: those that were passed over before are tried next. */
    void wereWritten(long first, int count) {
        unreadable
                .subMap(first, first + count)
                .replaceAll((block, pause) -> pause.left() < pause.looks() ? new Pause(pause.looks(), 0) : pause);
    }

    private boolean isPassedOver(long block) {
        Pause pause = unreadable.get(block);
        if (pause == null || pause.left() == 0) {
            return false;
        }
        unreadable.put(block, new Pause(pause.looks(), pause.left() - 1));
        return true;
    }

    private CompletionStage<Void> part(long first, int count, Blocks.Look look, Loss loss) {
        return device.scan(first, count, look)
                .thenAccept(read -> unreadable.subMap(first, first + count).clear())
                .exceptionallyCompose(failure -> singly(first, count, look, loss));
    }

    private CompletionStage<Void> singly(long first, int count, Blocks.Look look, Loss loss) {
        CompletionStage<Void> done = CompletableFuture.completedFuture(null);
        for (long at = first; at < first + count; at++) {
            long block = at;
            done = done.thenCompose(before -> device.scan(block, 1, look)
                    .thenAccept(read -> unreadable.remove(block))
                    .exceptionallyCompose(failure ->
                            device.read(Layout.IDENTITY, 1).thenCompose(deviceIsThere -> lost(block, failure, loss))));
        }
        return done;
    }

    private CompletionStage<Void> lost(long block, Throwable failure, Loss loss) {
        if (unreadable.size() >= MOST_UNREADABLE && !unreadable.containsKey(block)) {
            return CompletableFuture.failedFuture(failure);
        }
        int before = unreadable.getOrDefault(block, new Pause(0, 0)).looks();
        int pause = before == 0 ? 1 : Math.min(LONGEST_PAUSE, 2 * before);
        unreadable.put(block, new Pause(pause, pause));
        loss.of(block, Cause.of(failure));
        return CompletableFuture.completedFuture(null);
    }
}
