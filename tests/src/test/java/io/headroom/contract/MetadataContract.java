package io.headroom.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.headroom.cluster.Metadata;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What the SPM relies on in a pool's metadata, whatever they are made of. The pool begins without volumes and with 256
 * MiB free, in extents of 4 MiB. Every outcome is looked at in a tenure of its own, which knows only what is stored.
 */
abstract class MetadataContract {
    private static final VolumeId NOBODY = new VolumeId("AAAAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAAAA");
    private static final Bytes SIZE = Bytes.mebi(8);
    private static final Bytes VIRTUAL = Bytes.mebi(100);
    private static final HostId HOST = new HostId(7);
    private static final HostId OTHER = new HostId(8);

    /** A new tenure over the same pool. */
    abstract Metadata open() throws IOException;

    /** A LUN that is not the pool's, of 64 MiB at least. */
    abstract Change.AddLun newLun() throws IOException;

    /** The LUN, which is the pool's, has at least 64 MiB more on the array. */
    abstract Change.GrowLun largerLun(Lun lun) throws IOException;

    /** Whether the data of volumes can be reached where the test runs. */
    boolean reachesData() {
        return true;
    }

    /** A guest filled the volume. */
    abstract void fill(Volume volume) throws IOException;

    abstract boolean readsAsZeros(Volume volume, Bytes from, Bytes length) throws IOException;

    // Creation.

    @Test
    void created_isReadyWithItsSizes() throws IOException {
        Bytes free = inspect().free();

        assertThat(change(new Change.Create("a", SIZE, VIRTUAL))).isEqualTo(new Outcome.Done());

        Volume volume = volume("a");
        assertThat(volume.state()).isEqualTo(State.READY);
        assertThat(volume.size()).isEqualTo(SIZE);
        assertThat(volume.virtualSize()).isEqualTo(VIRTUAL);
        assertThat(volume.limit()).as("a full image with its tables").isGreaterThan(VIRTUAL);
        assertThat(volume.hosts()).isEmpty();
        assertThat(inspect().free()).isEqualTo(free.minus(SIZE));
    }

    @Test
    void createdInPartOfAnExtent_isRoundedUp() throws IOException {
        change(new Change.Create("a", Bytes.mebi(5), VIRTUAL));

        assertThat(volume("a").size()).isEqualTo(SIZE);
    }

    @Test
    void createdTwice_isOneVolume() throws IOException {
        Volume first = created("a");

        assertThat(change(new Change.Create("a", SIZE, VIRTUAL))).isEqualTo(new Outcome.Done());

        assertThat(inspect().volumes()).containsExactly(first);
    }

    @Test
    void createdAgainWithAnotherSize_isRefused() throws IOException {
        Volume first = created("a");

        assertThat(change(new Change.Create("a", SIZE, VIRTUAL.times(2)))).isInstanceOf(Outcome.Refused.class);

        assertThat(inspect().volumes()).containsExactly(first);
    }

    @Test
    void createdWhereThePoolIsFull_isNoSpace() throws IOException {
        Bytes free = inspect().free();

        assertThat(change(new Change.Create("a", free.plus(SIZE), free.times(4))))
                .isEqualTo(new Outcome.NoSpace(free));

        assertThat(inspect().volumes()).isEmpty();
        assertThat(inspect().free()).isEqualTo(free);
    }

    // Growth.

    @Test
    void extended_hasTheSize_inWholeExtents() throws IOException {
        Volume volume = created("a");
        Bytes free = inspect().free();

        assertThat(change(new Change.Extend(volume.id(), Bytes.mebi(15))))
                .isEqualTo(new Outcome.Extended(Bytes.mebi(16)));

        assertThat(volume("a")).isEqualTo(volume.withSize(Bytes.mebi(16)));
        assertThat(inspect().free()).isEqualTo(free.minus(Bytes.mebi(8)));
    }

    @Test
    void extendedToLess_keepsItsSize() throws IOException {
        Volume volume = created("a");
        change(new Change.Extend(volume.id(), Bytes.mebi(16)));

        assertThat(change(new Change.Extend(volume.id(), Bytes.mebi(16))))
                .isEqualTo(new Outcome.Extended(Bytes.mebi(16)));
        assertThat(change(new Change.Extend(volume.id(), Bytes.mebi(12))))
                .isEqualTo(new Outcome.Extended(Bytes.mebi(16)));
        assertThat(volume("a").size()).isEqualTo(Bytes.mebi(16));
    }

    @Test
    void extendedBeyondThePool_isNoSpace_andWhatThereIsCanBeHad() throws IOException {
        Volume volume = created("a", Bytes.gibi(1));
        Bytes free = inspect().free();
        Bytes all = volume.size().plus(free);

        assertThat(change(new Change.Extend(volume.id(), all.plus(SIZE)))).isEqualTo(new Outcome.NoSpace(free));
        assertThat(volume("a").size()).isEqualTo(SIZE);

        assertThat(change(new Change.Extend(volume.id(), all))).isEqualTo(new Outcome.Extended(all));
        assertThat(inspect().free()).isEqualTo(Bytes.ZERO);
    }

