package io.headroom.simulation;

import io.headroom.store.block.BlockDevice;
import io.headroom.store.block.Blocks;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The LUN that all hosts share: real bytes, which the real codecs write and read through a device of each process.
 *
 * <p>A write that its process hears failed was done, or not, or in part (sectors of 512 bytes), or is done later, but
 * before the next one of the same process. A write of a process that died likewise; a frozen process's write is done.
 * In the mailbox a write may also land on another block while its process hears that it is done. A read fails; in the
 * mailbox it may also bring what stood there before, half of each, or another block. A bad sector fails every read of
 * it until it is written. The pool log keeps what was acknowledged, and a read of it brings what stands there or fails.
 */
final class SimStorage {
    private static final int SECTOR = 512;
    private static final int SECTORS = BlockDevice.BLOCK / SECTOR;
    private static final Duration HANGS_AT_MOST = Duration.ofSeconds(3);

    /** Hears what reaches the LUN. */
    interface Witness {
        void landed(Life writer, long block);
    }

    private final Timeline timeline;
    private final Faults faults;
    private final byte[] lun;
    private final long firstOfMail;
    private final long firstOfLog;
    private final Map<Long, byte[]> before = new HashMap<>();
    private final Set<Long> news = new HashSet<>();
    private final Set<Long> badSectors = new HashSet<>();
    private Witness witness = (writer, block) -> {};

    SimStorage(Timeline timeline, Faults faults, long blocks, long firstOfMail, long firstOfLog) {
        this.timeline = timeline;
        this.faults = faults;
        this.lun = new byte[Math.toIntExact(blocks * BlockDevice.BLOCK)];
        this.firstOfMail = firstOfMail;
        this.firstOfLog = firstOfLog;
    }

    void witnessedBy(Witness someone) {
        witness = someone;
    }

    Blocks device(Life process) {
        return new Device(process);
    }

    /** Nobody can read the block until somebody writes it. */
    void spoil(long block) {
        badSectors.add(block);
    }

    boolean isLog(long block) {
        return block >= firstOfLog;
    }

    private boolean isMail(long block) {
        return block >= firstOfMail && block < firstOfLog;
    }

    private byte[] block(long number) {
        int from = Math.toIntExact(number * BlockDevice.BLOCK);
        return Arrays.copyOfRange(lun, from, from + BlockDevice.BLOCK);
    }

    private void put(long number, byte[] content, int firstSector, int endSector) {
        before.put(number, block(number));
        news.add(number);
        badSectors.remove(number);
        int at = Math.toIntExact(number * BlockDevice.BLOCK);
        System.arraycopy(
                content, firstSector * SECTOR, lun, at + firstSector * SECTOR, (endSector - firstSector) * SECTOR);
    }

    private void tear(long number, byte[] content) {
        int cut = faults.between(1, SECTORS - 1);
        if (faults.maybe(0.5)) {
            put(number, content, 0, cut);
        } else {
            put(number, content, cut, SECTORS);
        }
    }

    /** Answers at once and never fails: for whoever stands outside of the world. */
    Blocks seenFromOutside() {
        return new Outside(false);
    }

    /** The same, but what did not change since the last look reads as if it had never been written. */
    Blocks newsSeenFromOutside() {
        return new Outside(true);
    }

    private final class Outside implements Blocks {
        private final boolean onlyNews;

        Outside(boolean onlyNews) {
            this.onlyNews = onlyNews;
        }

        @Override
        public String name() {
            return "the LUN";
        }

        @Override
        public long blocks() {
            return lun.length / BlockDevice.BLOCK;
        }

        @Override
        public CompletionStage<ByteBuffer> read(long first, int count) {
            ByteBuffer bytes = ByteBuffer.allocate(count * BlockDevice.BLOCK);
            for (long block = first; block < first + count; block++) {
                if (!onlyNews || news.remove(block)) {
                    bytes.put(lun, Math.toIntExact(block * BlockDevice.BLOCK), BlockDevice.BLOCK);
                } else {
                    bytes.position(bytes.position() + BlockDevice.BLOCK);
                }
            }
            return CompletableFuture.completedFuture(bytes.flip());
        }

        @Override
        public CompletionStage<Void> scan(long first, int count, Look look) {
            return read(first, count).thenAccept(bytes -> look.at(first, bytes));
        }

