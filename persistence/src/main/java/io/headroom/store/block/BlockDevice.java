package io.headroom.store.block;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * A block device or a file on shared storage, read and written in whole blocks with direct I/O, so that what another
 * host wrote is seen and what was written stands on the device.
 *
 * <p>Reads and writes have one thread each and happen in the order in which they were asked for. No method blocks its
 * caller, except opening and closing. A stage fails with a {@link DeviceException}: when the device reports an error,
 * when it has not answered within {@link Settings#limit()}, or at once when {@link Settings#waiting()} orders wait
 * already. What depends on a stage runs on the device's thread unless asked otherwise, and has to be short.
 */
public final class BlockDevice implements Blocks, AutoCloseable {
    /** Bytes of a block: what direct I/O has to be aligned to. */
    public static final int BLOCK = 4096;

    /** The most bytes that one order carries; a larger range goes in several. */
    public static final int CHUNK = 1 << 20;

    private final String name;
    private final FileChannel channel;
    private final Settings settings;
    private final ScheduledExecutorService clock;
    private final Lane reads;
    private final Lane writes;

    /**
     * @param direct past the page cache; without it other hosts do not see what is written, so only tests go without
     * @param limit how long one order may take, waiting included
     * @param waiting how many reads, and how many writes, may wait behind the one at hand
     */
    public record Settings(boolean direct, Duration limit, int waiting) {
        public static final Settings DIRECT = new Settings(true, Duration.ofSeconds(10), 256);

        public Settings {
            if (limit.isNegative() || limit.isZero() || waiting < 1) {
                throw new IllegalArgumentException(
                        "a time limit of " + limit + " with " + waiting + " waiting; allowed is more than 0 of each");
            }
        }
    }

    BlockDevice(String name, FileChannel channel, Settings settings) {
        this(name, channel, settings, clock(name));
    }

    /** @param clock tells when the time limit of an order is over; this device's alone, and ends with it */
    BlockDevice(String name, FileChannel channel, Settings settings, ScheduledExecutorService clock) {
        this.name = name;
        this.channel = channel;
        this.settings = settings;
        this.clock = clock;
        this.reads = new Lane("reads of " + name, clock, settings);
        this.writes = new Lane("writes of " + name, clock, settings);
    }

    private static ScheduledExecutorService clock(String name) {
        ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1, task -> {
            Thread made = new Thread(task, "limits of " + name);
            made.setDaemon(true);
            return made;
        });
        clock.setRemoveOnCancelPolicy(true);
        return clock;
    }

    /**
     * Opens what exists. Blocks.
     *
     * @throws DeviceException naming the path, what is wrong and the next step
     */
    public static BlockDevice open(Path path, Settings settings) throws DeviceException {
        return open(path, settings, Set.of());
    }

    /** The same; where nothing exists, an empty file is made. */
    public static BlockDevice openOrCreate(Path path, Settings settings) throws DeviceException {
        return open(path, settings, Set.of(StandardOpenOption.CREATE));
    }

    private static BlockDevice open(Path path, Settings settings, Set<OpenOption> more) throws DeviceException {
        Set<OpenOption> options = new HashSet<>(more);
        options.add(StandardOpenOption.READ);
        options.add(StandardOpenOption.WRITE);
        try {
            FileChannel.open(path, options).close();
        } catch (IOException | UnsupportedOperationException refused) {
            throw new DeviceException("cannot open " + path + ": " + refused, refused);
        }
        if (settings.direct()) {
            options.add(ExtendedOpenOption.DIRECT);
        }
        try {
            long unit = Files.getFileStore(path).getBlockSize();
            if (settings.direct() && BLOCK % unit != 0) {
                throw new DeviceException("direct I/O on " + path + " wants units of " + unit + " bytes, not " + BLOCK
                        + "; put it on a block device or on a file system with blocks of at most " + BLOCK);
            }
            return new BlockDevice(path.toString(), FileChannel.open(path, options), settings);
        } catch (DeviceException refused) {
            throw refused;
        } catch (IOException | UnsupportedOperationException refused) {
            throw new DeviceException(
                    "direct I/O is not possible on " + path + " (" + refused
                            + "); put it on a block device or on a file system that has it, such as ext4 or XFS",
                    refused);
        }
    }

    @Override
    public long blocks() throws DeviceException {
        try {
            return channel.size() / BLOCK;
        } catch (IOException failed) {
            throw new DeviceException("the size of " + name + " cannot be read: " + failed, failed);
        }
    }

    /** The path that was opened. */
    @Override
    public String name() {
        return name;
    }

    @Override
    public CompletionStage<ByteBuffer> read(long first, int count) {
        ByteBuffer copy = ByteBuffer.allocate(Math.multiplyExact(count, BLOCK));
        return scan(first, count, (block, bytes) -> copy.put(bytes)).thenApply(done -> copy.flip());
    }

    @Override
    public CompletionStage<Void> scan(long first, int count, Look look) {
        if (first < 0 || count < 0) {
            throw new IllegalArgumentException("no range of blocks: " + count + " from " + first);
        }
        int most = CHUNK / BLOCK;
        CompletionStage<Void> done = CompletableFuture.completedFuture(null);
        for (int at = 0; at < count; at += most) {
            long block = first + at;
            int length = Math.min(most, count - at) * BLOCK;
            done = done.thenCompose(before -> readChunk(block, length, look));
        }
        return done;
    }

    private CompletionStage<Void> readChunk(long block, int length, Look look) {
        Lane.Range range = new Lane.Range("read", name, block * BLOCK, length);
        return reads.order(
                range,
                buffer -> {
                    buffer.limit(length);
                    while (buffer.hasRemaining()) {
                        if (channel.read(buffer, range.offset() + buffer.position()) < 0) {
                            throw new DeviceException(range + " failed: it ends at " + channel.size());
                        }
                    }
                },
                buffer -> look.at(block, buffer.limit(length)));
    }

    /** A file grows when it is written behind its end. */
    @Override
    public CompletionStage<Void> write(long block, ByteBuffer content) {
        ByteBuffer bytes = content.duplicate();
        int length = bytes.remaining();
        if (block < 0 || length == 0 || length > CHUNK || length % BLOCK != 0) {
            throw new IllegalArgumentException(
                    length + " bytes at block " + block + "; allowed are whole blocks of " + BLOCK + " up to " + CHUNK);
        }
        Lane.Range range = new Lane.Range("write", name, block * BLOCK, length);
        return writes.order(
                range,
                buffer -> {
                    buffer.put(bytes).flip();
                    while (buffer.hasRemaining()) {
                        channel.write(buffer, range.offset() + buffer.position());
                    }
                    // Measured: as fast as O_DSYNC on a file, faster on a loop device.
                    channel.force(false);
                },
                buffer -> {});
    }

    /**
     * Carries out what was asked for and closes. Blocks, at most for twice the time limit.
     *
     * @throws DeviceException when the device still has an order that it does not answer; it then stays open, because
     *     closing it would hang too
     */
    @Override
    public void close() throws DeviceException {
        reads.close();
        writes.close();
        try {
            if (!reads.awaitEnd(settings.limit()) || !writes.awaitEnd(settings.limit())) {
                throw new DeviceException(name + " is not closed: an order hangs in the kernel; look at its path");
            }
            channel.close();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new DeviceException(name + " is not closed: interrupted", interrupted);
        } catch (DeviceException refused) {
            throw refused;
        } catch (IOException failed) {
            throw new DeviceException(name + " is not closed in order: " + failed, failed);
        } finally {
            clock.shutdown();
        }
    }
}
