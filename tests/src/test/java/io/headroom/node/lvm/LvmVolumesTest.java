package io.headroom.node.lvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.cluster.Metadata;
import io.headroom.cluster.Runner;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Volumes.Found;
import io.headroom.rig.LoopPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The host's side of real LVM, with a stand-in for device-mapper; the lab has the real one. */
class LvmVolumesTest {
    private static final Bytes SIZE = Bytes.mebi(8);

    @TempDir
    Path directory;

    private LoopPool pool;
    private LvmVolumes volumes;
    private VolumeId volume;

    @BeforeEach
    void makePool() throws IOException {
        pool = new LoopPool(directory, List.of(128L)).createByHand(Bytes.mebi(4), "64k");
        pool.metadata().change(new Change.Create("a-b", SIZE, Bytes.mebi(100)));
        volume = pool.metadata().inspect().volumes().get(0).id();
        volumes = new LvmVolumes(pool.pool().host(pool.tables()), LoopPool.QEMU_IMG, Runnable::run);
        pool.tables().ran();
    }

    @AfterEach
    void removePool() throws IOException {
        pool.close();
    }

    @Test
    void activated_isFoundByItsPath_withoutAnyCommand() throws IOException {
        String path = done(volumes.activate(volume));
        pool.tables().ran();
        Path link = Files.createSymbolicLink(directory.resolve("disk"), Path.of(path));

        Found found = new Found(volume, "a-b", SIZE, true);
        assertThat(done(volumes.find(path))).contains(found);
        assertThat(done(volumes.find(link.toString()))).contains(found);
        assertThat(done(volumes.find(link.toRealPath().toString()))).contains(found);
        assertThat(pool.tables().ran()).isEmpty();
    }

    @Test
    void everythingElse_isNoVolume() throws IOException {
        pool.lvm("lvcreate", "-an", "-Zn", "-Wn", "-L", "4m", "-n", "headroom_mailbox", pool.group());
        Path mailbox = pool.pool().host(pool.tables()).activateMailbox();

        for (String path :
                List.of(mailbox.toString(), "/dev/null", "/nowhere", "", "\0", "json:{}", directory.toString())) {
            assertThat(done(volumes.find(path))).as(path).isEmpty();
        }
    }

    @Test
    void volumeOfAnotherPool_isNoVolume() throws IOException {
        String path = done(volumes.activate(volume));
        Path other = Files.createDirectories(directory.resolve("other"));
        try (LoopPool another = new LoopPool(other, List.of(64L)).createByHand(Bytes.mebi(4), "64k")) {
            LvmVolumes theirs = new LvmVolumes(
                    new LvmHost(LvmPool.open(another.settings(), pool.tables().machine()), another.tables()),
                    LoopPool.QEMU_IMG,
                    Runnable::run);

            assertThat(done(theirs.find(path))).isEmpty();
        }
    }

    @Test
    void activatedTwice_isActivatedOnce_atItsPresentSize() throws IOException {
        String path = done(volumes.activate(volume));
        pool.metadata().change(new Change.Extend(volume, SIZE.times(2)));
        pool.tables().ran();

        assertThat(done(volumes.activate(volume))).isEqualTo(path);

        assertThat(pool.tables().ran()).containsExactly("lvm lvchange --refresh " + pool.group() + "/a-b");
        assertThat(done(volumes.find(path)).map(Found::size)).contains(SIZE.times(2));
    }

    @Test
    void extended_isAsLargeAsBefore_untilItIsRefreshed() throws IOException {
        String path = done(volumes.activate(volume));
        pool.metadata().change(new Change.Extend(volume, SIZE.times(2)));

        assertThat(done(volumes.find(path)).map(Found::size)).contains(SIZE);
        assertThat(done(volumes.refresh(volume))).isEqualTo(SIZE.times(2));
        assertThat(done(volumes.refresh(volume))).isEqualTo(SIZE.times(2));
    }