        @Override
        public CompletionStage<Void> write(long block, ByteBuffer content) {
            for (long each = block; each < block + content.remaining() / BlockDevice.BLOCK; each++) {
                news.add(each);
            }
            content.duplicate().get(lun, Math.toIntExact(block * BlockDevice.BLOCK), content.remaining());
            return CompletableFuture.completedFuture(null);
        }
    }

    private final class Device implements Blocks {
        private final Life process;
        private Duration writesBusy = Duration.ZERO;
        private Duration readsBusy = Duration.ZERO;

        Device(Life process) {
            this.process = process;
        }

        @Override
        public String name() {
            return "the LUN of " + process;
        }

        @Override
        public long blocks() {
            return lun.length / BlockDevice.BLOCK;
        }

        @Override
        public CompletionStage<ByteBuffer> read(long first, int count) {
            CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
            Duration now = Duration.ofNanos(timeline.now().nanos());
            readsBusy = later(readsBusy, now).plus(faults.latency());
            timeline.after(readsBusy.minus(now), () -> {
                boolean isBad = badSectors.stream().anyMatch(bad -> bad >= first && bad < first + count);
                if (isBad || faults.strikes() && faults.maybe(0.5)) {
                    process.tell(() -> answer.completeExceptionally(new Faults.Injected("the read failed")));
                    return;
                }
                ByteBuffer bytes = ByteBuffer.allocate(count * BlockDevice.BLOCK);
                for (long block = first; block < first + count; block++) {
                    bytes.put(isMail(block) && faults.strikes() ? misread(block) : block(block));
                }
                bytes.flip();
                process.tell(() -> answer.complete(bytes));
            });
            return answer;
        }

        private byte[] misread(long block) {
            byte[] stale = before.getOrDefault(block, block(block));
            int kind = faults.between(0, 2);
            if (kind == 0) {
                return stale;
            }
            if (kind == 1) {
                byte[] torn = block(block);
                System.arraycopy(stale, 0, torn, 0, faults.between(1, SECTORS - 1) * SECTOR);
                return torn;
            }
            return block(faults.between(0, Math.toIntExact(firstOfLog - 1)));
        }

        @Override
        public CompletionStage<Void> scan(long first, int count, Look look) {
            return read(first, count).thenAccept(bytes -> look.at(first, bytes));
        }

        @Override
        public CompletionStage<Void> write(long block, ByteBuffer content) {
            CompletableFuture<Void> answer = new CompletableFuture<>();
            byte[] bytes = new byte[content.remaining()];
            content.duplicate().get(bytes);
            Duration now = Duration.ofNanos(timeline.now().nanos());
            writesBusy = later(writesBusy, now).plus(faults.latency());
            boolean goesWrong = faults.strikes();
            if (goesWrong && faults.maybe(0.2)) {
                Duration limit = writesBusy.minus(now);
                writesBusy = writesBusy.plus(faults.millis(1, (int) HANGS_AT_MOST.toMillis()));
                timeline.after(limit, () -> process.tell(() -> unknown(answer)));
                timeline.after(writesBusy.minus(now), () -> land(block, bytes));
            } else {
                timeline.after(writesBusy.minus(now), () -> end(goesWrong, block, bytes, answer));
            }
            return answer;
        }

        private void end(boolean goesWrong, long block, byte[] bytes, CompletableFuture<Void> answer) {
            boolean diedMeanwhile = process.isEnded() && !faults.areOff();
            if (goesWrong && isMail(block) && faults.maybe(0.3)) {
                land(faults.between((int) firstOfMail, (int) firstOfLog - 1), bytes);
                process.tell(() -> answer.complete(null));
            } else if (goesWrong || diedMeanwhile) {
                int kind = faults.between(0, 2);
                if (kind == 0) {
                    land(block, bytes);
                } else if (kind == 1) {
                    tear(block, bytes);
                    witness.landed(process, block);
                }
                process.tell(() -> unknown(answer));
            } else {
                land(block, bytes);
                process.tell(() -> answer.complete(null));
            }
        }

        private void land(long block, byte[] bytes) {
            put(block, bytes, 0, SECTORS);
            witness.landed(process, block);
        }

        private void unknown(CompletableFuture<Void> answer) {
            answer.completeExceptionally(new Faults.Injected("no answer to a write in time"));
        }

        private Duration later(Duration one, Duration other) {
            return one.compareTo(other) > 0 ? one : other;
        }
    }
}
