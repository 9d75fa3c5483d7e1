package io.headroom.node.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileMetadataTest {
    private static final VolumeId A = new VolumeId("id-a");
    private static final QemuImg QEMU_IMG = new QemuImg(Duration.ofSeconds(30));
    private static final Bytes EXTENT = Bytes.mebi(4);

    @TempDir
    Path directory;

    private PoolFiles files;
    private Catalogue catalogue;

    @BeforeEach
    void makePool() throws IOException {
        files = new PoolFiles(directory);
        Files.createDirectories(files.catalogue());
        Files.createDirectories(files.volumes());
        catalogue = new Catalogue(files.catalogue());
        capacity(Bytes.mebi(100));
        volume("a", Bytes.mebi(16), Bytes.mebi(64));
        volume("b", Bytes.mebi(20), Bytes.mebi(200));
    }

    @Test
    void inventory_tellsCapacityFreeTagAndVolumes() throws IOException {
        catalogue.tag(new Epoch(7));

        Inventory inventory = FileMetadata.open(files, QEMU_IMG).inspect();

        assertThat(inventory.capacity()).isEqualTo(Bytes.mebi(100));
        assertThat(inventory.free()).isEqualTo(Bytes.mebi(64));
        assertThat(inventory.extent()).isEqualTo(EXTENT);
        assertThat(inventory.tag()).isEqualTo(new Epoch(7));
        assertThat(inventory.volumes())
                .extracting(Volume::name, Volume::size)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("a", Bytes.mebi(16)),
                        org.assertj.core.groups.Tuple.tuple("b", Bytes.mebi(20)));
    }

    @Test
    void extended_lengthensTheFileAndTheRecord_inWholeExtents() throws IOException {
        FileMetadata metadata = FileMetadata.open(files, QEMU_IMG);

        assertThat(metadata.change(new Change.Extend(A, Bytes.mebi(29))))
                .isEqualTo(new Outcome.Extended(Bytes.mebi(32)));

        assertThat(Files.size(files.image("a"))).isEqualTo(Bytes.mebi(32).value());
        assertThat(catalogue.named("a").orElseThrow().size()).isEqualTo(Bytes.mebi(32));
        assertThat(metadata.inspect().free()).isEqualTo(Bytes.mebi(48));
    }

    @Test
    void extendedTwice_changesOnce() throws IOException {
        FileMetadata metadata = FileMetadata.open(files, QEMU_IMG);
        metadata.change(new Change.Extend(A, Bytes.mebi(32)));
        metadata.change(new Change.Extend(A, Bytes.mebi(32)));

        assertThat(metadata.change(new Change.Extend(A, Bytes.mebi(8))))
                .isEqualTo(new Outcome.Extended(Bytes.mebi(32)));
        assertThat(metadata.inspect().free()).isEqualTo(Bytes.mebi(48));
    }

    @Test
    void noSpace_tellsWhatIsFree_andChangesNothing() throws IOException {
        FileMetadata metadata = FileMetadata.open(files, QEMU_IMG);

        assertThat(metadata.change(new Change.Extend(new VolumeId("id-b"), Bytes.mebi(88))))
                .isEqualTo(new Outcome.NoSpace(Bytes.mebi(64)));
        assertThat(Files.size(files.image("b"))).isEqualTo(Bytes.mebi(20).value());
        assertThat(metadata.change(new Change.Extend(new VolumeId("id-b"), Bytes.mebi(84))))
                .isEqualTo(new Outcome.Extended(Bytes.mebi(84)));
    }

    @Test
    void capacityThatGrewMeanwhile_isFoundWhenItIsNeeded() throws IOException {
        FileMetadata metadata = FileMetadata.open(files, QEMU_IMG);
        metadata.change(new Change.Extend(new VolumeId("id-b"), Bytes.mebi(84)));
        assertThat(metadata.change(new Change.Extend(A, Bytes.mebi(20)))).isEqualTo(new Outcome.NoSpace(Bytes.ZERO));

        capacity(Bytes.mebi(200));

        assertThat(metadata.change(new Change.Extend(A, Bytes.mebi(20))))
                .isEqualTo(new Outcome.Extended(Bytes.mebi(20)));
    }

    @Test
    void capacityBelowWhatIsAllocated_isNoFreeSpace() throws IOException {
        capacity(Bytes.mebi(8));

        assertThat(FileMetadata.open(files, QEMU_IMG).inspect().free()).isEqualTo(Bytes.ZERO);
    }

    @Test
    void unknownVolume_isSaid_andALaterOneIsFound() throws IOException {
        FileMetadata metadata = FileMetadata.open(files, QEMU_IMG);
        assertThat(metadata.change(new Change.Extend(new VolumeId("id-c"), Bytes.mebi(8))))
                .isEqualTo(new Outcome.UnknownVolume());

        volume("c", Bytes.mebi(4), Bytes.mebi(64));

        assertThat(metadata.change(new Change.Extend(new VolumeId("id-c"), Bytes.mebi(8))))
                .isEqualTo(new Outcome.Extended(Bytes.mebi(8)));
    }

    @Test
    void overTheLimit_isRefusedWithTheLimit() throws IOException {
        assertThat(FileMetadata.open(files, QEMU_IMG).change(new Change.Extend(A, Bytes.mebi(68))))
                .isEqualTo(new Outcome.Refused("volume a may have at most 64 MiB, not 68 MiB"));
    }

    @Test
    void missingImage_isRefused_andTheRecordStays() throws IOException {
        Files.delete(files.image("a"));

        assertThat(FileMetadata.open(files, QEMU_IMG).change(new Change.Extend(A, Bytes.mebi(32))))
                .isInstanceOf(Outcome.Refused.class);
        assertThat(catalogue.named("a").orElseThrow().size()).isEqualTo(Bytes.mebi(16));
    }

    @Test
    void crashBetweenFileAndRecord_isRepaired_byTheSameRequest() throws IOException {
        DurableFile.lengthen(files.image("a"), Bytes.mebi(32).value());

        FileMetadata successor = FileMetadata.open(files, QEMU_IMG);

        assertThat(successor.inspect().free()).isEqualTo(Bytes.mebi(64));
        assertThat(successor.change(new Change.Extend(A, Bytes.mebi(32))))
                .isEqualTo(new Outcome.Extended(Bytes.mebi(32)));
        assertThat(successor.inspect().free()).isEqualTo(Bytes.mebi(48));
    }

    @Test
    void longerFile_isNeverCut() throws IOException {
        DurableFile.lengthen(files.image("a"), Bytes.mebi(60).value());

        FileMetadata.open(files, QEMU_IMG).change(new Change.Extend(A, Bytes.mebi(32)));

        assertThat(Files.size(files.image("a"))).isEqualTo(Bytes.mebi(60).value());
    }

    @Test
    void leftoverOfACrashedReplacement_isIgnored() throws IOException {
        Files.writeString(files.catalogue().resolve("a.volume.json.new"), "{ half");

        assertThat(FileMetadata.open(files, QEMU_IMG).inspect().volumes()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{\"format\": 3}",
                "{\"format\": 0}",
                "{\"format\": 2}",
                "{\"format\": 1}",
                "{\"format\": 1, \"volume\": \"id-a\", \"name\": \"a\", \"size_bytes\": -1,"
                        + " \"virtual_size_bytes\": 1, \"limit_bytes\": 1}",
                "{\"format\": 1, \"volume\": \"id-a\", \"name\": \"b\", \"size_bytes\": 1,"
                        + " \"virtual_size_bytes\": 1, \"limit_bytes\": 1}",
                "{\"format\": 1, \"volume\": \"../x\", \"name\": \"a\", \"size_bytes\": 1,"
                        + " \"virtual_size_bytes\": 1, \"limit_bytes\": 1}",
            })
    void damagedRecord_isNamed_andNothingChanges(String content) throws IOException {
        Path record = Files.writeString(files.catalogue().resolve("a.volume.json"), content);

        assertThatThrownBy(() -> FileMetadata.open(files, QEMU_IMG))
                .isInstanceOf(UnusablePool.class)
                .hasMessageContaining("a.volume.json cannot be read")
                .hasMessageContaining("restore the file");
        assertThat(record).hasContent(content);
        assertThat(Files.size(files.image("a"))).isEqualTo(Bytes.mebi(16).value());
    }

    @Test
    void oneIdentityTwice_isNamed() throws IOException {
        catalogue.put(Volume.ready(A, "c", Bytes.mebi(4), Bytes.mebi(8), Bytes.mebi(9)));

        assertThatThrownBy(() -> FileMetadata.open(files, QEMU_IMG))
                .hasMessageContaining("two volumes with the identity id-a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "{\"format\": 1, \"pool\": \"p\", \"capacity_bytes\": 1, \"extent_bytes\": 0}"})
    void damagedIdentity_isNamed(String content) throws IOException {
        Files.writeString(files.identity(), content);

        assertThatThrownBy(() -> FileMetadata.open(files, QEMU_IMG)).hasMessageContaining("pool.json cannot be read");
    }

    @Test
    void noPool_saysHowToMakeOne() throws IOException {
        Files.delete(files.identity());

        assertThatThrownBy(() -> FilePool.open(files)).hasMessageContaining("headroom pool create " + directory);
        assertThatThrownBy(() -> FilePool.open(new PoolFiles(directory.resolve("none"))))
                .hasMessageContaining("there is no directory");
    }

    @Test
    void manyVolumes_anExtensionWritesOneRecordOnly() throws IOException {
        for (int number = 0; number < 200; number++) {
            volume("v" + number, Bytes.ZERO, Bytes.mebi(64));
        }
        FileMetadata metadata = FileMetadata.open(files, QEMU_IMG);
        long before = changed();
        metadata.change(new Change.Extend(A, Bytes.mebi(32)));

        assertThat(changed() - before).isEqualTo(1);
    }

    /** How many records tell a size of 32 MiB. */
    private long changed() throws IOException {
        try (Stream<Path> records = Files.list(files.catalogue())) {
            return records.filter(record ->
                            contains(record, Long.toString(Bytes.mebi(32).value())))
                    .count();
        }
    }

    private static boolean contains(Path record, String text) {
        try {
            return Files.readString(record).contains(text);
        } catch (IOException failed) {
            throw new java.io.UncheckedIOException(failed);
        }
    }

    private void capacity(Bytes capacity) throws IOException {
        FilePool.ofOneLun(new PoolId("pool-1"), capacity, EXTENT, Instant.EPOCH).write(files.identity());
    }

    private void volume(String name, Bytes size, Bytes limit) throws IOException {
        catalogue.put(Volume.ready(new VolumeId("id-" + name), name, size, Bytes.mebi(60), limit));
        Files.createFile(files.image(name));
        DurableFile.lengthen(files.image(name), size.value());
    }
}
