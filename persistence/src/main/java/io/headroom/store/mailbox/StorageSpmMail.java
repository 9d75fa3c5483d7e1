package io.headroom.store.mailbox;

import io.headroom.mailbox.IncomingBlock;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.port.SpmMail;
import io.headroom.store.block.Blocks;
import io.headroom.store.block.Blocks.Look;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * All hosts' blocks, as the SPM reads and answers them. A scan reads the first blocks of all hosts in one range, then
 * the further ones of the hosts that use them. A block that the device cannot read is the affair of its host alone.
 */
final class StorageSpmMail implements SpmMail {
    private final Blocks device;
    private final PassableBlocks posted;
    private final Identity identity;
    private final Layout layout;
    private final SeenBlocks seen;
    private final AtomicBoolean reading = new AtomicBoolean();

    StorageSpmMail(Blocks device, Identity identity) {
        this.device = device;
        this.posted = new PassableBlocks(device);
        this.identity = identity;
        this.layout = identity.layout();
        this.seen = new SeenBlocks(identity);
    }

    @Override
    public CompletionStage<Collected> scan() {
        return exclusively(() -> readFirst(1, layout.hosts()).thenCompose(read -> {
            CompletionStage<Void> done = read();
            for (int host = 1; host <= layout.hosts(); host++) {
                done = andFurther(host, done);
            }
            return done;
        }));
    }

    @Override
    public CompletionStage<Collected> collect(HostId host) {
        posted.wereWritten(layout.outgoing(host, 0), 1);
        posted.wereWritten(layout.outgoing(host, 1), Limits.BLOCKS_PER_HOST - 1);
        return exclusively(() -> readFirst(host.value(), 1).thenCompose(read -> andFurther(host.value(), read())));
    }

    private CompletionStage<Collected> exclusively(Supplier<CompletionStage<Void>> read) {
        if (!reading.compareAndSet(false, true)) {
            throw new IllegalStateException("a scan is under way; one reader reads one at a time");
        }
        return read.get().thenApply(done -> seen.take()).whenComplete((news, failure) -> reading.set(false));
    }

    private CompletionStage<Void> readFirst(int firstHost, int hosts) {
        long base = layout.outgoing(new HostId(firstHost), 0);
        return posted.scan(
                base,
                hosts,
                eachBlock((block, bytes) -> seen.see((int) (block - base) + firstHost, 0, bytes)),
                (block, cause) -> seen.miss((int) (block - base) + firstHost, 0, cause));
    }

    private CompletionStage<Void> andFurther(int host, CompletionStage<Void> before) {
        int further = seen.inUse(host) - 1;
        if (further == 0) {
            return before;
        }
        long base = layout.outgoing(new HostId(host), 1);
        return before.thenCompose(done -> posted.scan(
                base,
                further,
                eachBlock((block, bytes) -> seen.see(host, (int) (block - base) + 1, bytes)),
                (block, cause) -> seen.miss(host, (int) (block - base) + 1, cause)));
    }

    /** Moves position and limit over the chunk instead of slicing it, so that what did not change costs no memory. */
    private static Look eachBlock(Look look) {
        return (first, bytes) -> {
            int blocks = bytes.limit() / Frame.SIZE;
            for (int i = 0; i < blocks; i++) {
                bytes.limit((i + 1) * Frame.SIZE).position(i * Frame.SIZE);
                look.at(first + i, bytes);
            }
        };
    }

    private static CompletionStage<Void> read() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Long> bell() {
        return device.read(Layout.BELL, 1).thenApply(BellBlock::value);
    }

    @Override
    public CompletionStage<Void> answer(IncomingBlock block) {
        if (!block.pool().equals(identity.pool())) {
            throw new IllegalArgumentException("an answer of pool " + block.pool() + " in pool " + identity.pool());
        }
        return device.write(layout.incoming(block.host(), block.index()), IncomingCodec.encode(block));
    }

    /** Empty also where the block cannot be believed: it is then certainly not the SPM's last word. */
    @Override
    public CompletionStage<Optional<IncomingBlock>> standing(HostId host, int index) {
        return device.read(layout.incoming(host, index), 1).thenApply(bytes -> found(bytes, host, index));
    }

    private Optional<IncomingBlock> found(ByteBuffer bytes, HostId host, int index) {
        return IncomingCodec.decode(bytes, identity.pool(), host, index) instanceof Decoded.Good<IncomingBlock> good
                ? Optional.of(good.value())
                : Optional.empty();
    }
}