    // Virtual sizes.

    @Test
    void resized_isLarger_andMayBecomeLarger() throws IOException {
        Volume volume = created("a");

        assertThat(change(new Change.Resize(volume.id(), VIRTUAL.times(2)))).isEqualTo(new Outcome.Done());

        assertThat(volume("a").virtualSize()).isEqualTo(VIRTUAL.times(2));
        assertThat(volume("a").limit()).isGreaterThan(VIRTUAL.times(2));
        assertThat(volume("a").size()).isEqualTo(SIZE);
    }

    @Test
    void resizedToLess_keepsItsSize() throws IOException {
        Volume volume = created("a");

        assertThat(change(new Change.Resize(volume.id(), VIRTUAL.minus(Bytes.mebi(1)))))
                .isEqualTo(new Outcome.Done());

        assertThat(volume("a")).isEqualTo(volume);
    }

    // Use.

    @Test
    void assigned_isForTheseHosts_insteadOfThoseBefore() throws IOException {
        Volume volume = created("a");

        assertThat(change(new Change.Assign(volume.id(), Set.of(HOST)))).isEqualTo(new Outcome.Done());
        assertThat(volume("a").hosts()).containsExactly(HOST);
        assertThat(change(new Change.Assign(volume.id(), Set.of(HOST, OTHER)))).isEqualTo(new Outcome.Done());
        assertThat(volume("a").hosts()).containsExactlyInAnyOrder(HOST, OTHER);
        assertThat(change(new Change.Assign(volume.id(), Set.of(OTHER)))).isEqualTo(new Outcome.Done());
        assertThat(change(new Change.Assign(volume.id(), Set.of(OTHER)))).isEqualTo(new Outcome.Done());
        assertThat(volume("a").hosts()).containsExactly(OTHER);
        assertThat(change(new Change.Assign(volume.id(), Set.of()))).isEqualTo(new Outcome.Done());
        assertThat(volume("a")).isEqualTo(volume);
    }

    @Test
    void assigned_keepsItsHosts_whenItGrows() throws IOException {
        Volume volume = created("a");
        change(new Change.Assign(volume.id(), Set.of(HOST)));

        change(new Change.Extend(volume.id(), Bytes.mebi(16)));

        assertThat(volume("a").hosts()).containsExactly(HOST);
    }

    // The end.

    @Test
    void condemned_isSaid_alsoTwice() throws IOException {
        Volume volume = created("a");

        assertThat(change(new Change.Condemn(volume.id()))).isEqualTo(new Outcome.Done());
        assertThat(change(new Change.Condemn(volume.id()))).isEqualTo(new Outcome.Done());

        assertThat(volume("a")).isEqualTo(volume.withState(State.CONDEMNED));
    }

    @Test
    void condemnedWhileAHostMayUseIt_isRefused() throws IOException {
        Volume volume = created("a");
        change(new Change.Assign(volume.id(), Set.of(HOST)));

        assertThat(change(new Change.Condemn(volume.id()))).isInstanceOf(Outcome.Refused.class);

        assertThat(volume("a").state()).isEqualTo(State.READY);
    }

    @Test
    void condemned_isNeitherGrownNorAssignedNorMadeAgain() throws IOException {
        Volume volume = created("a");
        change(new Change.Condemn(volume.id()));

        assertThat(change(new Change.Extend(volume.id(), Bytes.mebi(16)))).isInstanceOf(Outcome.Refused.class);
        assertThat(change(new Change.Resize(volume.id(), VIRTUAL.times(2)))).isInstanceOf(Outcome.Refused.class);
        assertThat(change(new Change.Assign(volume.id(), Set.of(HOST)))).isInstanceOf(Outcome.Refused.class);
        assertThat(change(new Change.Create("a", SIZE, VIRTUAL))).isInstanceOf(Outcome.Refused.class);

        assertThat(inspect().volumes()).containsExactly(volume.withState(State.CONDEMNED));
    }

    @Test
    void removed_isGone_andItsSpaceIsFree_alsoTwice() throws IOException {
        Bytes free = inspect().free();
        Volume volume = created("a");
        change(new Change.Condemn(volume.id()));

        assertThat(change(new Change.Remove(volume.id()))).isEqualTo(new Outcome.Done());
        assertThat(change(new Change.Remove(volume.id()))).isEqualTo(new Outcome.Done());

        assertThat(inspect().volumes()).isEmpty();
        assertThat(inspect().free()).isEqualTo(free);
    }

    @Test
    void readyVolume_isNotRemoved() throws IOException {
        Volume volume = created("a");

        assertThat(change(new Change.Remove(volume.id()))).isInstanceOf(Outcome.Refused.class);

        assertThat(inspect().volumes()).containsExactly(volume);
    }

