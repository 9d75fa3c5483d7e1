package io.headroom.bench;

import io.headroom.cluster.Metadata;
import io.headroom.model.Epoch;
import io.headroom.port.Tenure;
import io.headroom.store.block.Blocks;
import io.headroom.store.block.DeviceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what the SPM has the storage do. */
final class SpmWork {
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong looks = new AtomicLong();
    private final AtomicLong changes = new AtomicLong();

    /**
     * Since the pool was opened.
     *
     * @param reads of the mailbox area, a scan of it among them
     * @param looks at the pool's metadata; with LVM one command each
     * @param changes of the pool's metadata; with LVM one command or more
     */
    record Done(long reads, long writes, long looks, long changes) {
        Done since(Done before) {
            return new Done(
                    reads - before.reads, writes - before.writes, looks - before.looks, changes - before.changes);
        }
    }

    Done done() {
        return new Done(reads.get(), writes.get(), looks.get(), changes.get());
    }

    Blocks counting(Blocks blocks) {
        return new Blocks() {
            @Override
            public String name() {
                return blocks.name();
            }

            @Override
            public long blocks() throws DeviceException {
                return blocks.blocks();
            }

            @Override
            public CompletionStage<ByteBuffer> read(long first, int count) {
                reads.incrementAndGet();
                return blocks.read(first, count);
            }

            @Override
            public CompletionStage<Void> scan(long first, int count, Look look) {
                reads.incrementAndGet();
                return blocks.scan(first, count, look);
            }

            @Override
            public CompletionStage<Void> write(long block, ByteBuffer content) {
                writes.incrementAndGet();
                return blocks.write(block, content);
            }
        };
    }

    Metadata counting(Metadata metadata) {
        return new Metadata() {
            @Override
            public Tenure.Inventory inspect() throws IOException {
                looks.incrementAndGet();
                return metadata.inspect();
            }

            @Override
            public void tag(Epoch epoch) throws IOException {
                metadata.tag(epoch);
            }

            @Override
            public Tenure.Outcome change(Tenure.Change change) throws IOException {
                changes.incrementAndGet();
                return metadata.change(change);
            }
        };
    }
}
