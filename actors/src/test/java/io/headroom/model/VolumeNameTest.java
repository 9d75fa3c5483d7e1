package io.headroom.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class VolumeNameTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "7", "web-1", "web_1.root+data", "Snap", "x-snapshot", "headroom"})
    void names_thatAnLvAndAFileCanHave(String name) {
        assertThat(new VolumeName(name).value()).isEqualTo(name);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "-a", ".a", "_a", "a/b", "../a", "a b", "a\n", "a@b", "ä", "a:b", "a#b"})
    void otherCharacters_areRefusedWithWhatIsAllowed(String name) {
        assertThatThrownBy(() -> new VolumeName(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + name + "\"")
                .hasMessageContaining("letters, digits and . _ + -");
    }

    @ParameterizedTest
    @ValueSource(strings = {"headroom_mailbox", "snapshot0", "pvmove0", "a_rimage_0", "a_tdata", "a_mlog"})
    void namesThatOthersKeep_areRefused(String name) {
        assertThatThrownBy(() -> new VolumeName(name)).hasMessageContaining("kept for other uses");
    }

    @Test
    void theLongest_isAllowed_andNoLonger() {
        assertThat(new VolumeName("a".repeat(VolumeName.LONGEST)).value()).hasSize(64);
        assertThatThrownBy(() -> new VolumeName("a".repeat(VolumeName.LONGEST + 1)))
                .hasMessageContaining("1 to 64");
    }
}
