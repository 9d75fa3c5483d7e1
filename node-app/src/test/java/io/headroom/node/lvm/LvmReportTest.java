package io.headroom.node.lvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Bytes;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LvmReportTest {
    private static final String VG = """
            {"vg_name":"san", "vg_uuid":"cMa6Qo-GqFN-lBKq-O8eG-o7X4-W1fN-mOs8oW", "vg_size":"8313110528",
             "vg_free":"8204058624", "vg_extent_size":"4194304", "vg_seqno":"9", "vg_tags":"headroom.epoch=4,headroom.pool"}
            """;
    private static final String PV = """
            {"pv_uuid":"i82htK-hK1H-I00Y-KSFz-lYIl-CDMJ-YZfJef", "pv_name":"/run/luns/dev+sda", "pv_size":"4156555264",
             "pv_free":"4047503360", "pv_missing":"", "pv_mda_count":"1"}
            """;
    private static final String LOST = """
            {"pv_uuid":"P5dTA6-DoZC-cU05-tPzP-0AZI-KNZG-qRitrG", "pv_name":"[unknown]", "pv_size":"4156555264",
             "pv_free":"4156555264", "pv_missing":"missing", "pv_mda_count":"0"}
            """;
    private static final String LV = """
            {"lv_uuid":"payvJR-6nB0-WZO6-X36j-PXLx-Keqh-Oew62h", "lv_name":"a", "lv_size":"109051904", "lv_tags":""}
            """;

    private static final String SEGMENT = """
            {"pv_uuid":"P5dTA6-DoZC-cU05-tPzP-0AZI-KNZG-qRitrG", "lv_name":"a"}
            """;

    @Test
    void group_hasEverythingOfItsReport() throws UnusableGroup {
        LvmGroup group = LvmReport.group(report(VG, PV + "," + LOST, LV));

        assertThat(group.name()).isEqualTo("san");
        assertThat(group.id()).isEqualTo(new PoolId("cMa6Qo-GqFN-lBKq-O8eG-o7X4-W1fN-mOs8oW"));
        assertThat(group.size()).isEqualTo(Bytes.of(8_313_110_528L));
        assertThat(group.free()).isEqualTo(Bytes.of(8_204_058_624L));
        assertThat(group.extent()).isEqualTo(Bytes.mebi(4));
        assertThat(group.sequence()).isEqualTo(9);
        assertThat(group.tags()).containsExactlyInAnyOrder("headroom.epoch=4", "headroom.pool");
        assertThat(group.physicals()).extracting(LvmGroup.Physical::missing).containsExactly(false, true);
        assertThat(group.physicals()).extracting(LvmGroup.Physical::areas).containsExactly(1, 0);
        assertThat(group.physicals()).extracting(LvmGroup.Physical::logicals).containsExactly(List.of(), List.of("a"));
        assertThat(group.logical(new VolumeId("payvJR-6nB0-WZO6-X36j-PXLx-Keqh-Oew62h")))
                .hasValueSatisfying(logical -> {
                    assertThat(logical.name()).isEqualTo("a");
                    assertThat(logical.size()).isEqualTo(Bytes.mebi(104));
                    assertThat(logical.tags()).isEmpty();
                });
    }

    @Test
    void groupWithoutVolumes_hasNone() throws UnusableGroup {
        assertThat(LvmReport.group(report(VG, PV, "")).logicals()).isEmpty();
    }

    @Test
    void candidates_tellWhoseTheyAre() throws UnusableGroup {
        String rows = """
                {"pv_name":"/l/1", "pv_uuid":"1-1", "pv_in_use":"used", "vg_name":"san", "vg_uuid":"cMa6Qo-GqFN-lBKq-O8eG-o7X4-W1fN-mOs8oW", "vg_tags":"headroom.pool"},
                {"pv_name":"/l/2", "pv_uuid":"2-2", "pv_in_use":"used", "vg_name":"[unknown]", "vg_uuid":"", "vg_tags":""},
                {"pv_name":"/l/3", "pv_uuid":"", "pv_in_use":"", "vg_name":"", "vg_uuid":"", "vg_tags":""}
                """;

        var candidates = LvmReport.candidates("{\"report\":[{\"pv\":[" + rows + "]}]}");

        assertThat(candidates).extracting(one -> one.group().isPresent()).containsExactly(true, false, false);
        assertThat(candidates).extracting(LvmReport.Candidate::inUse).containsExactly(true, true, false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "  Volume group san",
                "[]",
                "{",
                "{\"report\":[]}",
                "{\"report\":[{},{}]}",
                "{\"report\":[{\"vg\":[], \"pv\":[], \"lv\":[]}]}",
            })
    void whatIsNoReport_isQuoted(String output) {
        assertThatThrownBy(() -> LvmReport.group(output))
                .isInstanceOf(UnusableGroup.class)
                .hasMessageStartingWith("LVM's report")
                .hasMessageContaining(output.strip());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"lv_size\":\"-1\"",
                "\"lv_size\":\"104.00m\"",
                "\"lv_size\":\"\"",
                "\"lv_size\":109051904",
                "\"lv_sizes\":\"109051904\""
            })
    void damagedField_isQuotedWithItsRow(String field) {
        String damaged = LV.replace("\"lv_size\":\"109051904\"", field);

        assertThatThrownBy(() -> LvmReport.group(report(VG, PV, damaged)))
                .isInstanceOf(UnusableGroup.class)
                .hasMessageContaining("\"lv_size\"")
                .hasMessageContaining("payvJR-6nB0-WZO6");
    }

    @Test
    void groupWithoutExtents_isRefused() {
        String damaged = VG.replace("\"4194304\"", "\"0\"");

        assertThatThrownBy(() -> LvmReport.group(report(damaged, PV, LV))).hasMessageContaining("extent of 0");
    }

    @Test
    void quotation_isShort() {
        assertThatThrownBy(() -> LvmReport.group("x".repeat(100_000)))
                .satisfies(refused -> assertThat(refused.getMessage()).hasSizeLessThan(300));
    }

    private static String report(String vg, String pv, String lv) {
        return "{\"report\":[{\"vg\":[" + vg + "], \"pv\":[" + pv + "], \"lv\":[" + lv + "], \"pvseg\":[" + SEGMENT
                + "]}]}";
    }
}
