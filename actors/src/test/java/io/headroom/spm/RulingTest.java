package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.ledger.Deed;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.PoolLevel;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import io.headroom.port.Tenure.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RulingTest {
    private static final VolumeId ID = new VolumeId("id-a");
    private static final HostId HOST = new HostId(7);
    private static final HostId OTHER = new HostId(8);
    private static final HostId THIRD = new HostId(9);
    private static final Bytes VIRTUAL = Bytes.gibi(20);

    private final List<Tenure.Volume> volumes = new ArrayList<>();
    private final Map<VolumeId, Set<HostId>> guarded = new TreeMap<>();
    private Optional<String> unread = Optional.empty();
    private Bytes free = Bytes.gibi(100);
    private Bytes extent = Bytes.mebi(4);
    private Levels.Limits limits = Levels.Limits.NONE;
    private List<Request> unserved = List.of();

    // Create.

    @Test
    void aNewVolumeBeginsWithTheUsualSize_inWholeExtents() {
        extent = Bytes.gibi(1);

        assertThat(on(new Order.CreateVolume("a", VIRTUAL, Optional.empty())))
                .isEqualTo(new Ruling.Go(new Deed.Creation("a", Bytes.gibi(3), VIRTUAL)));
    }

    @Test
    void aSmallImage_isGivenAllAtOnce() {
        assertThat(on(new Order.CreateVolume("a", Bytes.mebi(100), Optional.empty())))
                .isEqualTo(new Ruling.Go(new Deed.Creation("a", Bytes.mebi(104), Bytes.mebi(100))));
        assertThat(on(new Order.CreateVolume("a", Bytes.mebi(1), Optional.empty())))
                .isEqualTo(new Ruling.Go(new Deed.Creation("a", Bytes.mebi(4), Bytes.mebi(1))));
    }

    @Test
    void aCriticalPoolKeepsWhatItHasForTheGuestsThatRun() {
        limits = new Levels.Limits(20, 10, 5);
        free = Bytes.gibi(19);

        Ruling.No no = assertNo(
                on(new Order.CreateVolume("a", VIRTUAL, Optional.empty())),
                "the pool is critical, 19 GiB of 200 GiB are free");

        assertThat(no.next()).isEqualTo("add a LUN, or delete what nobody needs");
    }

    @Test
    void noNewVolumeGetsOfTheReserve() {
        limits = new Levels.Limits(0, 0, 5);
        free = Bytes.gibi(12);

        assertNo(
                on(new Order.CreateVolume("a", VIRTUAL, Optional.of(Bytes.gibi(3)))),
                "the pool has 2 GiB free beside its reserve of 10 GiB, volume a needs 3 GiB");
        assertThat(on(new Order.CreateVolume("a", VIRTUAL, Optional.of(Bytes.gibi(2)))))
                .isInstanceOf(Ruling.Go.class);
    }

    @Test
    void noNewVolumeGetsWhatGuestsWaitFor() {
        free = Bytes.gibi(5);
        volume(State.READY);
        unserved =
                List.of(new Request(new Ticket(1), ID, new VmName("vm1"), Bytes.gibi(5), Why.NO_SPACE, Urgency.PAUSED));

        assertNo(
                on(new Order.CreateVolume("b", VIRTUAL, Optional.of(Bytes.gibi(2)))),
                "the pool has 1 GiB free, where guests wait for 4 GiB, volume b needs 2 GiB");
        assertThat(on(new Order.CreateVolume("b", VIRTUAL, Optional.of(Bytes.gibi(1)))))
                .isInstanceOf(Ruling.Go.class);
    }

    @Test
    void aNameThatIsNone_isRefused() {
        assertNo(on(new Order.CreateVolume("headroom_mailbox", VIRTUAL, Optional.empty())), "not a volume's name");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1 << 19, (1 << 20) + 1, (64L << 40) + 512, Long.MAX_VALUE})
    void anImageThatIsTooSmallTooLargeOrOdd_isRefused(long size) {
        Ruling.No no =
                assertNo(on(new Order.CreateVolume("a", Bytes.of(size), Optional.empty())), "an image cannot have");

        assertThat(no.next()).isEqualTo("allowed is 1 MiB to 64 TiB, in multiples of 512 B");
    }

    @Test
    void aFirstSizeOutsideOfWhatTheImageTakes_isRefusedWithWhatIsAllowed() {
        for (Bytes size : List.of(Bytes.mebi(3), Bytes.gibi(21))) {
            Ruling.No no = assertNo(on(new Order.CreateVolume("a", VIRTUAL, Optional.of(size))), "cannot begin with");
            assertThat(no.next()).startsWith("allowed is 4 MiB to 20.0 GiB");
        }
    }

    @Test
    void aVolumeThatThePoolHasNoRoomFor_isRefused() {
        free = Bytes.gibi(1);

        Ruling.No no = assertNo(on(new Order.CreateVolume("a", VIRTUAL, Optional.empty())), "the pool has 1 GiB free");

        assertThat(no.next()).contains("add a LUN");
        assertThat(on(new Order.CreateVolume("a", VIRTUAL, Optional.of(Bytes.gibi(1)))))
                .isInstanceOf(Ruling.Go.class);
    }

    @Test
    void aVolumeOfThatNameAndSize_isTheOne() {
        volume(State.READY);

        assertThat(on(new Order.CreateVolume("a", VIRTUAL, Optional.empty()))).isInstanceOf(Ruling.Already.class);
        assertNo(on(new Order.CreateVolume("a", VIRTUAL.times(2), Optional.empty())), "there is a volume a already");
    }

    @Test
    void aNameThatIsAnotherVolumesId_isRefused() {
        volume(State.READY);

        assertNo(on(new Order.CreateVolume("id-a", VIRTUAL, Optional.empty())), "there is a volume id-a already");
    }

    @Test
    void anUnfinishedVolumeOfThatName_isFinished_evenWhereThePoolIsFull() {
        volume(State.UNFINISHED);
        free = Bytes.ZERO;

        assertThat(on(new Order.CreateVolume("a", VIRTUAL, Optional.empty()))).isInstanceOf(Ruling.Go.class);
    }

    @Test
    void aNameThatIsBeingDeleted_isNotFreeYet() {
        volume(State.CONDEMNED);

        assertNo(on(new Order.CreateVolume("a", VIRTUAL, Optional.empty())), "is being deleted");
    }

    // Resize.

    @Test
    void anImageBecomesLarger_neverSmaller() {
        volume(State.READY);

        assertThat(on(new Order.ResizeVolume("a", VIRTUAL.times(2))))
                .isEqualTo(new Ruling.Go(new Deed.Resize(ID, VIRTUAL, VIRTUAL.times(2))));
        assertThat(on(new Order.ResizeVolume("id-a", VIRTUAL))).isInstanceOf(Ruling.Already.class);
        assertNo(on(new Order.ResizeVolume("a", Bytes.gibi(19))), "never made smaller");
        assertNo(on(new Order.ResizeVolume("a", Bytes.gibi(1 << 20))), "an image cannot have");
    }

    // Delete.

    @Test
    void whatNobodyUses_isDeleted() {
        volume(State.READY);

        assertThat(on(new Order.DeleteVolume("a", true)))
                .isEqualTo(new Ruling.Go(new Deed.Deletion(ID, "a", Bytes.gibi(1), true)));
    }

    @ParameterizedTest
    @EnumSource(names = {"UNFINISHED", "CONDEMNED"})
    void whatIsHalfMadeOrHalfGone_isDeletedToo(State state) {
        volume(state);

        assertThat(on(new Order.DeleteVolume("a", false))).isInstanceOf(Ruling.Go.class);
    }

    @Test
    void whatAHostMayUse_isNeitherDeletedNorResized() {
        volumes.add(volume(State.READY).withHosts(Set.of(HOST)));
        volumes.remove(0);

        for (Order order : List.of(new Order.DeleteVolume("a", false), new Order.ResizeVolume("a", VIRTUAL.times(2)))) {
            Ruling.No no = assertNo(on(order), "volume a is in use on host 7");
            assertThat(no.next()).contains("headroom volume deactivate a");
        }
    }

    @Test
    void whatAHostsMailNames_isNeitherDeletedNorResized() {
        volume(State.READY);
        guarded.put(ID, Set.of(OTHER));

        assertNo(on(new Order.DeleteVolume("a", false)), "volume a is in use on host 8");
        assertNo(on(new Order.ResizeVolume("a", VIRTUAL.times(2))), "volume a is in use on host 8");
    }

    @Test
    void whileAHostsMailCannotBeRead_nothingIsDeleted() {
        volume(State.READY);
        unread = Optional.of("block 12 cannot be believed: torn");

        assertNo(on(new Order.DeleteVolume("a", false)), "is not known: block 12 cannot be believed");
    }

    @Test
    void whatIsNotThere_isUnknown_unlessItWasDeleted() {
        assertNo(on(new Order.DeleteVolume("b", false)), "the pool has no volume b");
        assertThat(on(new Order.DeleteVolume("deleted", false)))
                .isEqualTo(new Ruling.Already("volume deleted was deleted already", Optional.empty()));
    }

    // Assign.

    @Test
    void aFreeVolume_isAssigned_once() {
        volume(State.READY);
        assertThat(on(new Order.AssignVolume("a", HOST, false)))
                .isEqualTo(new Ruling.Go(new Deed.Assignment(ID, List.of(), List.of(HOST))));

        assigned(HOST);
        assertThat(on(new Order.AssignVolume("a", HOST, false))).isInstanceOf(Ruling.Already.class);
    }

    @Test
    void anAssignedVolume_isForASecondHostOnlyWhereItIsShared_andNeverForAThird() {
        volume(State.READY);
        assigned(HOST);

        assertNo(on(new Order.AssignVolume("a", OTHER, false)), "in use on host 7, and never on two");
        assertThat(on(new Order.AssignVolume("a", OTHER, true)))
                .isEqualTo(new Ruling.Go(new Deed.Assignment(ID, List.of(HOST), List.of(HOST, OTHER))));

        assigned(HOST, OTHER);
        assertNo(on(new Order.AssignVolume("a", THIRD, true)), "on the hosts [7, 8] already");
    }

    @Test
    void aVolumeThatAVmUsesWithoutBeingAssigned_isForThatHostOnly() {
        volume(State.READY);
        guarded.put(ID, Set.of(OTHER));

        assertNo(on(new Order.AssignVolume("a", HOST, false)), "in use on host 8");
        assertThat(on(new Order.AssignVolume("a", OTHER, false))).isInstanceOf(Ruling.Go.class);
    }

    @Test
    void aReleasedVolume_isLeftToTheOthers() {
        volume(State.READY);
        assertThat(on(new Order.ReleaseVolume("a", HOST))).isInstanceOf(Ruling.Already.class);

        assigned(HOST, OTHER);
        assertThat(on(new Order.ReleaseVolume("a", HOST)))
                .isEqualTo(new Ruling.Go(new Deed.Assignment(ID, List.of(HOST, OTHER), List.of(OTHER))));
    }

    @ParameterizedTest
    @EnumSource(names = {"UNFINISHED", "CONDEMNED"})
    void whatIsHalfMadeOrHalfGone_isNeitherAssignedNorResized(State state) {
        volume(state);

        assertThat(on(new Order.AssignVolume("a", HOST, false))).isInstanceOf(Ruling.No.class);
        assertThat(on(new Order.ReleaseVolume("a", HOST))).isInstanceOf(Ruling.No.class);
        assertThat(on(new Order.ResizeVolume("a", VIRTUAL.times(2)))).isInstanceOf(Ruling.No.class);
    }

    // LUNs.

    @Test
    void aNewLun_isAdded_andOneOfThePool_isThere() {
        assertThat(on(new Order.AddLun("/dev/sdx", Bytes.ZERO, true)))
                .isEqualTo(new Ruling.Go(new Deed.NewLun("/dev/sdx", Bytes.ZERO, true)));
        assertThat(on(new Order.AddLun("/dev/sda", Bytes.ZERO, false))).isInstanceOf(Ruling.Already.class);
        assertThat(on(new Order.AddLun("/dev/sda", Bytes.gibi(100), false))).isInstanceOf(Ruling.Already.class);
        assertNo(on(new Order.AddLun("/dev/sda", Bytes.gibi(200), false)), "with 100 GiB");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-x", "--force", "a b", "a\nb", "a\"b", "a\\b", "ä"})
    void aDeviceThatCouldBeAnythingElse_isRefused(String device) {
        assertNo(on(new Order.AddLun(device, Bytes.gibi(1), false)), "not a device");
    }

    @Test
    void aLun_isGrown_unlessItIsLargeEnough() {
        assertThat(on(new Order.GrowLun("lun-0", Bytes.ZERO)))
                .as("by its device, whatever it was called by")
                .isEqualTo(new Ruling.Go(new Deed.LargerLun("/dev/sda", Bytes.ZERO)));
        assertThat(on(new Order.GrowLun("/dev/sda", Bytes.gibi(100)))).isInstanceOf(Ruling.Already.class);
        assertThat(on(new Order.GrowLun("/dev/sda", Bytes.gibi(101)))).isInstanceOf(Ruling.Go.class);
        assertNo(on(new Order.GrowLun("/dev/sdx", Bytes.ZERO)), "the pool has no LUN /dev/sdx");
    }

    private Tenure.Volume volume(State state) {
        Tenure.Volume volume = Tenure.Volume.ready(ID, "a", Bytes.gibi(1), VIRTUAL, Bytes.gibi(21))
                .withState(state);
        volumes.add(volume);
        return volume;
    }

    private void assigned(HostId... hosts) {
        volumes.set(0, volumes.get(0).withHosts(Set.of(hosts)));
    }

    private Ruling on(Order order) {
        Pool pool = new Pool(new Levels(limits, PoolLevel.NORMAL));
        Tenure.Lun lun = new Tenure.Lun("lun-0", "/dev/sda", Bytes.gibi(100), free, "");
        pool.learn(new Tenure.Inventory(Bytes.gibi(200), free, extent, new Epoch(1), volumes, List.of(lun)));
        return Ruling.on(
                order,
                new Ruling.Known(
                        pool, volume -> guarded.getOrDefault(volume, Set.of()), unread, unserved, "deleted"::equals));
    }

    private static Ruling.No assertNo(Ruling ruling, String cause) {
        assertThat(ruling).isInstanceOf(Ruling.No.class);
        Ruling.No no = (Ruling.No) ruling;
        assertThat(no.cause()).contains(cause);
        assertThat(no.next()).as("there is a next step").isNotEmpty();
        return no;
    }
}
