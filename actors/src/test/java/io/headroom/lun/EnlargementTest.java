package io.headroom.lun;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.lun.Enlargement.Admitted;
import io.headroom.lun.Enlargement.Refused;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.port.Tenure.Lun;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ListAssert;
import org.junit.jupiter.api.Test;

class EnlargementTest {
    private static final Lun LUN = new Lun("PV-1", "/dev/mapper/san-2", Bytes.gibi(10), Bytes.ZERO, "");

    @Test
    void newSizeEverywhere_isAdmitted() {
        assertThat(of(lun(20).seenBy(1), lun(20).seenBy(2))).isEqualTo(new Admitted(Bytes.gibi(20), List.of()));
    }

    @Test
    void sizeAsBefore_isAdmittedToo() {
        assertThat(of(lun(10).seenBy(1))).isEqualTo(new Admitted(Bytes.gibi(10), List.of()));
    }

    @Test
    void hostThatStillSeesTheOldSize_isNamed() {
        reasons(of(lun(20).seenBy(1), lun(10).seenBy(2)))
                .singleElement()
                .asString()
                .contains("20 GiB (21474836480 bytes) on host 1")
                .contains("10 GiB (10737418240 bytes) on host 2")
                .contains("rescan");
    }

    @Test
    void smallerThanWhatThePoolUses_isRefused() {
        reasons(of(lun(9).seenBy(1))).singleElement().asString().contains("less than the 10 GiB");
    }

    @Test
    void otherDeviceUnderItsName_isRefused() {
        reasons(of(new Devices().physical("PV-2", "", "", true).seenBy(1)))
                .singleElement()
                .asString()
                .contains("is not the LUN PV-1");
    }

    @Test
    void lunThatIsGone_isRefused() {
        reasons(of(new DeviceSight(new HostId(1), Optional.empty(), "there is none", List.of(), 0)))
                .containsExactly("host 1: there is none", "no host sees it; see headroom lun list");
    }

    @Test
    void livingHostThatWasNotHeard_wantsForce() {
        List<DeviceSight> sights = List.of(lun(20).seenBy(1));

        assertThat(Enlargement.of(LUN, sights, Set.of(new HostId(2)), false)).isInstanceOf(Refused.class);
        assertThat(Enlargement.of(LUN, sights, Set.of(new HostId(2)), true)).isInstanceOf(Admitted.class);
    }

    private static Devices lun(int gibibytes) {
        return new Devices().size(Bytes.gibi(gibibytes)).physical("PV-1", "", "", true);
    }

    private static Enlargement of(DeviceSight... sights) {
        return Enlargement.of(LUN, List.of(sights), Set.of(), false);
    }

    private static ListAssert<String> reasons(Enlargement ruled) {
        assertThat(ruled).isInstanceOf(Refused.class);
        return assertThat(((Refused) ruled).reasons());
    }
}
