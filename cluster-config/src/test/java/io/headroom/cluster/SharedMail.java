package io.headroom.cluster;

import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.model.HostId;
import io.headroom.port.HostMail;
import io.headroom.port.SpmMail;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/** A mailbox in memory that all nodes of a test share. */
final class SharedMail implements HostMail {
    /** An SPM that no node knows keeps beating. */
    volatile boolean beats;

    private final Map<HostId, OutgoingBlock> blocks = new HashMap<>();
    private Header header;
    private long beat;

    synchronized void beat(HostId spm, String address) {
        header = Blocks.header(1, ++beat, spm.value(), address);
    }

    @Override
    public synchronized CompletionStage<Void> post(OutgoingBlock block) {
        blocks.put(block.host(), block);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> ring() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public synchronized CompletionStage<Arrived> read(int incoming) {
        if (beats) {
            beat(new HostId(2000), "127.0.0.1:1");
        }
        return CompletableFuture.completedFuture(new Arrived(Optional.ofNullable(header), List.of(), List.of()));
    }

    @Override
    public synchronized CompletionStage<Left> previous() {
        return CompletableFuture.completedFuture(new Left(Optional.empty(), Optional.empty()));
    }

    /** The same for a node whose reading fails while {@code blind}. */
    HostMail unless(BooleanSupplier blind) {
        return new HostMail() {
            @Override
            public CompletionStage<Void> post(OutgoingBlock block) {
                return SharedMail.this.post(block);
            }

            @Override
            public CompletionStage<Void> ring() {
                return SharedMail.this.ring();
            }

            @Override
            public CompletionStage<Arrived> read(int incoming) {
                return blind.getAsBoolean()
                        ? CompletableFuture.failedFuture(new IOException("the storage is away"))
                        : SharedMail.this.read(incoming);
            }

            @Override
            public CompletionStage<Left> previous() {
                return SharedMail.this.previous();
            }
        };
    }

    SpmMail reader() {
        return new Reader();
    }

    private final class Reader implements SpmMail {
        private final Map<HostId, OutgoingBlock> returned = new HashMap<>();

        @Override
        public CompletionStage<Collected> scan() {
            synchronized (SharedMail.this) {
                List<OutgoingBlock> changed = new ArrayList<>();
                blocks.forEach((host, block) -> {
                    if (!block.equals(returned.put(host, block))) {
                        changed.add(block);
                    }
                });
                return CompletableFuture.completedFuture(new Collected(changed, List.of()));
            }
        }

        @Override
        public CompletionStage<Collected> collect(HostId host) {
            return scan();
        }

        @Override
        public CompletionStage<Long> bell() {
            return CompletableFuture.completedFuture(0L);
        }

        @Override
        public CompletionStage<Void> answer(IncomingBlock block) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<Optional<IncomingBlock>> standing(HostId host, int index) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
    }
}
