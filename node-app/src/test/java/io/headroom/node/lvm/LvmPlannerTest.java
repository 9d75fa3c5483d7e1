package io.headroom.node.lvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import io.headroom.node.lvm.LvmGroup.Logical;
import io.headroom.node.lvm.LvmGroup.Physical;
import io.headroom.node.lvm.LvmPlanner.Plan;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The commands that a change comes down to, to the letter. */
class LvmPlannerTest {
    private static final VolumeId A = new VolumeId("payvJR-6nB0-WZO6-X36j-PXLx-Keqh-Oew62h");
    private static final Bytes LIMIT = Bytes.mebi(101);

    private static final String NEW = joiningSdc().id(ready());

    private final LvmPlanner planner = new LvmPlanner(new LvmCommands("san"), name -> "/dev/san/" + name);

    @Test
    void extension_isAbsoluteAndInWholeExtents() {
        assertThat(commands(new Change.Extend(A, Bytes.mebi(15)), ready()))
                .containsExactly("lvm lvextend -L 16777216b san/a");
    }

    @Test
    void creation_tagsTheVolume_beforeAndAfterItsImage() {
        assertThat(commands(new Change.Create("b", Bytes.mebi(8), Bytes.mebi(100)), ready()))
                .containsExactly(
                        "lvm lvcreate -an -Zn -Wn --addtag headroom.unfinished -L 8388608b -n b san",
                        "lvm lvchange -ay san/b",
                        "qemu-img create -q -f qcow2 /dev/san/b 104857600",
                        "lvm lvchange -an san/b",
                        "lvm lvchange --deltag headroom.unfinished --addtag headroom.virtual=104857600"
                                + " --addtag headroom.limit=105906176 san/b");
    }

    @Test
    void unfinishedCreation_isGoneOnWith() {
        LvmGroup begun = group("headroom.unfinished");

        assertThat(commands(new Change.Create("a", Bytes.mebi(16), Bytes.mebi(100)), begun))
                .startsWith("lvm lvextend -L 16777216b san/a", "lvm lvchange -ay san/a")
                .hasSize(5);
    }

    @Test
    void creation_takesNoMoreThanItsImageEverNeeds() {
        assertThat(commands(new Change.Create("b", Bytes.gibi(4), Bytes.mebi(100)), ready()))
                .anyMatch(command -> command.contains("-L 109051904b"));
    }

    @Test
    void resize_raisesTheLimitFirst() {
        assertThat(commands(
                        new Change.Resize(A, Bytes.mebi(101)), group("headroom.virtual=4096", "headroom.limit=8192")))
                .containsExactly(
                        "lvm lvchange --deltag headroom.limit=8192 --addtag headroom.limit=105906176 san/a",
                        "lvm lvchange -ay san/a",
                        "qemu-img resize -q -f qcow2 /dev/san/a 105906176",
                        "lvm lvchange -an san/a",
                        "lvm lvchange --deltag headroom.virtual=4096 --addtag headroom.virtual=105906176 san/a");
    }

    @Test
    void assignment_changesWhatDiffers() {
        LvmGroup group = group("headroom.virtual=4096", "headroom.limit=8192", "headroom.host=3", "headroom.host=4");

        assertThat(commands(new Change.Assign(A, Set.of(new HostId(4), new HostId(5))), group))
                .containsExactly("lvm lvchange --deltag headroom.host=3 --addtag headroom.host=5 san/a");
    }

    @Test
    void deletion_isCondemnedWipedAndRemoved_andInactiveHere() {
        LvmGroup condemned = group("headroom.virtual=4096", "headroom.limit=8192", "headroom.condemned");

        assertThat(commands(new Change.Condemn(A), ready()))
                .containsExactly("lvm lvchange --addtag headroom.condemned san/a");
        assertThat(commands(new Change.Wipe(A, Bytes.mebi(4), Bytes.mebi(256)), condemned))
                .containsExactly(
                        "lvm lvchange -ay san/a",
                        "blkdiscard -z -o 4194304 -l 4194304 /dev/san/a",
                        "lvm lvchange -an san/a");
        assertThat(commands(new Change.Remove(A), condemned))
                .containsExactly("lvm lvchange -an san/a", "lvm lvremove -y san/a");
    }

    @Test
    void secondLun_getsACopyOfTheMetadata_andTheThirdNone() {
        Change add = new Change.AddLun("/run/luns/sdc", Bytes.ZERO, false);

        assertThat(commands(add, ready()))
                .containsExactly(
                        "lvm vgchange --addtag headroom.joining=" + NEW + " san",
                        "lvm pvcreate --uuid " + NEW
                                + " --norestorefile --pvmetadatacopies 1 --metadatasize 134217728b /run/luns/sdc",
                        "lvm vgextend san /run/luns/sdc",
                        "lvm vgchange --deltag headroom.joining=" + NEW + " san");
        assertThat(commands(add, group(2)))
                .contains("lvm pvcreate --uuid " + NEW + " --norestorefile --pvmetadatacopies 0 /run/luns/sdc");
    }

