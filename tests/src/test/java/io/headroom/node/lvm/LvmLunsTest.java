package io.headroom.node.lvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.cluster.Metadata;
import io.headroom.cluster.Runner;
import io.headroom.lun.Admission;
import io.headroom.lun.Admission.ThePool;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.lun.Enlargement;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.VolumeId;
import io.headroom.node.device.BlockDevices;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.Volume;
import io.headroom.rig.LoopPool;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** LUNs that come, grow and go, with real LVM on loop devices: what a host sees of them, and what the pool makes of it. */
class LvmLunsTest {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private static final HostId HOST = new HostId(1);
    private static final Bytes EXTENT = Bytes.mebi(4);
    private static final int KILLS = 20;
    private static final int LABEL_AND_METADATA = 1 << 20;

    /** Those by which a device becomes one of the group's. */
    private static final Set<String> VICTIMS = Set.of("vgextend", "pvcreate", "vgchange");

    @TempDir
    Path directory;

    private final Random random = new Random(7);
    private LoopPool pool;
    private Path first;
    private Path second;
    private byte[][] begun;

    @BeforeEach
    void makePool() throws IOException {
        pool = new LoopPool(directory, List.of());
        first = pool.addLun(64);
        second = pool.addLun(64);
        pool.createByHand(EXTENT, "64k");
    }

    @AfterEach
    void removePool() throws IOException {
        pool.close();
    }

    @Test
    void newLun_isAdmittedOnce_andIsOneOfThePoolsFromThenOn() throws IOException {
        Path third = pool.addLun(64);
        pool.reopen();

        Admission.Admitted admitted = (Admission.Admitted) admission(third);
        assertThat(add(admitted)).isEqualTo(new Outcome.Done());
        long sequence = pool.sequence();

        assertThat(admission(third)).isInstanceOf(Admission.Already.class);
        assertThat(add(admitted)).isEqualTo(new Outcome.Done());
        assertThat(pool.sequence()).isEqualTo(sequence);
        assertThat(inventory().luns()).extracting(Lun::device).contains(third.toString());
    }

    /** After each of its commands, and between LVM's mark on the device and the group's knowing it. */
    @ParameterizedTest
    @ValueSource(strings = {"--addtag", "pvcreate", "mark", "vgextend", "--deltag"})
    void additionKilledBehind_isGoneOnWith(String last) throws IOException {
        Path third = pool.addLun(64);
        pool.reopen();
        Admission.Admitted admitted = (Admission.Admitted) admission(third);
        byte[] group = begin(first);

        boolean isMark = last.equals("mark");
        Runner mortal = (argv, environment, limit) -> {
            Runner.Ended ended = pool.tables().run(argv, environment, limit);
            boolean isLast = argv.contains(isMark ? "vgextend" : last);
            if (argv.contains("vgchange") && argv.contains("--addtag")) {
                begun = new byte[][] {begin(first), begin(second)};
            }
            if (isLast) {
                throw new IOException("was killed");
            }
            return ended;
        };
        assertThatThrownBy(() -> LvmMetadata.open(pool.pool(), mortal, LoopPool.QEMU_IMG)
                        .change(new Change.AddLun(admitted.device(), Bytes.ZERO, false)))
                .hasMessage("was killed");
        if (isMark) {
            restore(first, begun[0]);
            restore(second, begun[1]);
            assertThat(pool.lvm("pvs", "--noheadings", "-o", "pv_in_use", "-S", "vg_uuid=\"\""))
                    .isEqualTo("used");
        }
        boolean isIn = last.equals("vgextend") || last.equals("--deltag");

        assertThat(begin(first)).isNotEqualTo(group);
        assertThat(inventory().luns()).hasSize(isIn ? 3 : 2);
        pool.reopen();
        assertThat(admission(third)).isInstanceOf(isIn ? Admission.Already.class : Admission.Admitted.class);
        assertThat(add(admitted)).isEqualTo(new Outcome.Done());
        assertThat(inventory().luns()).hasSize(3);
        assertThat(pool.lvm("vgck", pool.group())).isEmpty();
        Path fourth = pool.addLun(64);
        pool.reopen();
        assertThat(add((Admission.Admitted) admission(fourth))).isEqualTo(new Outcome.Done());
        assertThat(pool.lvm("vgs", "--noheadings", "-o", "vg_tags", pool.group()))
                .as("nothing is left of it")
                .doesNotContain("joining");
    }

