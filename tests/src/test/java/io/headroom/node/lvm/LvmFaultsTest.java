package io.headroom.node.lvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.cluster.Metadata;
import io.headroom.cluster.Runner;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import io.headroom.rig.LoopPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong with real LVM, and in which words an operator hears of it. */
class LvmFaultsTest {
    private static final Bytes EXTENT = Bytes.mebi(4);
    private static final Bytes SIZE = Bytes.mebi(8);
    private static final Bytes LARGER = Bytes.mebi(16);
    private static final Bytes VIRTUAL = Bytes.mebi(100);

    @TempDir
    Path directory;

    private LoopPool pool;
    private Path lun;
    private Path second;

    @BeforeEach
    void makePool() throws IOException {
        pool = new LoopPool(directory, List.of());
        lun = pool.addLun(64);
        second = pool.addLun(64);
    }

    @AfterEach
    void removePool() throws IOException {
        pool.close();
    }

    @Test
    void missingLun_isTold_andTheRestOfThePoolIsStillSeen() throws IOException {
        Metadata metadata = withVolume().metadata();
        VolumeId volume = volume().id();
        Path file = pool.luns().file(second);

        pool.luns().detach(second);

        assertThat(metadata.change(new Change.Extend(volume, LARGER)))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.cause()).contains("does not see all of the pool's LUNs"));
        Inventory inventory = metadata.inspect();
        assertThat(inventory.luns()).filteredOn(one -> !one.problem().isEmpty()).singleElement();
        assertThat(inventory.volumes())
                .singleElement()
                .satisfies(one -> assertThat(one.size()).isEqualTo(SIZE));

        pool.list(pool.luns().attach(file));
        pool.reopen();
        assertThat(pool.metadata().change(new Change.Extend(volume, LARGER))).isEqualTo(new Outcome.Extended(LARGER));
    }

    @Test
    void lunThatCameBack_isFoundByTheChangeThatNeedsIt() throws IOException {
        Metadata metadata = withVolume().metadata();
        VolumeId volume = volume().id();
        Path file = pool.luns().file(second);
        pool.luns().detach(second);
        metadata.change(new Change.Extend(volume, LARGER));

        pool.luns().attach(file, second);

        assertThat(metadata.change(new Change.Extend(volume, LARGER))).isEqualTo(new Outcome.Extended(LARGER));
    }

    @Test
    void noLunAtAll_isNoPool() throws IOException {
        pool.createByHand(EXTENT, "64k");
        pool.luns().detach(lun);
        pool.luns().detach(second);

        assertThatThrownBy(() -> pool.reopen())
                .hasMessageContaining("there is no volume group " + pool.group())
                .hasMessageContaining("connect the LUNs");
    }

    @Test
    void otherGroupOfTheName_isRefused_untilTheUuidSaysWhich_andIsNeverTouched() throws IOException {
        PoolId ours = pool.createByHand(EXTENT, "64k").pool().id();
        Path other = pool.addLun(64);
        pool.foreignGroup(pool.group(), List.of("--addtag", "headroom.pool"), other);
        byte[] before = start(other);

        assertThatThrownBy(() -> pool.reopen())
                .hasMessageContaining("several volume groups have the name " + pool.group())
                .hasMessageContaining(ours.value())
                .hasMessageContaining("headroom.pool.vg-uuid");

        LvmPool.Settings settings = pool.settings();
        LvmPool named = LvmPool.open(
                new LvmPool.Settings(
                        settings.group(),
                        Optional.of(ours),
                        settings.devices(),
                        settings.directory(),
                        settings.limit()),
                pool.tables().machine());
        Metadata metadata = named.metadata(pool.tables(), LoopPool.QEMU_IMG);
        metadata.change(new Change.Create("a", SIZE, VIRTUAL));
        metadata.tag(new Epoch(3));

        assertThat(metadata.inspect().volumes()).hasSize(1);
        assertThat(start(other)).isEqualTo(before);
        assertThat(metadata.change(new Change.AddLun(other.toString(), Bytes.ZERO, true)))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.cause()).contains("belongs to the volume group"));
        assertThat(start(other)).isEqualTo(before);
    }

    @Test
    void groupThatIsNoPool_isRefused() throws IOException {
        pool.foreignGroup(pool.group(), List.of(), lun);

        assertThatThrownBy(() -> pool.reopen()).hasMessageContaining("is no pool of Headroom");
    }

    @Test
    void lunUnderTwoNames_isRefused() throws IOException {
        VolumeId volume = withVolume().metadata().inspect().volumes().get(0).id();
        pool.list(pool.luns().again(lun));
        pool.reopen();

        assertThat(pool.metadata().change(new Change.Extend(volume, LARGER)))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.cause()).contains("one LUN is seen under two names"));
    }

    @Test
    void fullMetadataArea_isTold_andChangesNothing() throws IOException {
        withVolume();
        fillMetadata();
        Inventory before = pool.metadata().inspect();
        long sequence = pool.sequence();

        assertThat(pool.metadata().change(new Change.Create("b", SIZE, VIRTUAL)))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.cause()).contains("metadata area is full"));

        assertThat(pool.metadata().inspect()).isEqualTo(before);
        assertThat(pool.sequence()).isEqualTo(sequence);
    }

    @Test
    void lockThatIsHeld_isWaitedFor_andTold() throws IOException {
        Metadata metadata = withVolume().metadata();
        VolumeId volume = volume().id();
        HeldLock held = HeldLock.of(pool.group());
        try {
            assertThat(metadata.change(new Change.Extend(volume, LARGER)))
                    .isInstanceOfSatisfying(
                            Outcome.Refused.class,
                            refused -> assertThat(refused.cause()).contains("holds the lock"));
        } finally {
            held.close();
        }
    }

    @Test
    void lockThatIsGivenBack_isWaitedFor() throws IOException {
        withVolume();
        VolumeId volume = volume().id();
        HeldLock lock = HeldLock.of(pool.group());
        List<String> tries = new ArrayList<>();
        Runner releasing = (argv, environment, limit) -> {
            if (argv.contains("lvextend") && tries.size() == 2) {
                lock.close();
            }
            tries.add(argv.get(1));
            return pool.tables().run(argv, environment, limit);
        };
        Metadata waiting = LvmMetadata.open(pool.pool(), releasing, LoopPool.QEMU_IMG);

        assertThat(waiting.change(new Change.Extend(volume, LARGER))).isEqualTo(new Outcome.Extended(LARGER));
    }

    @Test
    void commandOfUnknownOutcome_isAFailure_andTheNextTenureSees() throws IOException {
        withVolume();
        VolumeId volume = volume().id();
        Runner forgetful = (argv, environment, limit) -> {
            Runner.Ended ended = pool.tables().run(argv, environment, limit);
            if (argv.contains("lvextend")) {
                throw new IOException("no answer");
            }
            return ended;
        };
        Metadata metadata = LvmMetadata.open(pool.pool(), forgetful, LoopPool.QEMU_IMG);

        assertThatThrownBy(() -> metadata.change(new Change.Extend(volume, LARGER)))
                .hasMessage("no answer");
        assertThat(pool.metadata().change(new Change.Extend(volume, LARGER))).isEqualTo(new Outcome.Extended(LARGER));
    }

    @Test
    void killedCommand_isAFailure_forWhatItDidIsOpen() throws IOException {
        withVolume();
        VolumeId volume = volume().id();
        Runner killing = (argv, environment, limit) -> argv.contains("lvextend")
                ? new Runner.Ended(137, "", "")
                : pool.tables().run(argv, environment, limit);
        Metadata metadata = LvmMetadata.open(pool.pool(), killing, LoopPool.QEMU_IMG);

        assertThatThrownBy(() -> metadata.change(new Change.Extend(volume, LARGER)))
                .hasMessageContaining("ended with status 137");
    }

    @Test
    void changeThatWasCarriedOutButFailed_isFoundDone() throws IOException {
        withVolume();
        VolumeId volume = volume().id();
        Runner late = (argv, environment, limit) -> {
            Runner.Ended ended = pool.tables().run(argv, environment, limit);
            return argv.contains("lvextend") ? new Runner.Ended(5, "", "  strange words\n") : ended;
        };
        Metadata metadata = LvmMetadata.open(pool.pool(), late, LoopPool.QEMU_IMG);

        assertThat(metadata.change(new Change.Extend(volume, LARGER))).isEqualTo(new Outcome.Extended(LARGER));
    }

    @Test
    void lowerEpoch_isRefused_andTheTagStays() throws IOException {
        pool.createByHand(EXTENT, "64k");
        pool.metadata().tag(new Epoch(9));
        long sequence = pool.sequence();

        pool.metadata().tag(new Epoch(9));
        assertThatThrownBy(() -> pool.metadata().tag(new Epoch(8)))
                .hasMessageContaining("marked with epoch 9, after 8");

        assertThat(pool.sequence()).isEqualTo(sequence);
        assertThat(pool.metadata().inspect().tag()).isEqualTo(new Epoch(9));
    }

    @Test
    void volumeThatIsOpen_isNotRemoved() throws IOException {
        Metadata metadata = withVolume().metadata();
        VolumeId volume = volume().id();
        metadata.change(new Change.Condemn(volume));
        pool.activate("a");
        pool.tables().hold("a");

        assertThat(metadata.change(new Change.Remove(volume)))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.cause()).contains("has the volume open"));
        assertThat(volume().state()).isEqualTo(State.CONDEMNED);
    }

    @Test
    void interruptedCreation_isUnfinished_andIsFinishedOrRemoved() throws IOException {
        pool.createByHand(EXTENT, "64k");
        Runner broken = (argv, environment, limit) -> {
            if (argv.contains("qemu-img")) {
                throw new IOException("cut off");
            }
            return pool.tables().run(argv, environment, limit);
        };
        for (String name : List.of("a", "b")) {
            Metadata metadata = LvmMetadata.open(pool.pool(), broken, LoopPool.QEMU_IMG);
            assertThatThrownBy(() -> metadata.change(new Change.Create(name, SIZE, VIRTUAL)))
                    .hasMessage("cut off");
        }
        Metadata successor = pool.metadata();
        assertThat(successor.inspect().volumes()).extracting(Volume::state).containsOnly(State.UNFINISHED);
        VolumeId first = volume("a").id();

        assertThat(successor.change(new Change.Create("a", LARGER, VIRTUAL))).isEqualTo(new Outcome.Done());
        assertThat(successor.change(new Change.Remove(volume("b").id()))).isEqualTo(new Outcome.Done());

        assertThat(successor.inspect().volumes()).containsExactly(volume("a"));
        assertThat(volume("a")).satisfies(volume -> {
            assertThat(volume.id()).isEqualTo(first);
            assertThat(volume.state()).isEqualTo(State.READY);
            assertThat(volume.size()).isEqualTo(LARGER);
        });
    }

    @Test
    void volumeWithDamagedTags_isLeftOut_andTheOthersGrow() throws IOException {
        withVolume().metadata().change(new Change.Create("b", SIZE, VIRTUAL));
        pool.lvm("lvchange", "--addtag", "headroom.limit=much", pool.group() + "/a");

        Metadata metadata = pool.metadata();

        assertThat(metadata.inspect().volumes()).extracting(Volume::name).containsExactly("b");
        assertThat(metadata.change(new Change.Extend(volume("b").id(), LARGER)))
                .isEqualTo(new Outcome.Extended(LARGER));
    }

    @Test
    void logicalVolumesOfOthers_areNoVolumes_andTheirNamesAreTaken() throws IOException {
        withVolume();
        pool.lvm("lvcreate", "-an", "-Zn", "-Wn", "-L", "4m", "-n", "theirs", pool.group());

        assertThat(pool.metadata().inspect().volumes()).extracting(Volume::name).containsExactly("a");
        assertThat(pool.metadata().change(new Change.Create("theirs", SIZE, VIRTUAL)))
                .isInstanceOf(Outcome.Refused.class);
    }

    @Test
    void namesThatCannotBe_areRefused_andNoCommandRuns() throws IOException {
        Metadata metadata = withVolume().metadata();

        for (String name : List.of("-y", "a/b", "a b", "", "../x", "headroom_mailbox", "x".repeat(65))) {
            pool.tables().ran();
            assertThat(metadata.change(new Change.Create(name, SIZE, VIRTUAL)))
                    .as(name)
                    .isInstanceOf(Outcome.Refused.class);
            assertThat(pool.tables().ran()).allMatch(command -> command.startsWith("lvm fullreport"));
        }
        assertThat(metadata.change(new Change.Create("a_rimage", SIZE, VIRTUAL)))
                .as("a name that LVM keeps for itself")
                .isInstanceOf(Outcome.Refused.class);
    }

    @Test
    void extension_isOneCommand_andOneThatIsDoneIsNone() throws IOException {
        withVolume();
        VolumeId volume = volume().id();
        Metadata metadata = pool.metadata();
        pool.tables().ran();

        metadata.change(new Change.Extend(volume, LARGER));
        metadata.change(new Change.Extend(volume, LARGER));

        assertThat(pool.tables().ran()).containsExactly("lvm lvextend -L 16777216b " + pool.group() + "/a");
    }

    private LoopPool withVolume() throws IOException {
        pool.createByHand(EXTENT, "64k");
        assertThat(pool.metadata().change(new Change.Create("a", SIZE, VIRTUAL)))
                .isEqualTo(new Outcome.Done());
        return pool;
    }

    private Volume volume() throws IOException {
        return volume("a");
    }

    private Volume volume(String name) throws IOException {
        return pool.metadata().inspect().volumes().stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** With tags, until not one volume more has its place. */
    private void fillMetadata() throws IOException {
        for (int size : new int[] {1000, 300, 30}) {
            for (int round = 0, count = 64; count > 0; round++) {
                String prefix = "t" + size + "." + round + ".";
                List<String> arguments = new ArrayList<>(List.of("vgchange"));
                IntStream.range(0, count)
                        .forEach(tag -> arguments.addAll(List.of("--addtag", prefix + tag + "." + "x".repeat(size))));
                arguments.add(pool.group());
                try {
                    pool.lvm(arguments.toArray(String[]::new));
                } catch (IOException full) {
                    assertThat(full).hasMessageContaining("exceeds maximum metadata size");
                    count /= 4;
                }
            }
        }
    }

    private byte[] start(Path device) throws IOException {
        try (var input = Files.newInputStream(pool.luns().file(device))) {
            return input.readNBytes(4 << 20);
        }
    }
}
