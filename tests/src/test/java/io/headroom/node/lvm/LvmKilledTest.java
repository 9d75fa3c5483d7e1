package io.headroom.node.lvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.cluster.Metadata;
import io.headroom.cluster.Runner;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.Volume;
import io.headroom.rig.LoopPool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command that is killed has done its work or has not; the group is well, and the same change goes on. */
class LvmKilledTest {
    private static final int ROUNDS = 100;
    private static final Bytes EXTENT = Bytes.mebi(1);

    @TempDir
    Path directory;

    private final Random random = new Random(3);
    private LoopPool pool;
    private Runner mortal;
    private int killed;

    @BeforeEach
    void makePool() throws IOException {
        pool = new LoopPool(directory, List.of(512L, 512L)).createByHand(EXTENT, "1m");
        assertThat(pool.metadata().change(new Change.Create("a", EXTENT, Bytes.gibi(2))))
                .isEqualTo(new Outcome.Done());
        mortal = new KillingRunner(pool.tables(), Set.of("lvextend", "lvchange"), random);
    }

    @AfterEach
    void removePool() throws IOException {
        pool.close();
    }

    @Test
    void extensionKilledAtRandom_isDoneOrNotDone() throws IOException {
        for (int round = 1; round <= ROUNDS; round++) {
            Volume before = volume();
            Bytes target = before.size().plus(EXTENT.times(1 + random.nextInt(4)));

            attempt(new Change.Extend(before.id(), target));

            assertThat(volume().size()).as("round %d", round).isIn(before.size(), target);
            assertThat(pool.metadata().change(new Change.Extend(before.id(), target)))
                    .as("round %d", round)
                    .isEqualTo(new Outcome.Extended(target));
            requireSound();
        }
        assertThat(killed).as("rounds whose command was killed").isBetween(ROUNDS / 5, ROUNDS);
    }

    @Test
    void tagsKilledAtRandom_areThoseBeforeOrThoseAfter() throws IOException {
        for (int round = 1; round <= ROUNDS; round++) {
            Volume before = volume();
            Set<HostId> hosts = Set.of(new HostId(round));

            attempt(new Change.Assign(before.id(), hosts));

            assertThat(volume().hosts()).as("round %d", round).isIn(before.hosts(), hosts);
            assertThat(pool.metadata().change(new Change.Assign(before.id(), hosts)))
                    .isEqualTo(new Outcome.Done());
            requireSound();
        }
        assertThat(killed).as("rounds whose command was killed").isBetween(ROUNDS / 5, ROUNDS);
    }

    private void attempt(Change change) throws IOException {
        Metadata metadata = LvmMetadata.open(pool.pool(), mortal, LoopPool.QEMU_IMG);
        try {
            metadata.change(change);
        } catch (IOException unknown) {
            assertThat(unknown).hasMessageContaining("was killed");
            killed++;
        }
    }

    private Volume volume() throws IOException {
        return pool.metadata().inspect().volumes().get(0);
    }

    /** As LVM's own check sees it. */
    private void requireSound() throws IOException {
        assertThat(pool.lvm("vgck", pool.group())).isEmpty();
    }
}
