package io.headroom.chaos;

import io.headroom.store.block.BlockDevice;
import io.headroom.store.mailbox.Layout;
import io.headroom.store.mailbox.MailboxArea;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/** The mailbox's bytes, past everybody who has a right to them. */
final class MailboxBlocks implements AutoCloseable {
    private final BlockDevice device;
    private final Layout layout;

    private MailboxBlocks(BlockDevice device, Layout layout) {
        this.device = device;
        this.layout = layout;
    }

    static MailboxBlocks open(Path mailbox) throws IOException {
        BlockDevice device = BlockDevice.open(mailbox, BlockDevice.Settings.DIRECT);
        return new MailboxBlocks(
                device,
                MailboxArea.identify(device).toCompletableFuture().join().layout());
    }

    Layout layout() {
        return layout;
    }

    /** Torn, erased, or with one bit turned over. */
    void corrupt(long block, RandomGenerator chance) {
        ByteBuffer bytes = read(block);
        int kind = chance.nextInt(3);
        if (kind == 0) {
            int from = chance.nextInt(BlockDevice.BLOCK / 512) * 512;
            for (int i = from; i < BlockDevice.BLOCK; i++) {
                bytes.put(i, (byte) chance.nextInt());
            }
        } else if (kind == 1) {
            for (int i = 0; i < BlockDevice.BLOCK; i++) {
                bytes.put(i, (byte) 0);
            }
        } else {
            int at = chance.nextInt(BlockDevice.BLOCK);
            bytes.put(at, (byte) (bytes.get(at) ^ 1 << chance.nextInt(8)));
        }
        write(block, bytes);
    }

    void swap(long one, long other) {
        ByteBuffer kept = read(one);
        write(one, read(other));
        write(other, kept);
    }

    private ByteBuffer read(long block) {
        return device.read(block, 1).toCompletableFuture().join();
    }

    private void write(long block, ByteBuffer bytes) {
        device.write(block, bytes).toCompletableFuture().join();
    }

    @Override
    public void close() throws IOException {
        device.close();
    }
}
