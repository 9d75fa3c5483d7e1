package io.headroom.fake;

import io.headroom.store.block.BlockDevice;
import io.headroom.store.block.Blocks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Shared storage in memory. Every call is complete when it returns, and fails for as long as the test says so. */
public final class FakeBlocks implements Blocks {
    private final byte[] bytes;
    private Optional<String> readsFail = Optional.empty();
    private Optional<String> writesFail = Optional.empty();
    private final Set<Long> badSectors = new HashSet<>();

    public FakeBlocks(long blocks) {
        this.bytes = new byte[Math.toIntExact(blocks * BlockDevice.BLOCK)];
    }

    public synchronized void failReads(String cause) {
        readsFail = Optional.of(cause);
    }

    public synchronized void failWrites(String cause) {
        writesFail = Optional.of(cause);
    }

    /** This block cannot be read; who writes it mends it. */
    public synchronized void spoil(long block) {
        badSectors.add(block);
    }

    public synchronized void work() {
        readsFail = Optional.empty();
        writesFail = Optional.empty();
    }

    @Override
    public String name() {
        return "the storage in memory";
    }

    @Override
    public long blocks() {
        return bytes.length / BlockDevice.BLOCK;
    }

    @Override
    public synchronized CompletionStage<ByteBuffer> read(long first, int count) {
        if (readsFail.isPresent()) {
            return CompletableFuture.failedFuture(new IOException(readsFail.get()));
        }
        if (badSectors.stream().anyMatch(bad -> bad >= first && bad < first + count)) {
            return CompletableFuture.failedFuture(new IOException("Input/output error"));
        }
        ByteBuffer copy = ByteBuffer.allocate(count * BlockDevice.BLOCK);
        copy.put(bytes, Math.toIntExact(first * BlockDevice.BLOCK), copy.capacity());
        return CompletableFuture.completedFuture(copy.flip());
    }

    @Override
    public CompletionStage<Void> scan(long first, int count, Look look) {
        return read(first, count).thenAccept(read -> look.at(first, read));
    }

    @Override
    public synchronized CompletionStage<Void> write(long block, ByteBuffer content) {
        if (writesFail.isPresent()) {
            return CompletableFuture.failedFuture(new IOException(writesFail.get()));
        }
        badSectors.removeIf(bad -> bad >= block && bad < block + content.remaining() / BlockDevice.BLOCK);
        content.duplicate().get(bytes, Math.toIntExact(block * BlockDevice.BLOCK), content.remaining());
        return CompletableFuture.completedFuture(null);
    }
}