    @Test
    void refreshOfAnInactiveVolume_fails_thoughLvmWouldSayThatItSucceeded() {
        assertThatThrownBy(() -> done(volumes.refresh(volume)))
                .hasMessageContaining("is not active on this host; activate it first");
        assertThat(pool.tables().ran()).isEmpty();
    }

    @Test
    void volumeThatVanishesInTheMiddle_isNotSaidToBeRefreshed() throws IOException {
        done(volumes.activate(volume));
        LvmHost vanishing = pool.pool().host((argv, environment, limit) -> {
            pool.deactivate("a-b");
            return pool.tables().run(argv, environment, limit);
        });

        assertThatThrownBy(() -> vanishing.refresh(volume)).hasMessageContaining("is not active on this host");
    }

    @Test
    void activationThatLvmOnlyAnnounces_fails() {
        LvmHost lying = pool.pool()
                .host((argv, environment, limit) -> argv.contains("-ay")
                        ? new Runner.Ended(0, "", "")
                        : pool.tables().run(argv, environment, limit));

        assertThatThrownBy(() -> lying.activate(volume)).hasMessageContaining("could not be activated");
    }

    @Test
    void unknownVolume_isSaid() {
        VolumeId nobody = new VolumeId("AAAAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAAAA");

        assertThatThrownBy(() -> done(volumes.activate(nobody))).hasMessageContaining("has no volume " + nobody);
        assertThatThrownBy(() -> done(volumes.imageEnd(nobody))).hasMessageContaining("is not active");
        assertThat(done(volumes.deactivate(nobody))).isNull();
    }

    @Test
    void deactivated_isGone_alsoTwice_butNotWhileItIsOpen() {
        String path = done(volumes.activate(volume));
        pool.tables().hold("a-b");
        assertThatThrownBy(() -> done(volumes.deactivate(volume))).hasMessageContaining("has the volume open");
        assertThat(done(volumes.find(path))).isPresent();

        pool.tables().free("a-b");
        done(volumes.deactivate(volume));
        done(volumes.deactivate(volume));

        assertThat(done(volumes.find(path))).isEmpty();
    }

    @Test
    void imageEnd_isReadFromTheImage() {
        done(volumes.activate(volume));

        assertThat(done(volumes.imageEnd(volume))).isGreaterThan(Bytes.ZERO).isLessThan(SIZE);
    }

    @Test
    void lunThatTheSpmAdded_isLookedForWhenItIsMissed() throws IOException {
        List<String> shown = new ArrayList<>();
        LvmHost host = pool.pool().host((argv, environment, limit) -> {
            if (argv.contains("-ay")) {
                shown.add(argv.get(1));
                return shown.size() == 1
                        ? new Runner.Ended(5, "", "  Cannot activate while PVs are missing.\n")
                        : pool.tables().run(argv, environment, limit);
            }
            return pool.tables().run(argv, environment, limit);
        });

        assertThat(host.activate(volume)).exists();
        assertThat(shown).hasSize(2);
    }

    @Test
    void tidied_keepsWhatAHostMayUse_andWhatIsOpen() throws IOException {
        Metadata metadata = pool.metadata();
        for (String name : List.of("ours", "open", "gone")) {
            metadata.change(new Change.Create(name, SIZE, Bytes.mebi(100)));
        }
        metadata.change(new Change.Assign(id("ours"), Set.of(new HostId(3))));
        VolumeId gone = id("gone");
        for (VolumeId one : List.of(volume, id("ours"), id("open"), gone)) {
            done(volumes.activate(one));
        }
        pool.tables().hold("open");
        pool.lvm("lvremove", "-y", pool.group() + "/gone");
        LvmHost tables = pool.pool().host(pool.tables());

        tables.tidy();

        assertThat(tables.active()).containsExactlyInAnyOrder(id("ours"), id("open"));
    }

    private VolumeId id(String name) throws IOException {
        return pool.metadata().inspect().volumes().stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow()
                .id();
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
