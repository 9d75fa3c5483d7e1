package io.headroom.node.file;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Volume;
import io.headroom.port.Volumes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a pool that {@link PoolCreation} made with the real qemu-img. */
class FileVolumesTest {
    private static final QemuImg QEMU_IMG = new QemuImg(Duration.ofSeconds(30));

    @TempDir
    Path directory;

    private PoolFiles files;
    private FileVolumes volumes;
    private VolumeId volume;

    @BeforeEach
    void makePool() throws IOException {
        files = new PoolFiles(directory.resolve("pool"));
        new PoolCreation(
                        Bytes.gibi(1),
                        Bytes.mebi(1),
                        2,
                        Bytes.mebi(8),
                        Map.of("a", Bytes.mebi(256), "b", Bytes.mebi(64)))
                .create(files.directory(), QEMU_IMG, Instant.EPOCH);
        volumes = new FileVolumes(files, QEMU_IMG, Runnable::run);
        volume = new Catalogue(files.catalogue()).named("a").orElseThrow().id();
    }

    @Test
    void image_isFoundByItsPath_alsoThroughALink() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("disk"), files.image("a"));

        assertThat(done(volumes.find(files.image("a").toString())))
                .contains(new Volumes.Found(volume, "a", Bytes.mebi(8), false));
        assertThat(done(volumes.find(link.toString()))).isPresent();
    }

    @Test
    void otherFiles_areNoneOfThePool() throws IOException {
        Path stray = Files.createFile(files.volumes().resolve("stray.qcow2"));
        Path raw = Files.createFile(files.volumes().resolve("a.raw"));
        Path elsewhere = Files.createFile(directory.resolve("a.qcow2"));

        for (Path path : new Path[] {stray, raw, elsewhere, files.volumes(), directory.resolve("missing")}) {
            assertThat(done(volumes.find(path.toString()))).as("%s", path).isEmpty();
        }
        assertThat(done(volumes.find("nbd://host/export"))).isEmpty();
        assertThat(done(volumes.find("a\0b"))).isEmpty();
    }

    @Test
    void refreshed_isTheSmallerOfRecordAndFile() throws IOException {
        assertThat(done(volumes.refresh(volume))).isEqualTo(Bytes.mebi(8));

        FileMetadata.open(files, QEMU_IMG).change(new Change.Extend(volume, Bytes.mebi(32)));
        assertThat(done(volumes.refresh(volume))).isEqualTo(Bytes.mebi(32));

        try (RandomAccessFile image = new RandomAccessFile(files.image("a").toFile(), "rw")) {
            image.setLength(Bytes.mebi(20).value());
        }
        assertThat(done(volumes.refresh(volume))).isEqualTo(Bytes.mebi(20));
    }

    @Test
    void recordThatNamesAnotherIdentity_isNotThisVolume() throws IOException {
        done(volumes.refresh(volume));
        Catalogue catalogue = new Catalogue(files.catalogue());
        Volume entry = catalogue.named("a").orElseThrow();
        catalogue.put(Volume.ready(new VolumeId("another"), "a", entry.size(), entry.virtualSize(), entry.limit()));

        assertThatThrownBy(() -> done(volumes.refresh(volume))).hasMessageContaining("has no volume " + volume);
    }

    @Test
    void unknownVolume_isAnErrorThatNamesIt() {
        assertThatThrownBy(() -> done(volumes.refresh(new VolumeId("nobody"))))
                .hasMessageContaining("no volume nobody");
    }

    @Test
    void damagedRecord_isAnError() throws IOException {
        Files.writeString(files.catalogue().resolve("a.volume.json"), "{");

        assertThatThrownBy(() -> done(volumes.find(files.image("a").toString())))
                .hasMessageContaining("a.volume.json cannot be read");
    }

    @Test
    void imageEnd_isWhatQemuImgTells() {
        assertThat(done(volumes.imageEnd(volume))).isEqualTo(Bytes.of(4 * 64 * 1024));
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(60, SECONDS).join();
    }
}
