package io.headroom.store.block;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A file that hangs or reports errors where a test says so, as a device with lost paths does. */
public final class FaultyChannel extends FileChannel {
    private final FileChannel file;
    private final AtomicInteger hanging = new AtomicInteger();
    private volatile CountDownLatch reads = new CountDownLatch(0);
    private volatile CountDownLatch writes = new CountDownLatch(0);
    private volatile long failsFrom = Long.MAX_VALUE;
    private final Set<Long> badSectors = ConcurrentHashMap.newKeySet();
    private final AtomicInteger failed = new AtomicInteger();

    public FaultyChannel(FileChannel file) {
        this.file = file;
    }

    /** A device on this channel. */
    public BlockDevice device(BlockDevice.Settings settings) {
        return new BlockDevice("the faulty device", this, settings);
    }

    /** The same, with time limits that end when a test says so. */
    BlockDevice device(BlockDevice.Settings settings, HeldLimits limits) {
        return new BlockDevice("the faulty device", this, settings, limits);
    }

    public void hang() {
        reads = new CountDownLatch(1);
        hangWrites();
    }

    public void hangWrites() {
        writes = new CountDownLatch(1);
    }

    public void answer() {
        reads.countDown();
        writes.countDown();
    }

    /** How many reads and writes hang now. */
    public int hanging() {
        return hanging.get();
    }

    /** Reads at this offset and behind it fail. */
    public void failFrom(long offset) {
        failsFrom = offset;
    }

    /** Reads of this block fail until it is written. */
    public void spoil(long block) {
        badSectors.add(block * BlockDevice.BLOCK);
    }

    /** How many reads have failed. */
    public int failed() {
        return failed.get();
    }

    private void suffer(CountDownLatch answers) {
        hanging.incrementAndGet();
        try {
            answers.await();
        } catch (InterruptedException interrupted) {
            throw new AssertionError("a thread in the kernel cannot be interrupted", interrupted);
        } finally {
            hanging.decrementAndGet();
        }
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
        suffer(reads);
        long end = position + into.remaining();
        if (position >= failsFrom || badSectors.stream().anyMatch(bad -> bad >= position && bad < end)) {
            failed.incrementAndGet();
            throw new IOException("Input/output error");
        }
        return file.read(into, position);
    }

    @Override
    public int write(ByteBuffer from, long position) throws IOException {
        suffer(writes);
        long end = position + from.remaining();
        badSectors.removeIf(bad -> bad >= position && bad < end);
        return file.write(from, position);
    }

    @Override
    public long size() throws IOException {
        return file.size();
    }

    @Override
    public void force(boolean metaData) throws IOException {
        file.force(metaData);
    }

    @Override
    protected void implCloseChannel() throws IOException {
        file.close();
    }

    @Override
    public int read(ByteBuffer into) {
        throw new AssertionError("not used");
    }

    @Override
    public long read(ByteBuffer[] into, int offset, int length) {
        throw new AssertionError("not used");
    }

    @Override
    public int write(ByteBuffer from) {
        throw new AssertionError("not used");
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) {
        throw new AssertionError("not used");
    }

    @Override
    public long position() {
        throw new AssertionError("not used");
    }

    @Override
    public FileChannel position(long newPosition) {
        throw new AssertionError("not used");
    }

    @Override
    public FileChannel truncate(long size) {
        throw new AssertionError("not used");
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
        throw new AssertionError("not used");
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
        throw new AssertionError("not used");
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
        throw new AssertionError("not used");
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
        throw new AssertionError("not used");
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
        throw new AssertionError("not used");
    }
}
