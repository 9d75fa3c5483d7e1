package io.headroom.lun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.lun.Admission.Admitted;
import io.headroom.lun.Admission.Already;
import io.headroom.lun.Admission.Refused;
import io.headroom.lun.Admission.ThePool;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.port.Tenure.Lun;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ListAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdmissionTest {
    private static final Lun FIRST = new Lun("PV-1", "/dev/mapper/san-1", Bytes.gibi(100), Bytes.ZERO, "");
    private static final ThePool POOL = new ThePool(new PoolId("VG-1"), new HostId(2), Bytes.mebi(4), List.of(FIRST));

    @Test
    void sameBlankDeviceEverywhere_isAdmittedByTheNameThatAllUse() {
        Admission ruled = of(sees(1, blank()), sees(2, blank()), sees(3, blank()));

        assertThat(ruled).isEqualTo(new Admitted("/dev/mapper/san-2", Bytes.gibi(10), false, List.of()));
    }

    @Test
    void otherNamesOnOtherHosts_areOneDeviceByItsIdentity() {
        Admission ruled = of(
                sees(1, blank().paths("/dev/sdb").path("/dev/sdb")),
                sees(2, blank().paths("/dev/sdc").path("/dev/sdc")));

        assertThat(ruled).isEqualTo(new Admitted("/dev/sdc", Bytes.gibi(10), false, List.of()));
    }

    @Test
    void nameThatAllHostsUse_isTakenBeforeTheOneThatWasGiven() {
        Admission ruled = of(
                sees(1, blank().paths("/dev/sdb", "/dev/mapper/san-2").path("/dev/sdb")),
                sees(2, blank().paths("/dev/sdc", "/dev/mapper/san-2").path("/dev/sdc")));

        assertThat(ruled).isEqualTo(new Admitted("/dev/mapper/san-2", Bytes.gibi(10), false, List.of()));
    }

    @Test
    void otherSizeOnOneHost_isRefusedNamingBoth() {
        reasons(of(sees(2, blank()), sees(3, blank().size(Bytes.gibi(20)))))
                .singleElement()
                .asString()
                .startsWith("the size differs: 10 GiB (10737418240 bytes) on host 2, 20 GiB (21474836480 bytes) on"
                        + " host 3")
                .contains("rescan");
    }

    @Test
    void hostThatDoesNotSeeIt_isNamedWithItsOwnWords() {
        reasons(of(sees(2, blank()), blind(3, "there is no device naa.1")))
                .containsExactly("host 3: there is no device naa.1");
    }

    @Test
    void otherDeviceUnderTheSamePath_isRefused() {
        reasons(of(sees(2, blank().identity("naa.1")), sees(3, blank().identity("naa.2"))))
                .singleElement()
                .asString()
                .startsWith("the identity differs: naa.1 on host 2, naa.2 on host 3");
    }

    @Test
    void fileSystemOnIt_wantsForce() {
        DeviceSight[] sights = {sees(2, blank().data("ext4")), sees(3, blank().data("ext4"))};

        reasons(of(sights)).containsExactly("it holds ext4; --force does it all the same");
        assertThat(forced(sights))
                .isEqualTo(new Admitted("/dev/mapper/san-2", Bytes.gibi(10), true, List.of("it holds ext4")));
    }

    @Test
    void dataOnADeviceWithoutACommonName_isNeverGivenUp() {
        reasons(forced(
                        sees(2, blank().data("xfs").paths("/dev/sdb").path("/dev/sdb")),
                        sees(3, blank().data("xfs").paths("/dev/sdc").path("/dev/sdc"))))
                .singleElement()
                .asString()
                .startsWith("no path leads to it on every host: /dev/sdb on host 2, /dev/sdc on host 3");
    }

    @Test
    void memberOfAnotherGroup_isRefusedAlsoWithForce() {
        DeviceSight sight = sees(2, blank().physical("PV-9", "backup", "VG-9", true));

        reasons(of(sight)).singleElement().asString().contains("volume group backup");
        assertThat(forced(sight)).isInstanceOf(Refused.class);
    }

    @Test
    void memberOfAGroupWithoutAName_isRefused() {
        reasons(forced(sees(2, blank().physical("PV-9", "", "", true))))
                .singleElement()
                .asString()
                .contains("whose name stands on other devices");
    }

    @Test
    void lunOfThePool_isAlreadyOneUnderWhateverName() {
        Admission ruled = of(sees(2, blank().path("/dev/sdx").physical("PV-1", "", "", true)), blind(3, "no device"));

        assertThat(ruled).isEqualTo(new Already(FIRST));
    }

    @Test
    void oneThatAnInterruptedAddBegan_isAdmitted() {
        assertThat(of(sees(2, blank().physical("PV-7", "", "", false)))).isInstanceOf(Admitted.class);
    }

    @Test
    void mountedOnOneHost_isRefusedAlsoWithForce() {
        DeviceSight[] sights = {sees(1, blank()), sees(2, blank().uses("mounted on /srv"))};

        reasons(of(sights)).containsExactly("host 2: it is in use: mounted on /srv");
        reasons(forced(sights)).hasSize(1);
    }

    @Test
    void readOnlyDevice_isRefused() {
        reasons(of(sees(2, blank().readOnly()))).containsExactly("host 2: it can only be read");
    }

    @Test
    void largerSectorsThanThePools_areRefused() {
        reasons(of(sees(2, blank().sector(4096))))
                .singleElement()
                .asString()
                .contains("4096 bytes")
                .contains("512");
    }

    @Test
    void sectorsOfAPoolThatNobodyKnows_areNotCompared() {
        DeviceSight sight =
                new DeviceSight(new HostId(2), Optional.of(blank().sector(4096).made()), "", List.of(), 0);

        assertThat(of(sight)).isInstanceOf(Admitted.class);
    }

    @Test
    void smallerThanAnExtent_isRefused() {
        reasons(of(sees(2, blank().size(Bytes.mebi(4)))))
                .singleElement()
                .asString()
                .contains("it has 4 MiB, too little for one extent of the pool, which is 4 MiB");
    }

    @Test
    void deviceOutsideOfTheSettingsOfOneHost_namesHostAndSetting() {
        reasons(of(sees(2, blank()), sees(3, blank().paths())))
                .singleElement()
                .asString()
                .startsWith("host 3: headroom.pool.devices, which is [/dev/mapper/san-*], does not name it");
    }

    @Test
    void livingHostThatWasNotHeard_wantsForce() {
        List<DeviceSight> sights = List.of(sees(2, blank()));
        Set<HostId> silent = Set.of(new HostId(4));

        reasons(Admission.of(POOL, sights, silent, false))
                .singleElement()
                .asString()
                .startsWith("host 4: it lives");
        assertThat(((Admitted) Admission.of(POOL, sights, silent, true)).waived())
                .hasSize(1);
        assertThat(((Admitted) Admission.of(POOL, sights, silent, true)).givesUp())
                .isFalse();
    }

    @Test
    void deviceWithoutIdentity_wantsForce() {
        reasons(of(sees(2, blank().identity(""))))
                .singleElement()
                .asString()
                .contains("neither a WWID nor a serial number")
                .contains("--force");
        assertThat(forced(sees(2, blank().identity("")))).isInstanceOf(Admitted.class);
    }

    @Test
    void spmThatWasNotHeard_isNamed() {
        reasons(of(sees(1, blank()))).containsExactly("host 2, which is the SPM, was not heard; ask again");
    }

    @Test
    void everyReasonIsSaidAtOnce() {
        reasons(of(
                        sees(1, blank().data("ext4").sector(4096)),
                        sees(2, blank().uses("swap").size(Bytes.gibi(20))),
                        blind(3, "there is none")))
                .hasSize(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sdb", "/etc/passwd", "/dev/../etc/passwd", "/dev/sd b", "/dev/$(id)", "/dev/", ""})
    void whatIsNoPathBelowDev_isRefusedNamingWhatIs(String path) {
        assertThatThrownBy(() -> DeviceQuestion.at(path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("allowed is a path below /dev");
    }

    private static Admission of(DeviceSight... sights) {
        return Admission.of(POOL, List.of(sights), Set.of(), false);
    }

    private static Admission forced(DeviceSight... sights) {
        return Admission.of(POOL, List.of(sights), Set.of(), true);
    }

    private static ListAssert<String> reasons(Admission ruled) {
        assertThat(ruled).isInstanceOf(Refused.class);
        return assertThat(((Refused) ruled).reasons());
    }

    private static Devices blank() {
        return new Devices();
    }

    private static DeviceSight sees(int host, Devices device) {
        return device.seenBy(host);
    }

    private static DeviceSight blind(int host, String problem) {
        return new DeviceSight(new HostId(host), Optional.empty(), problem, List.of("/dev/mapper/san-*"), 512);
    }
}
