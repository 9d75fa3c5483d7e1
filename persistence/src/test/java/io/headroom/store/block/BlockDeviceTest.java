package io.headroom.store.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockDeviceTest {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final BlockDevice.Settings HASTY = new BlockDevice.Settings(false, Duration.ofMillis(200), 2);
    private static final BlockDevice.Settings PATIENT = new BlockDevice.Settings(false, Duration.ofMinutes(5), 2);
    private static final BlockDevice.Settings DIRECT = new BlockDevice.Settings(true, Duration.ofMinutes(5), 256);

    private final HeldLimits limits = new HeldLimits();

    @TempDir
    private Path directory;

    @Test
    void writtenToAFile_isReadThere() throws IOException {
        try (BlockDevice device = BlockDevice.openOrCreate(directory.resolve("area"), DIRECT)) {
            writtenBlocks_areReadInWholeAndInPart(device);
        }
    }

    @Test
    void writtenToALoopDevice_isReadThere() throws Exception {
        Path loop = loopDevice(3L * BlockDevice.CHUNK);
        try (BlockDevice device = BlockDevice.open(loop, DIRECT)) {
            assertThat(device.blocks()).isEqualTo(3L * BlockDevice.CHUNK / BlockDevice.BLOCK);
            writtenBlocks_areReadInWholeAndInPart(device);
        } finally {
            run("losetup", "-d", loop.toString());
        }
    }

    private static void writtenBlocks_areReadInWholeAndInPart(BlockDevice device) throws IOException {
        ByteBuffer chunk = random(1, BlockDevice.CHUNK);
        ByteBuffer block = random(2, BlockDevice.BLOCK);
        done(device.write(0, chunk));
        done(device.write(256, chunk));
        done(device.write(255, block));

        assertThat(device.blocks()).isGreaterThanOrEqualTo(512);
        assertThat(done(device.read(255, 1))).isEqualTo(block);
        assertThat(done(device.read(256, 256))).isEqualTo(chunk);
        assertThat(done(device.read(254, 3)).slice(BlockDevice.BLOCK, BlockDevice.BLOCK))
                .isEqualTo(block);
        assertThat(chunk.remaining()).as("what was given is left as it was").isEqualTo(BlockDevice.CHUNK);
    }

    @Test
    void aRangeOverAChunk_isSeenChunkByChunkInOrder() throws IOException {
        try (BlockDevice device = BlockDevice.openOrCreate(directory.resolve("area"), DIRECT)) {
            for (int block = 0; block < 600; block++) {
                done(device.write(block, ByteBuffer.allocate(BlockDevice.BLOCK).putInt(0, block)));
            }
            List<Long> firsts = new ArrayList<>();
            List<Integer> blocks = new ArrayList<>();

            done(device.scan(3, 590, (first, bytes) -> {
                firsts.add(first);
                for (int at = 0; at < bytes.limit(); at += BlockDevice.BLOCK) {
                    blocks.add(bytes.getInt(at));
                }
            }));

            assertThat(firsts).containsExactly(3L, 259L, 515L);
            assertThat(blocks).hasSize(590).isSorted().startsWith(3).endsWith(592);
        }
    }

    @Test
    void readBehindTheEnd_saysWhereItEnds() throws IOException {
        try (BlockDevice device = BlockDevice.openOrCreate(directory.resolve("area"), DIRECT)) {
            done(device.write(0, ByteBuffer.allocate(BlockDevice.BLOCK)));

            assertThatThrownBy(() -> done(device.read(0, 2)))
                    .hasRootCauseInstanceOf(DeviceException.class)
                    .hasMessageContaining("the read of 8192 bytes at offset 0 of " + device.name())
                    .hasMessageContaining("it ends at 4096");
        }
    }

    @Test
    void readersFault_failsTheStageAndTheDeviceGoesOn() throws IOException {
        try (BlockDevice device = BlockDevice.openOrCreate(directory.resolve("area"), DIRECT)) {
            done(device.write(0, ByteBuffer.allocate(BlockDevice.BLOCK)));

            assertThatThrownBy(() -> done(device.scan(0, 1, (first, bytes) -> {
                        throw new IllegalStateException("a fault of the reader");
                    })))
                    .hasMessageContaining("a fault of the reader");
            assertThat(done(device.read(0, 1)).remaining()).isEqualTo(BlockDevice.BLOCK);
        }
    }

    @Test
    void notWholeBlocks_areRefused() throws IOException {
        try (BlockDevice device = BlockDevice.openOrCreate(directory.resolve("area"), DIRECT)) {
            assertThatThrownBy(() -> device.write(0, ByteBuffer.allocate(512)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("512 bytes at block 0");
            assertThatThrownBy(() -> device.write(0, ByteBuffer.allocate(BlockDevice.CHUNK + BlockDevice.BLOCK)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> device.scan(-1, 1, (first, bytes) -> {}))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(device.blocks()).isZero();
        }
    }

    @Test
    void whatDoesNotExist_isNotMadeByOpening() {
        Path path = directory.resolve("area");

        assertThatThrownBy(() -> BlockDevice.open(path, DIRECT))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("cannot open " + path);
        assertThat(path).doesNotExist();
    }

    @Test
    void whereDirectIoIsImpossible_itIsRefusedWithTheNextStep() {
        Path path = Path.of("/proc/self/comm");
        assumeTrue(Files.isWritable(path), "the file system without direct I/O is Linux' proc");

        assertThatThrownBy(() -> BlockDevice.open(path, DIRECT))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("direct I/O is not possible on " + path)
                .hasMessageContaining("put it on a block device or on a file system that has it");
    }

    @Test
    void deviceThatHangs_failsTheReadWithDeviceOffsetAndTime() throws IOException {
        FaultyChannel channel = channel();
        try (BlockDevice device = channel.device(PATIENT, limits)) {
            channel.hang();
            CompletionStage<ByteBuffer> read = device.read(3, 1);
            await().atMost(PATIENCE).until(() -> channel.hanging() == 1);

            limits.end();

            assertThatThrownBy(() -> done(read))
                    .hasRootCauseInstanceOf(DeviceException.class)
                    .hasMessageContaining(
                            "the read of 4096 bytes at offset 12288 of the faulty device has no answer after 300000 ms");

            release(channel);
        }
    }

    @Test
    void lateAnswer_isNotLookedAt() throws IOException {
        FaultyChannel channel = channel();
        List<Long> looks = new ArrayList<>();
        try (BlockDevice device = channel.device(PATIENT, limits)) {
            channel.hang();
            CompletionStage<Void> scan = device.scan(0, 1, (first, bytes) -> looks.add(first));
            await().atMost(PATIENCE).until(() -> channel.hanging() == 1);
            limits.end();
            assertThatThrownBy(() -> done(scan)).isInstanceOf(CompletionException.class);
            release(channel);
        }
        assertThat(looks).isEmpty();
    }

    @Test
    void moreOrdersThanMayWait_areRefusedAtOnce() throws IOException {
        FaultyChannel channel = channel();
        try (BlockDevice device = channel.device(PATIENT)) {
            channel.hang();
            List<CompletionStage<ByteBuffer>> accepted = new ArrayList<>(List.of(device.read(0, 1)));
            await().atMost(PATIENCE).until(() -> channel.hanging() == 1);
            accepted.add(device.read(0, 1));
            accepted.add(device.read(0, 1));

            assertThatThrownBy(() -> done(device.read(0, 1)))
                    .hasRootCauseInstanceOf(RejectedExecutionException.class)
                    .hasMessageContaining("2 orders wait already");

            channel.answer();
            accepted.forEach(BlockDeviceTest::done);
        }
    }

    @Test
    void writeBehindOneThatHangs_neverOvertakesIt() throws IOException {
        FaultyChannel channel = channel();
        try (BlockDevice device = channel.device(PATIENT, limits)) {
            channel.hang();
            CompletionStage<Void> first = device.write(0, filled(1));
            await().atMost(PATIENCE).until(() -> channel.hanging() == 1);
            CompletionStage<Void> second = device.write(0, filled(2));
            limits.end();
            assertThatThrownBy(() -> done(first)).hasMessageContaining("it may still happen");
            assertThatThrownBy(() -> done(second)).hasMessageContaining("was not begun within 300000 ms");
            release(channel);
        }
        assertThat(Files.readAllBytes(directory.resolve("faulty")))
                .startsWith(filled(1).array());
    }

    @Test
    void readDoesNotWaitForAWriteThatHangs() throws IOException {
        FaultyChannel channel = channel();
        try (BlockDevice device = channel.device(PATIENT)) {
            channel.hangWrites();
            CompletionStage<Void> write = device.write(1, filled(1));
            await().atMost(PATIENCE).until(() -> channel.hanging() == 1);

            assertThat(done(device.read(0, 1)).get(0)).isZero();
            assertThat(write.toCompletableFuture()).isNotDone();

            channel.answer();
            done(write);
        }
    }

    @Test
    void errorOfTheDevice_namesTheOrder() throws IOException {
        FaultyChannel channel = channel();
        channel.failFrom(0);
        try (BlockDevice device = channel.device(PATIENT)) {
            assertThatThrownBy(() -> done(device.read(1, 1)))
                    .hasMessageContaining("the read of 4096 bytes at offset 4096 of the faulty device failed")
                    .hasMessageContaining("Input/output error");
        }
    }

    @Test
    void closed_answersThatItIsClosed() throws IOException {
        BlockDevice device = channel().device(PATIENT);
        device.close();

        assertThatThrownBy(() -> done(device.read(0, 1))).hasMessageContaining("the device is closed");
    }

    @Test
    void closedWhileAnOrderHangs_saysSo() throws IOException {
        FaultyChannel channel = channel();
        BlockDevice device = channel.device(HASTY, limits);
        channel.hang();
        CompletionStage<ByteBuffer> read = device.read(0, 1);
        await().atMost(PATIENCE).until(() -> channel.hanging() == 1);

        assertThatThrownBy(device::close).isInstanceOf(DeviceException.class).hasMessageContaining("hangs");
        limits.end();
        assertThatThrownBy(() -> done(read)).hasMessageContaining("no answer");

        release(channel);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThatCode(device::close).doesNotThrowAnyException());
    }

    private static void release(FaultyChannel channel) {
        channel.answer();
        await().atMost(PATIENCE).until(() -> channel.hanging() == 0);
    }

    private FaultyChannel channel() throws IOException {
        Path path = directory.resolve("faulty");
        Files.write(path, new byte[16 * BlockDevice.BLOCK]);
        return new FaultyChannel(FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    private Path loopDevice(long size) throws Exception {
        assumeTrue(Files.isWritable(Path.of("/dev/loop-control")), "loop devices want root");
        Path backing = directory.resolve("backing");
        try (RandomAccessFile file = new RandomAccessFile(backing.toFile(), "rw")) {
            file.setLength(size);
        }
        return Path.of(run("losetup", "--find", "--show", backing.toString()));
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private static ByteBuffer filled(int value) {
        byte[] bytes = new byte[BlockDevice.BLOCK];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    private static ByteBuffer random(long seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