    @Test
    void lunThatIsGivenUp_isClearedFirst() {
        assertThat(commands(new Change.AddLun("/run/luns/sdc", Bytes.ZERO, true), group(2)))
                .startsWith(
                        "lvm vgchange --addtag headroom.joining=" + NEW + " san",
                        "wipefs --quiet --all /run/luns/sdc",
                        "lvm pvcreate --uuid " + NEW + " --norestorefile --pvmetadatacopies 0 /run/luns/sdc");
    }

    @Test
    void additionThatIsGoneOnWith_isKnownByBothItsIdentities_untilItIsOver() {
        LvmJoining joining = new LvmJoining("/run/luns/sdc", true, Set.of("before"), Set.of("gone"));

        assertThat(planner.join(joining, group(2)).stream().map(LvmCommand::toString))
                .startsWith("lvm vgchange --deltag headroom.joining=gone --addtag headroom.joining=" + NEW + " san")
                .endsWith("lvm vgchange --deltag headroom.joining=before --deltag headroom.joining=" + NEW + " san");
    }

    @Test
    void identity_isAnotherOneForEachStateOfTheGroup_andEachDevice() {
        assertThat(NEW).matches("[0-9a-zA-Z]{6}(-[0-9a-zA-Z]{4}){5}-[0-9a-zA-Z]{6}");
        assertThat(new LvmJoining("/run/luns/sdd", false, Set.of(), Set.of()).id(ready()))
                .isNotEqualTo(NEW);
        assertThat(joiningSdc().id(ready().extended(ready().logicals().get(0), Bytes.mebi(16))))
                .isNotEqualTo(NEW);
    }

    @Test
    void grownLun_isUsedToItsEnd() {
        assertThat(commands(new Change.GrowLun("/run/luns/sdc", Bytes.ZERO), ready()))
                .containsExactly("lvm pvresize /run/luns/sdc");
    }

    @Test
    void namesOfOthers_neverReachACommandLine() {
        for (String name : List.of("-y", "../a", "a b", "a/b", "", "x".repeat(65), "a-".repeat(40))) {
            assertThat(planner.plan(new Change.Create(name, Bytes.mebi(8), Bytes.mebi(100)), ready(), LIMIT))
                    .as(name)
                    .isInstanceOfSatisfying(
                            Plan.Settled.class,
                            settled -> assertThat(settled.outcome()).isInstanceOf(Outcome.Refused.class));
        }
        assertThatThrownBy(() -> new LvmCommands("san; rm")).hasMessageContaining("not the name of a volume group");
    }

    @Test
    void everyCommandThatChangesThePool_isOfTheMetadataSide() {
        assertThat(new LvmCommands("san").activate("a").side()).isEqualTo(LvmCommand.Side.HOST);
        for (Change change :
                List.of(new Change.Extend(A, Bytes.mebi(16)), new Change.Condemn(A), new Change.Remove(A))) {
            assertThat(planner.commands(change, ready(), LIMIT))
                    .filteredOn(command -> !command.argv().contains("-an"))
                    .extracting(LvmCommand::side)
                    .containsOnly(LvmCommand.Side.METADATA);
        }
    }

    private List<String> commands(Change change, LvmGroup group) {
        return planner.commands(change, group, LIMIT).stream()
                .map(LvmCommand::toString)
                .toList();
    }

    private static LvmJoining joiningSdc() {
        return new LvmJoining("/run/luns/sdc", false, Set.of(), Set.of());
    }

    private static LvmGroup ready() {
        return group("headroom.virtual=4096", "headroom.limit=8192");
    }

    private static LvmGroup group(String... tags) {
        return group(1, Set.of(tags));
    }

    private static LvmGroup group(int copies) {
        return group(copies, Set.of());
    }

    private static LvmGroup group(int copies, Set<String> tags) {
        List<Physical> luns = new ArrayList<>();
        for (int lun = 0; lun < 3; lun++) {
            luns.add(new Physical(
                    "lun-" + lun, "/d" + lun, Bytes.gibi(1), Bytes.gibi(1), false, lun < copies ? 1 : 0, List.of()));
        }
        return new LvmGroup(
                "san",
                new PoolId("pool"),
                Bytes.gibi(3),
                Bytes.gibi(2),
                Bytes.mebi(4),
                7,
                Set.of("headroom.pool"),
                luns,
                List.of(new Logical(A, "a", Bytes.mebi(8), tags)));
    }
}
