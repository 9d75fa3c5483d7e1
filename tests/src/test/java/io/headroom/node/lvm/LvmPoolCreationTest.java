package io.headroom.node.lvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.cluster.Runner;
import io.headroom.cluster.Sanlock;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.PoolId;
import io.headroom.port.PoolLog;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Outcome;
import io.headroom.rig.LoopPool;
import io.headroom.rig.Luns;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.event.PoolEventCodec;
import io.headroom.store.mailbox.MailboxArea;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LvmPoolCreationTest {
    private static final Bytes EXTENT = Bytes.mebi(4);
    private static final Instant NOW = Instant.parse("2026-05-31T12:00:00Z");

    @TempDir
    Path directory;

    private LoopPool pool;
    private Path first;

    @BeforeEach
    void makeLuns() throws IOException {
        pool = new LoopPool(directory, List.of());
        first = pool.addLun(256);
    }

    @AfterEach
    void removeLuns() throws IOException {
        pool.close();
    }

    @Test
    void created_hasItsMailboxItsTagsAndTwoCopiesOfTheMetadata() throws Exception {
        pool.addLun(256);
        pool.addLun(256);

        PoolId id = create();

        LvmPool found = pool.reopen();
        assertThat(found.id()).isEqualTo(id);
        assertThat(pool.lvm("vgs", "--noheadings", "-o", "vg_tags,vg_mda_count,vg_extent_size", pool.group())
                        .split("\\s+"))
                .containsExactly("headroom.pool", "2", "4.00m");
        Inventory inventory = pool.metadata().inspect();
        assertThat(inventory.tag()).isEqualTo(Epoch.NONE);
        assertThat(inventory.volumes()).isEmpty();
        assertThat(inventory.luns()).hasSize(3);
        Path mailbox = found.host(pool.tables()).activateMailbox();
        try (BlockDevice device = BlockDevice.open(mailbox, BlockDevice.Settings.DIRECT)) {
            MailboxArea area =
                    MailboxArea.open(device, id).toCompletableFuture().join();
            assertThat(area.identity().layout().hosts()).isEqualTo(4);
            PoolLog.Contents log = area.poolLog(new PoolEventCodec())
                    .read()
                    .toCompletableFuture()
                    .join();
            assertThat(log.entries())
                    .extracting(placed -> placed.entry().event().getClass().getSimpleName())
                    .containsExactly("PoolCreated");
        }
    }

    @Test
    void leases_areMadeWhenTheyAreAskedFor() throws IOException {
        LvmPoolCreation creation = new LvmPoolCreation(
                List.of(first),
                EXTENT,
                4,
                Optional.of(new Sanlock.Settings(Duration.ofSeconds(10), false, Optional.empty())),
                false);

        creation.create(pool.settings(), pool.tables().machine(), pool.tables(), NOW);

        assertThat(pool.reopen().host(pool.tables()).activateLeases()).exists();
    }

    @Test
    void plan_isExactlyWhatIsRun_andChangesNothing() throws IOException {
        pool.addLun(256);
        byte[] before = start(first);

        LvmPoolCreation.Plan plan =
                pool.creation(EXTENT).plan(pool.settings(), pool.tables().machine());

        assertThat(start(first)).isEqualTo(before);
        List<String> planned = new ArrayList<>();
        plan.before().forEach(command -> planned.add(command.toString()));
        plan.after().forEach(command -> planned.add(command.toString()));
        pool.tables().ran();
        create();
        assertThat(pool.tables().ran())
                .filteredOn(command -> !command.contains("--readonly"))
                .containsExactlyElementsOf(planned);
    }

    @Test
    void interruptedAnywhere_isNoPool_untilItIsRepeated() throws IOException {
        pool.addLun(256);
        pool.addLun(256);
        create();
        removeGroup();
        pool.tables().ran();
        create();
        int commands = pool.tables().ran().size();
        for (int at = 1; at <= commands; at++) {
            for (boolean afterwards : new boolean[] {false, true}) {
                removeGroup();
                Runner runner = new Interrupting(at, afterwards);
                assertThatThrownBy(() -> pool.creation(EXTENT)
                                .create(pool.settings(), pool.tables().machine(), runner, NOW))
                        .hasMessage("cut off");
                if (at < commands || !afterwards) {
                    assertThatThrownBy(() -> pool.reopen()).isInstanceOf(UnusableGroup.class);
                    create();
                }
                assertThat(pool.reopen().id()).isNotNull();
            }
        }
    }

    private void removeGroup() throws IOException {
        pool.lvm("vgremove", "-f", "-y", pool.group());
    }

    @Test
    void existingPool_isRefusedAndUntouched() throws IOException {
        create();
        long sequence = pool.sequence();

        assertThatThrownBy(this::create).hasMessageContaining("there is a volume group " + pool.group());

        assertThat(pool.sequence()).isEqualTo(sequence);
    }

    @Test
    void lunThatHoldsSomething_isRefusedAndUntouched_unlessForced() throws IOException {
        Luns.run("mkswap", first.toString());
        byte[] before = start(first);

        assertThatThrownBy(this::create)
                .hasMessageContaining(first + " is not empty, it holds: swap")
                .hasMessageContaining("--force");
        assertThat(start(first)).isEqualTo(before);

        new LvmPoolCreation(List.of(first), EXTENT, 4, Optional.empty(), true)
                .create(pool.settings(), pool.tables().machine(), pool.tables(), NOW);
        assertThat(pool.reopen().id()).isNotNull();
    }

    @Test
    void lunOfAnotherGroup_isNeverTaken() throws IOException {
        pool.foreignGroup("theirs", List.of(), first);
        byte[] before = start(first);

        assertThatThrownBy(() -> new LvmPoolCreation(List.of(first), EXTENT, 4, Optional.empty(), true)
                        .create(pool.settings(), pool.tables().machine(), pool.tables(), NOW))
                .hasMessageContaining("belongs to the volume group theirs");

        assertThat(start(first)).isEqualTo(before);
    }

    @Test
    void lunOfAGroupThatIsNotSeen_isNeverTaken() throws IOException {
        Path hidden = pool.luns().add(64);
        pool.foreignGroup("theirs", List.of(), hidden);
        pool.foreign(
                List.of(hidden, first), List.of("vgextend", "--pvmetadatacopies", "0", "theirs", first.toString()));
        byte[] before = start(first);

        assertThatThrownBy(() -> new LvmPoolCreation(List.of(first), EXTENT, 4, Optional.empty(), true)
                        .create(pool.settings(), pool.tables().machine(), pool.tables(), NOW))
                .hasMessageContaining("belongs to a volume group that this host does not see");
        assertThat(start(first)).isEqualTo(before);
    }

    @Test
    void lunThatWasPreparedByHand_getsMetadataOfTheRightSize() throws IOException {
        pool.foreignGroup("brief", List.of("--metadatasize", "64k"), first);
        pool.foreign(List.of(first), List.of("vgremove", "-y", "brief"));

        create();

        assertThat(Long.parseLong(pool.lvm(
                        "vgs", "--noheadings", "--units", "b", "--nosuffix", "-o", "vg_mda_size", pool.group())))
                .isGreaterThanOrEqualTo(Bytes.mebi(128).value());
    }

    @Test
    void lunsOfDifferentSectors_areRefused() throws IOException {
        pool.list(pool.luns().addWithLargeSectors(256));

        assertThatThrownBy(this::create).hasMessageContaining("sectors of one size");
    }

    @Test
    void smallLun_isRefusedWithTheLeast() throws IOException {
        pool.addLun(100);

        assertThatThrownBy(this::create).hasMessageContaining("100 MiB; a LUN of this pool has at least");
    }

    @Test
    void whatIsNoDeviceOrNotListed_isRefused() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        Path unlisted = pool.luns().add(256);
        pool.tables().show(unlisted);

        for (Path lun : List.of(file, directory, Path.of("/dev/null"), Path.of("nowhere"))) {
            assertThatThrownBy(() -> create(lun)).hasMessageContaining("not a block device");
        }
        assertThatThrownBy(() -> create(unlisted)).hasMessageContaining("none of headroom.pool.devices");
    }

    @Test
    void addedLun_isRefusedWhereItHoldsSomething_unlessForced() throws IOException {
        create();
        pool.reopen();
        Path further = pool.addLun(256);
        pool.reopen();
        Luns.run("mkswap", further.toString());

        assertThat(pool.metadata().change(new Change.AddLun(further.toString(), Bytes.ZERO, false)))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.cause()).contains("it holds: swap"));
        assertThat(pool.metadata().change(new Change.AddLun(further.toString(), Bytes.ZERO, true)))
                .isEqualTo(new Outcome.Done());
        assertThat(pool.lvm("vgs", "--noheadings", "-o", "vg_mda_count", pool.group()))
                .isEqualTo("2");
    }

    @Test
    void hostsBeyondTheLargestPool_areRefused() {
        assertThatThrownBy(() -> new LvmPoolCreation(List.of(first), EXTENT, 9_999, Optional.empty(), false)
                        .plan(pool.settings(), pool.tables().machine()))
                .hasMessageContaining("9999 hosts");
        assertThatThrownBy(() -> new LvmPoolCreation(List.of(first), Bytes.mebi(3), 4, Optional.empty(), false))
                .hasMessageContaining("powers of two");
        assertThatThrownBy(() -> new LvmPoolCreation(List.of(), EXTENT, 4, Optional.empty(), false))
                .hasMessageContaining("needs a LUN");
    }

    private PoolId create() throws IOException {
        return pool.creation(EXTENT).create(pool.settings(), pool.tables().machine(), pool.tables(), NOW);
    }

    private void create(Path lun) throws IOException {
        new LvmPoolCreation(List.of(lun), EXTENT, 4, Optional.empty(), false)
                .create(pool.settings(), pool.tables().machine(), pool.tables(), NOW);
    }

    private byte[] start(Path device) throws IOException {
        try (var input = Files.newInputStream(pool.luns().file(device))) {
            return input.readNBytes(4 << 20);
        }
    }

    /** Cuts off the n-th command, before it begins or after it has ended. */
    private final class Interrupting implements Runner {
        private final int last;
        private final boolean afterwards;
        private int count;

        Interrupting(int last, boolean afterwards) {
            this.last = last;
            this.afterwards = afterwards;
        }

        @Override
        public Ended run(List<String> argv, Map<String, String> environment, Duration limit) throws IOException {
            count++;
            if (count == last && !afterwards) {
                throw new IOException("cut off");
            }
            Ended ended = pool.tables().run(argv, environment, limit);
            if (count == last) {
                throw new IOException("cut off");
            }
            return ended;
        }
    }
}
