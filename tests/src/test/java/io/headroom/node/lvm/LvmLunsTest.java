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
import io.headroom.node.device.BlockDevices;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.Volume;
import io.headroom.rig.LoopPool;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LUNs that come, grow and go, with real LVM on loop devices: what a host sees of them, and what the pool makes of it. */
class LvmLunsTest {
    private static final HostId HOST = new HostId(1);
    private static final Bytes EXTENT = Bytes.mebi(4);
    private static final int KILLS = 8;

    /** Longer than most commands take here. */
    private static final int LONGEST_MICROS = 60_000;

    @TempDir
    Path directory;

    private final Random random = new Random(7);
    private LoopPool pool;
    private Path first;
    private Path second;

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

    @Test
    void additionKilledBeforeTheGroupKnew_isRepeated() throws IOException {
        Path third = pool.addLun(64);
        pool.reopen();
        Admission.Admitted admitted = (Admission.Admitted) admission(third);
        Runner cutOff = (argv, environment, limit) -> {
            if (!argv.contains("vgextend")) {
                return pool.tables().run(argv, environment, limit);
            }
            List<String> prepared = new ArrayList<>(argv);
            prepared.set(prepared.indexOf("vgextend"), "pvcreate");
            prepared.remove(pool.group());
            assertThat(pool.tables().run(prepared, environment, limit).status()).isZero();
            throw new IOException("was killed");
        };

        assertThatThrownBy(() -> LvmMetadata.open(pool.pool(), cutOff, LoopPool.QEMU_IMG)
                        .change(new Change.AddLun(admitted.device(), Bytes.ZERO, false)))
                .hasMessage("was killed");

        assertThat(inventory().luns()).hasSize(2);
        assertThat(admission(third)).isEqualTo(admitted);
        assertThat(add(admitted)).isEqualTo(new Outcome.Done());
        assertThat(inventory().luns()).hasSize(3);
    }

    @Test
    void additionKilledAtRandom_isRepeated_orSaysHowToClearTheDevice() throws IOException {
        int killed = 0;
        for (int round = 1; round <= KILLS; round++) {
            Path lun = pool.addLun(64);
            pool.reopen();
            Metadata mortal = LvmMetadata.open(pool.pool(), this::killedAtRandom, LoopPool.QEMU_IMG);
            try {
                mortal.change(new Change.AddLun(lun.toString(), Bytes.ZERO, false));
            } catch (IOException unknown) {
                assertThat(unknown).hasMessageContaining("was killed");
                killed++;
            }
            if (admission(lun) instanceof Admission.Refused refused) {
                // LVM marks a device as used a moment before its group has it, and then nobody can tell whose it is.
                assertThat(refused.reasons())
                        .as("round %d", round)
                        .singleElement()
                        .asString()
                        .contains("killed halfway")
                        .contains("pvremove -ff");
                pool.foreign(List.of(lun), List.of("pvremove", "-ff", "-y", lun.toString()));
            }
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

        assertThat(pool.luns().attach(file)).isEqualTo(second);
        assertThat(metadata.inspect().luns()).extracting(Lun::problem).containsOnly("");
    }

    private Admission admission(Path device) throws IOException {
        Inventory inventory = inventory();
        ThePool known = new ThePool(pool.pool().id(), HOST, inventory.extent(), inventory.luns());
        return Admission.of(known, List.of(sight(device)), Set.of(), false);
    }

    private DeviceSight sight(Path device) throws IOException {
        BlockDevices devices =
                new BlockDevices(HOST, pool.settings().devices(), pool.pool()::devices, BlockDevices.Machine.REAL);
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

    private Runner.Ended killedAtRandom(List<String> argv, Map<String, String> environment, Duration limit)
            throws IOException {
        if (!argv.contains("vgextend")) {
            return pool.tables().run(argv, environment, limit);
        }
        ProcessBuilder builder = new ProcessBuilder(argv).redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).environment().putAll(environment);
        Process process = builder.start();
        try {
            if (!process.waitFor(random.nextInt(LONGEST_MICROS), TimeUnit.MICROSECONDS)) {
                process.destroyForcibly();
            }
            return new Runner.Ended(process.waitFor(), "", "");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }
}