    @Test
    void deviceThatLvmMarkedForSomebodyElse_isNoneThatWasBegun() throws IOException {
        Path theirs = pool.addLun(64);
        Path further = pool.addLun(64);
        pool.foreignGroup("theirs", List.of("--metadatacopies", "0"), theirs);
        pool.foreign(
                List.of(theirs, further), List.of("vgextend", "--pvmetadatacopies", "0", "theirs", further.toString()));
        pool.unlist(theirs);
        pool.reopen();

        assertThat(((Admission.Refused) admission(further)).reasons())
                .singleElement()
                .asString()
                .contains("belongs to a volume group whose name stands on other devices");
        assertThat(pool.metadata().change(new Change.AddLun(further.toString(), Bytes.ZERO, true)))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.cause()).contains("that this host does not see"));
    }

    @Test
    void additionKilledAtRandom_isRepeated() throws IOException {
        int killed = 0;
        Runner killing = new KillingRunner(pool.tables(), VICTIMS, random);
        for (int round = 1; round <= KILLS; round++) {
            Path lun = pool.addLun(64);
            pool.reopen();
            Metadata mortal = LvmMetadata.open(pool.pool(), killing, LoopPool.QEMU_IMG);
            try {
                mortal.change(new Change.AddLun(lun.toString(), Bytes.ZERO, false));
            } catch (IOException unknown) {
                assertThat(unknown).hasMessageContaining("was killed");
                killed++;
            }
            pool.reopen();
            assertThat(admission(lun)).as("round %d", round).isNotInstanceOf(Admission.Refused.class);
            assertThat(pool.metadata().change(new Change.AddLun(lun.toString(), Bytes.ZERO, false)))
                    .as("round %d", round)
                    .isEqualTo(new Outcome.Done());
            assertThat(inventory().luns()).as("round %d", round).hasSize(2 + round);
            assertThat(pool.lvm("vgck", pool.group())).isEmpty();
        }
        assertThat(killed).as("rounds whose command was killed").isPositive();
    }

    @Test
    void lunOfAnotherPool_isRefused() throws IOException {
        Path other = pool.addLun(64);
        pool.foreignGroup("theirs", List.of(), other);
        pool.reopen();

        assertThat(((Admission.Refused) admission(other)).reasons())
                .singleElement()
                .asString()
                .contains("belongs to the volume group theirs");
    }

    @Test
    void enlargedLun_isUsedToItsEnd() throws IOException {
        Lun before = lun(second);
        pool.luns().grow(second, 128);

        Enlargement.Admitted admitted =
                (Enlargement.Admitted) Enlargement.of(before, List.of(sight(second)), Set.of(), false);
        assertThat(admitted.size()).isEqualTo(Bytes.mebi(128));
        assertThat(pool.metadata().change(new Change.GrowLun(second.toString(), Bytes.ZERO)))
                .isEqualTo(new Outcome.Done());
        assertThat(lun(second).size()).isEqualTo(before.size().plus(Bytes.mebi(64)));

        long sequence = pool.sequence();
        pool.metadata().change(new Change.GrowLun(second.toString(), Bytes.ZERO));
        assertThat(lun(second).size()).isEqualTo(before.size().plus(Bytes.mebi(64)));
        assertThat(pool.sequence()).isGreaterThanOrEqualTo(sequence);
    }

    /** As before a LUN is given back: the SPM must not believe what the group counts as free. */
    @Test
    void lunsThatAreBarredFromAllocation_countAsFree_andCannotBeHad() throws IOException {
        assertThat(pool.metadata().change(new Change.Create("a", EXTENT, Bytes.mebi(100))))
                .isEqualTo(new Outcome.Done());
        pool.lvm("pvchange", "--allocatable", "n", "--all");

        Inventory inventory = inventory();
        assertThat(inventory.free()).isGreaterThan(EXTENT.times(4));
        VolumeId volume = inventory.volumes().get(0).id();
        assertThat(pool.metadata().change(new Change.Extend(volume, EXTENT.times(4))))
                .isEqualTo(new Outcome.NoSpace(Bytes.ZERO));
    }

    @Test
    void missingLun_isToldWithWhatStandsOnIt_untilItComesBack() throws IOException {
        for (String name : List.of("a", "b", "c")) {
            assertThat(pool.metadata().change(new Change.Create(name, EXTENT, Bytes.mebi(100))))
                    .isEqualTo(new Outcome.Done());
        }
        for (Volume volume : inventory().volumes()) {
            assertThat(pool.metadata().change(new Change.Extend(volume.id(), Bytes.mebi(36))))
                    .isEqualTo(new Outcome.Extended(Bytes.mebi(36)));
        }
        Metadata metadata = pool.metadata();
        Path file = pool.luns().file(second);
        pool.luns().detach(second);

        Lun missing = metadata.inspect().luns().stream()
                .filter(lun -> !lun.problem().isEmpty())
                .findFirst()
                .orElseThrow();

        assertThat(missing.device()).isEmpty();
        assertThat(missing.problem()).contains("connect the LUN").endsWith("on it stand b, c");

        pool.luns().attach(file, second);
        assertThat(metadata.inspect().luns()).extracting(Lun::problem).containsOnly("");
    }

    /** What LVM has at the beginning of a device: its label and the group's metadata. */
    private static byte[] begin(Path device) throws IOException {
        try (InputStream input = Files.newInputStream(device)) {
            return input.readNBytes(LABEL_AND_METADATA);
        }
    }

    private static void restore(Path device, byte[] begin) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(device.toFile(), "rw")) {
            file.write(begin);
            file.getFD().sync();
        }
    }

    private Admission admission(Path device) throws IOException {
        Inventory inventory = inventory();
        ThePool known = new ThePool(pool.pool().id(), HOST, inventory.extent(), inventory.luns());
        return Admission.of(known, List.of(sight(device)), Set.of(), false);
    }

    private DeviceSight sight(Path device) throws IOException {
        BlockDevices devices =
                new BlockDevices(HOST, pool.settings().devices(), pool.pool(), BlockDevices.Machine.REAL, PATIENCE);
        return devices.look(DeviceQuestion.at(device.toString()));
    }

    private Outcome add(Admission.Admitted admitted) throws IOException {
        return pool.metadata().change(new Change.AddLun(admitted.device(), Bytes.ZERO, admitted.givesUp()));
    }

    private Inventory inventory() throws IOException {
        return pool.metadata().inspect();
    }

    private Lun lun(Path device) throws IOException {
        return inventory().luns().stream()
                .filter(lun -> lun.device().equals(device.toString()))
                .findFirst()
                .orElseThrow();
    }
}