    @Test
    void theNameOfARemovedVolume_makesAnotherVolume() throws IOException {
        Volume volume = created("a");
        change(new Change.Condemn(volume.id()));
        change(new Change.Remove(volume.id()));

        assertThat(created("a").id()).isNotEqualTo(volume.id());
    }

    @Test
    void wiped_readsAsZeros_andOnlyWhatWasWiped() throws IOException {
        assumeTrue(reachesData());
        Volume volume = created("a");
        fill(volume);
        change(new Change.Condemn(volume.id()));

        assertThat(change(new Change.Wipe(volume.id(), Bytes.ZERO, Bytes.mebi(4))))
                .isEqualTo(new Outcome.Done());
        assertThat(readsAsZeros(volume, Bytes.ZERO, Bytes.mebi(4))).isTrue();
        assertThat(readsAsZeros(volume, Bytes.ZERO, SIZE)).isFalse();

        assertThat(change(new Change.Wipe(volume.id(), Bytes.mebi(4), Bytes.mebi(4))))
                .isEqualTo(new Outcome.Done());
        assertThat(readsAsZeros(volume, Bytes.ZERO, SIZE)).isTrue();
    }

    @Test
    void volumeThatIsNotCondemned_isNotWiped() throws IOException {
        Volume volume = created("a");

        assertThat(change(new Change.Wipe(volume.id(), Bytes.ZERO, Bytes.mebi(4))))
                .isInstanceOf(Outcome.Refused.class);
    }

    // All of them.

    @Test
    void volumeThatIsNotThere_isUnknownToEveryChange() throws IOException {
        Volume volume = created("a");

        List.of(
                        new Change.Extend(NOBODY, SIZE),
                        new Change.Resize(NOBODY, VIRTUAL),
                        new Change.Assign(NOBODY, Set.of(HOST)),
                        new Change.Condemn(NOBODY),
                        new Change.Wipe(NOBODY, Bytes.ZERO, SIZE))
                .forEach(change -> assertThat(changed(change)).as("%s", change).isEqualTo(new Outcome.UnknownVolume()));

        assertThat(inspect().volumes()).containsExactly(volume);
    }

    @Test
    void tagged_isSaid_alsoTwice() throws IOException {
        open().tag(new Epoch(7));
        open().tag(new Epoch(7));
        assertThat(inspect().tag()).isEqualTo(new Epoch(7));

        open().tag(new Epoch(8));
        assertThat(inspect().tag()).isEqualTo(new Epoch(8));
    }

    // LUNs.

    @Test
    void lunAdded_enlargesThePool_alsoTwice() throws IOException {
        Inventory before = inspect();
        Change.AddLun lun = newLun();

        assertThat(change(lun)).isEqualTo(new Outcome.Done());
        Inventory after = inspect();
        assertThat(change(lun)).isEqualTo(new Outcome.Done());

        assertThat(after.luns()).hasSize(before.luns().size() + 1);
        assertThat(after.luns()).extracting(Lun::device).contains(lun.device());
        assertThat(after.luns()).extracting(Lun::problem).containsOnly("");
        assertThat(after.free()).isGreaterThan(before.free().plus(Bytes.mebi(32)));
        assertThat(inspect())
                .usingRecursiveComparison()
                .ignoringCollectionOrder()
                .isEqualTo(after);
    }

    @Test
    void lunGrown_enlargesThePool_alsoTwice() throws IOException {
        Inventory before = inspect();
        Change.GrowLun grow = largerLun(before.luns().get(0));

        assertThat(change(grow)).isEqualTo(new Outcome.Done());
        Bytes after = inspect().free();
        assertThat(change(grow)).isEqualTo(new Outcome.Done());

        assertThat(after).isGreaterThan(before.free().plus(Bytes.mebi(32)));
        assertThat(inspect().free()).isEqualTo(after);
    }

    @Test
    void lunThatIsNotThePools_isNotGrown() throws IOException {
        assertThat(change(new Change.GrowLun(newLun().device(), Bytes.gibi(1)))).isInstanceOf(Outcome.Refused.class);
    }

    @Test
    void lunsTellOfAllThatIsFree() throws IOException {
        created("a");

        Inventory inventory = inspect();

        assertThat(inventory.luns().stream().map(Lun::free).reduce(Bytes.ZERO, Bytes::plus))
                .isEqualTo(inventory.free());
    }

    Inventory inspect() throws IOException {
        return open().inspect();
    }

    Outcome change(Change change) throws IOException {
        return open().change(change);
    }

    Volume volume(String name) throws IOException {
        return inspect().volumes().stream()
                .filter(volume -> volume.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Volume created(String name) throws IOException {
        return created(name, VIRTUAL);
    }

    private Volume created(String name, Bytes virtualSize) throws IOException {
        change(new Change.Create(name, SIZE, virtualSize));
        return volume(name);
    }

    private Outcome changed(Change change) {
        try {
            return change(change);
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }
}
