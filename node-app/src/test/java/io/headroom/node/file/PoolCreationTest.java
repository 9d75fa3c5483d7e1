package io.headroom.node.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.PoolId;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.PoolLog;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.event.PoolEventCodec;
import io.headroom.store.mailbox.MailboxArea;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PoolCreationTest {
    private static final QemuImg QEMU_IMG = new QemuImg(Duration.ofSeconds(30));
    private static final Instant NOW = Instant.parse("2026-05-31T12:00:00Z");

    @TempDir
    Path directory;

    @Test
    void created_canBeOpened_withItsFirstHistory() throws Exception {
        PoolId id = creation(Map.of("a", Bytes.mebi(64), "b", Bytes.gibi(1))).create(pool(), QEMU_IMG, NOW);

        PoolFiles files = new PoolFiles(pool());
        assertThat(FilePool.open(files)).isEqualTo(FilePool.ofOneLun(id, Bytes.gibi(2), Bytes.mebi(1), NOW));
        assertThat(FileMetadata.open(files, QEMU_IMG).inspect().tag()).isEqualTo(Epoch.NONE);
        assertThat(FileMetadata.open(files, QEMU_IMG).inspect().free())
                .isEqualTo(Bytes.gibi(2).minus(Bytes.mebi(32)));
        assertThat(Files.size(files.image("b")))
                .isGreaterThanOrEqualTo(Bytes.gibi(1).value());
        try (BlockDevice device = BlockDevice.open(files.mailbox(), BlockDevice.Settings.DIRECT)) {
            MailboxArea area =
                    MailboxArea.open(device, id).toCompletableFuture().join();
            assertThat(area.identity().layout().hosts()).isEqualTo(4);
            PoolLog.Contents log = area.poolLog(new PoolEventCodec())
                    .read()
                    .toCompletableFuture()
                    .join();
            assertThat(log.entries())
                    .extracting(placed -> placed.entry().event().getClass().getSimpleName())
                    .containsExactly("PoolCreated", "VolumeCreated", "VolumeCreated");
        }
    }

    @Test
    void limit_isThatOfTheFullyWrittenImage() throws Exception {
        creation(Map.of("a", Bytes.mebi(256))).create(pool(), QEMU_IMG, NOW);

        assertThat(FileMetadata.open(new PoolFiles(pool()), QEMU_IMG).inspect().volumes())
                .singleElement()
                .satisfies(volume -> assertThat(volume.limit()).isEqualTo(Bytes.of(268_763_136)));
    }

    @Test
    void existingPool_isRefusedAndUntouched() throws Exception {
        PoolId id = creation(Map.of()).create(pool(), QEMU_IMG, NOW);

        assertThatThrownBy(() -> creation(Map.of()).create(pool(), QEMU_IMG, NOW))
                .hasMessageContaining("holds a pool already");
        assertThat(FilePool.open(new PoolFiles(pool())).id()).isEqualTo(id);
    }

    @Test
    void directoryWithOtherFiles_isRefusedAndUntouched() throws Exception {
        Files.createDirectories(pool());
        Path precious = Files.writeString(pool().resolve("precious"), "mine");

        assertThatThrownBy(() -> creation(Map.of()).create(pool(), QEMU_IMG, NOW))
                .hasMessageContaining("is not empty");
        assertThat(precious).hasContent("mine");
        assertThat(pool()).isDirectoryNotContaining("glob:**creating");
    }

    @Test
    void interrupted_isRepeatedFromTheStart() throws Exception {
        Map<String, Bytes> volumes = Map.of("a", Bytes.mebi(64));
        Path blocked = Files.createDirectories(pool()).resolve("creating");
        Files.createFile(blocked);
        Files.createDirectories(pool().resolve("volumes"));
        Files.writeString(pool().resolve("volumes").resolve("stale.qcow2"), "half");
        Files.writeString(pool().resolve("mailbox"), "half");

        creation(volumes).create(pool(), QEMU_IMG, NOW);

        assertThat(blocked).doesNotExist();
        assertThat(pool().resolve("volumes").resolve("stale.qcow2")).doesNotExist();
        assertThat(FileMetadata.open(new PoolFiles(pool()), QEMU_IMG).inspect().volumes())
                .hasSize(1);
    }

    @Test
    void withoutQemuImg_isRefusedBeforeAnythingIsMade() {
        QemuImg missing = new QemuImg(directory.resolve("qemu-img").toString(), Duration.ofSeconds(30));

        assertThatThrownBy(() -> creation(Map.of("a", Bytes.mebi(64))).create(pool(), missing, NOW))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("install it");
        assertThat(pool()).doesNotExist();
    }

    @Test
    void failedHalfway_leavesNoPool() throws Exception {
        Path obstacle = Files.createDirectories(pool()).resolve("volumes");
        Files.createFile(pool().resolve("creating"));
        Files.createFile(obstacle);

        assertThatThrownBy(() -> creation(Map.of("a", Bytes.mebi(64))).create(pool(), QEMU_IMG, NOW))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(obstacle.toString());
        assertThatThrownBy(() -> FilePool.open(new PoolFiles(pool()))).hasMessageContaining("there is no pool in");

        Files.delete(obstacle);
        creation(Map.of("a", Bytes.mebi(64))).create(pool(), QEMU_IMG, NOW);
    }

    @Test
    void volumesThatDoNotFit_areRefusedBeforeAnythingIsMade() {
        Map<String, Bytes> volumes = Map.of("a", Bytes.gibi(10), "b", Bytes.gibi(10));

        assertThatThrownBy(() -> new PoolCreation(Bytes.mebi(20), Bytes.mebi(1), 4, Bytes.mebi(16), volumes)
                        .create(pool(), QEMU_IMG, NOW))
                .hasMessageContaining("the volumes take 32 MiB at first, and the pool has 20 MiB");
        assertThat(pool()).doesNotExist();
    }

    @Test
    void badNamesAndSizes_areRefusedBeforeAnythingIsMade() {
        assertThatThrownBy(() -> creation(Map.of("../a", Bytes.gibi(1))).create(pool(), QEMU_IMG, NOW))
                .hasMessageContaining("not a volume's name: \"../a\"");
        assertThatThrownBy(() -> creation(Map.of("a", Bytes.ZERO)).create(pool(), QEMU_IMG, NOW))
                .hasMessageContaining("volume a has no size");
        assertThatThrownBy(() -> new PoolCreation(Bytes.gibi(1), Bytes.of(1000), 4, Bytes.ZERO, Map.of())
                        .create(pool(), QEMU_IMG, NOW))
                .hasMessageContaining("allowed are multiples of 64 KiB");
        assertThat(pool()).doesNotExist();
    }

    private Path pool() {
        return directory.resolve("pool");
    }

    private static PoolCreation creation(Map<String, Bytes> volumes) {
        return new PoolCreation(Bytes.gibi(2), Bytes.mebi(1), 4, Bytes.mebi(16), volumes);
    }
}
