package io.headroom.cluster;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * The right to change the pool as a lock of the operating system on a file. The lock ends with the process and never
 * before: while its holder is frozen, nobody gets it.
 */
public final class FileLease extends ProcessLease {
    private final Path file;
    private final String holder;
    private final Metadata.Source source;

    /**
     * @param file exists; nothing else may open it
     * @param holder who we are, in words for an operator
     * @param executor runs what blocks; must outlive every tenure
     */
    public FileLease(Path file, String holder, Metadata.Source source, Executor executor) {
        super("the lease " + file, executor);
        this.file = file;
        this.holder = holder;
        this.source = source;
    }

    @Override
    public LeaseState look() throws IOException {
        return new LeaseState(
                "a lock of the operating system",
                file.toString(),
                KernelLocks.isLocked(file, KernelLocks.USUAL),
                LockedFile.holderOf(file));
    }

    @Override
    Grasp grasp() throws IOException {
        Optional<LockedFile> taken = LockedFile.tryLock(file, holder);
        return taken.isPresent() ? new Grasp.Got(new Locked(taken.get())) : new Grasp.Missed(LockedFile.holderOf(file));
    }

    private final class Locked implements Hold {
        private final LockedFile lock;

        Locked(LockedFile lock) {
            this.lock = lock;
        }

        @Override
        public Metadata open() throws IOException {
            return source.open();
        }

        /** Somebody who removes the file and makes it anew takes the lock away from under us. */
        @Override
        public Optional<String> whyLost() throws IOException {
            return lock.isInPlace()
                    ? Optional.empty()
                    : Optional.of("the lease's file " + file + " was removed or replaced");
        }

        @Override
        public CompletionStage<String> lost() {
            return new CompletableFuture<>();
        }

        @Override
        public void close() throws IOException {
            lock.close();
        }
    }
}
