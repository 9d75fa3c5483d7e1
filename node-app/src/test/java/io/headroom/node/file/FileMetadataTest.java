package io.headroom.node.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
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
                "{\"format\": 2, \"volume\": \"id-a\", \"name\": \"a\", \"size_bytes\": 1,"
                        + " \"virtual_size_bytes\": 1, \"limit_bytes\": 1}",
                "{\"format\": 2, \"volume\": \"id-a\", \"name\": \"a\", \"size_bytes\": 1,"
                        + " \"virtual_size_bytes\": 1, \"limit_bytes\": 1, \"state\": \"gone\", \"hosts\": []}",
                "{\"format\": 2, \"volume\": \"id-a\", \"name\": \"a\", \"size_bytes\": 1,"
                        + " \"virtual_size_bytes\": 1, \"limit_bytes\": 1, \"state\": \"ready\", \"hosts\": [0]}",
                "{\"format\": 2, \"volume\": \"id-a\", \"name\": \"a\", \"size_bytes\": 1,"
                        + " \"virtual_size_bytes\": 1, \"limit_bytes\": 1, \"state\": \"ready\", \"hosts\": 7}",
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

    // Interrupted: the next tenure finds what the one before left.

    @Test
    void creationWithoutAnImage_isUnfinished_andFinishedByTheSameChange() throws IOException {
        Change create = new Change.Create("c", Bytes.mebi(8), Bytes.mebi(100));
        Path away = Files.move(files.volumes(), directory.resolve("away"));
        assertThatThrownBy(() -> open().change(create)).hasMessageContaining("qemu-img create");
        Files.move(away, files.volumes());
        Volume begun = volumeNow("c");
        assertThat(begun.state()).isEqualTo(State.UNFINISHED);
        assertThat(free()).isEqualTo(Bytes.mebi(56));

        assertThat(open().change(create)).isEqualTo(new Outcome.Done());

        assertThat(volumeNow("c")).isEqualTo(begun.withState(State.READY));
        assertThat(QEMU_IMG.virtualSize(files.image("c"))).isEqualTo(Bytes.mebi(100));
        assertThat(free()).isEqualTo(Bytes.mebi(56));
    }

    @Test
    void creationWithHalfAnImage_isMadeAnew_orRemoved() throws IOException {
        Change create = new Change.Create("c", Bytes.mebi(8), Bytes.mebi(100));
        open().change(create);
        catalogue.put(volumeNow("c").withState(State.UNFINISHED));
        Files.writeString(files.image("c"), "half");

        open().change(create);
        assertThat(QEMU_IMG.virtualSize(files.image("c"))).isEqualTo(Bytes.mebi(100));

        catalogue.put(volumeNow("c").withState(State.UNFINISHED));
        assertThat(open().change(new Change.Remove(volumeNow("c").id()))).isEqualTo(new Outcome.Done());
        assertThat(files.image("c")).doesNotExist();
        assertThat(free()).isEqualTo(Bytes.mebi(64));
    }

    @Test
    void fileThatIsNoneOfThePools_isNotWrittenOver() throws IOException {
        Files.writeString(files.image("c"), "precious");

        assertThat(open().change(new Change.Create("c", Bytes.mebi(8), Bytes.mebi(100))))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.cause()).contains("c.qcow2 that is none of the pool's"));

        assertThat(files.image("c")).hasContent("precious");
        assertThat(catalogue.named("c")).isEmpty();
    }

    @Test
    void removalWithoutItsRecord_isEndedByTheSameChange() throws IOException {
        open().change(new Change.Condemn(A));
        Files.delete(files.image("a"));
        assertThat(free()).as("the record counts").isEqualTo(Bytes.mebi(64));

        assertThat(open().change(new Change.Wipe(A, Bytes.ZERO, Bytes.mebi(4)))).isEqualTo(new Outcome.Done());
        assertThat(open().change(new Change.Remove(A))).isEqualTo(new Outcome.Done());

        assertThat(catalogue.named("a")).isEmpty();
        assertThat(free()).isEqualTo(Bytes.mebi(80));
    }

    @Test
    void resizeThatWasCutShort_hasItsLimit_beforeTheImageIsLarger() throws IOException {
        open().change(new Change.Create("c", Bytes.mebi(8), Bytes.mebi(100)));
        Volume before = volumeNow("c");
        Change resize = new Change.Resize(before.id(), Bytes.mebi(400));
        QEMU_IMG.resize(files.image("c"), Bytes.mebi(400));
        catalogue.put(before.withVirtualSize(before.virtualSize(), QEMU_IMG.measure(Bytes.mebi(400))));

        assertThat(open().change(resize)).isEqualTo(new Outcome.Done());

        assertThat(volumeNow("c").virtualSize()).isEqualTo(Bytes.mebi(400));
        assertThat(volumeNow("c").limit()).isEqualTo(QEMU_IMG.measure(Bytes.mebi(400)));
        assertThat(Files.size(files.image("c")))
                .isGreaterThanOrEqualTo(volumeNow("c").limit().value());
    }

    @Test
    void limitIsWhatQemuImgMeasures_andNeverLessThanTheImageHolds() throws IOException {
        open().change(new Change.Create("c", Bytes.mebi(8), Bytes.mebi(100)));
        assertThat(volumeNow("c").limit()).isEqualTo(QEMU_IMG.measure(Bytes.mebi(100)));
        catalogue.put(volumeNow("c").withVirtualSize(Bytes.mebi(100), Bytes.gibi(3)));

        open().change(new Change.Resize(volumeNow("c").id(), Bytes.mebi(200)));

        assertThat(volumeNow("c").limit())
                .as("what it was allowed, it may have filled")
                .isEqualTo(Bytes.gibi(3));
    }

    // Formats.

    @Test
    void recordOfFormat1_isReadyAndAssignedToNobody() throws IOException {
        Files.writeString(
                files.catalogue().resolve("a.volume.json"),
                "{\"format\": 1, \"volume\": \"id-a\", \"name\": \"a\", \"size_bytes\": 16777216,"
                        + " \"virtual_size_bytes\": 62914560, \"limit_bytes\": 67108864}");

        assertThat(volumeNow("a")).isEqualTo(Volume.ready(A, "a", Bytes.mebi(16), Bytes.mebi(60), Bytes.mebi(64)));
        open().change(new Change.Assign(A, Set.of(new HostId(7))));
        assertThat(files.catalogue().resolve("a.volume.json"))
                .content()
                .contains("\"format\" : 2")
                .contains("\"state\" : \"ready\"")
                .contains("\"hosts\" : [ 7 ]");
    }

    @Test
    void poolOfFormat1_hasOneLun() throws IOException {
        Files.writeString(
                files.identity(),
                "{\"format\": 1, \"pool\": \"p\", \"capacity_bytes\": 104857600, \"extent_bytes\": 4194304,"
                        + " \"created\": \"2026-03-01T12:00:00Z\"}");

        assertThat(open().inspect().luns())
                .containsExactly(new Lun("lun-0", "lun-0", Bytes.mebi(100), Bytes.mebi(64), ""));
        open().change(new Change.AddLun("shelf-2", Bytes.mebi(100), false));

        assertThat(open().inspect().capacity()).isEqualTo(Bytes.mebi(200));
        assertThat(FilePool.open(files).created()).isEqualTo(Instant.parse("2026-03-01T12:00:00Z"));
        assertThat(files.identity()).content().contains("\"format\" : 2").contains("shelf-2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"luns\": 7",
                "\"luns\": [7]",
                "\"luns\": [{\"name\": \"a\"}]",
                "\"luns\": [{\"name\": \"a\", \"size_bytes\": -1}]",
                "\"luns\": [{\"name\": \"a\", \"size_bytes\": 1}, {\"name\": \"a\", \"size_bytes\": 1}]",
            })
    void damagedLuns_areNamed_andNothingChanges(String luns) throws IOException {
        String content = "{\"format\": 2, \"pool\": \"p\", \"extent_bytes\": 4194304,"
                + " \"created\": \"2026-03-01T12:00:00Z\", " + luns + "}";
        Files.writeString(files.identity(), content);

        assertThatThrownBy(this::open).hasMessageContaining("pool.json cannot be read");
        assertThat(files.identity()).hasContent(content);
    }

    @Test
    void aGrantNeedsASize() throws IOException {
        assertThat(open().change(new Change.AddLun("shelf-2", Bytes.ZERO, false)))
                .isInstanceOf(Outcome.Refused.class);
        assertThat(open().change(new Change.GrowLun("lun-0", Bytes.ZERO))).isInstanceOf(Outcome.Refused.class);
        assertThat(open().inspect().capacity()).isEqualTo(Bytes.mebi(100));
    }

    private FileMetadata open() throws IOException {
        return FileMetadata.open(files, QEMU_IMG);
    }

    private Bytes free() throws IOException {
        return open().inspect().free();
    }

    private Volume volumeNow(String name) throws IOException {
        return open().inspect().volumes().stream()
                .filter(volume -> volume.name().equals(name))
                .findFirst()
                .orElseThrow();
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
