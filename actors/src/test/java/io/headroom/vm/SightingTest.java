package io.headroom.vm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import io.headroom.port.Qemu;
import io.headroom.port.Volumes;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SightingTest {
    private static final Volumes.Found LOGICAL_VOLUME =
            new Volumes.Found(new VolumeId("v1"), "web", Bytes.gibi(1), true);
    private static final Volumes.Found FILE = new Volumes.Found(new VolumeId("v2"), "db", Bytes.gibi(1), false);

    @Test
    void thinDiskOnALogicalVolume_isGuarded_withoutABoundInQemu() {
        assertThat(sighting("qcow2", false, LOGICAL_VOLUME, null).whyLeftAlone())
                .isEmpty();
    }

    @Test
    void thinDiskInAFile_isGuarded_onlyWhereQemuBoundsIt() {
        assertThat(sighting("qcow2", true, FILE, null).whyLeftAlone()).isEmpty();

        Sighting unbounded = sighting("qcow2", false, FILE, null);
        assertThat(unbounded.whyLeftAlone())
                .hasValueSatisfying(why -> assertThat(why).contains("nothing bounds"));
        assertThat(unbounded.isTrouble()).isTrue();
    }

    @Test
    void anotherImageFormatOnAVolume_isToldAsTrouble() {
        Sighting raw = sighting("raw", false, LOGICAL_VOLUME, null);

        assertThat(raw.whyLeftAlone()).hasValueSatisfying(why -> assertThat(why).contains("not qcow2 but raw"));
        assertThat(raw.isTrouble()).isTrue();
    }

    @Test
    void diskOfAnotherPool_isLeftAloneInSilence() {
        Sighting foreign = sighting("qcow2", false, null, null);

        assertThat(foreign.whyLeftAlone()).contains("is no volume of the pool");
        assertThat(foreign.isTrouble()).isFalse();
    }

    @Test
    void snapshotOverAVolume_isToldWithTheVolume() {
        Sighting snapshot = sighting("qcow2", false, null, LOGICAL_VOLUME);

        assertThat(snapshot.whyLeftAlone())
                .hasValueSatisfying(why -> assertThat(why).contains("snapshot over the volume web"));
        assertThat(snapshot.isTrouble()).isTrue();
    }

    private static Sighting sighting(String format, boolean bounded, Volumes.Found found, Volumes.Found below) {
        Qemu.Disk disk = new Qemu.Disk(
                "disk",
                "storage",
                "/some/path",
                format,
                Bytes.gibi(10),
                Bytes.of(65_536),
                bounded ? Bytes.gibi(1) : Bytes.ZERO,
                bounded,
                Bytes.ZERO,
                Bytes.ZERO,
                false);
        return new Sighting(disk, Optional.ofNullable(found), Optional.ofNullable(below));
    }
}
