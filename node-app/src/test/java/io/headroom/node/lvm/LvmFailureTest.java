package io.headroom.node.lvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Limits;
import io.headroom.node.lvm.LvmFailure.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LvmFailureTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            LARGE_ENOUGH     | New size (25 extents) matches existing size (25 extents).
            LARGE_ENOUGH     | New size given (1 extents) not larger than existing size (25 extents)
            NO_SPACE         | Insufficient free space: 4 extents needed, but only 3 available
            NO_SPACE         | Volume group "san" has insufficient free space (1953 extents): 25600 required.
            UNKNOWN_VOLUME   | Logical volume nosuch not found in volume group san.
            UNKNOWN_VOLUME   | Failed to find logical volume "san/x"
            UNKNOWN_GROUP    | Volume group "san" not found
            MISSING_DEVICE   | Cannot change VG san while PVs are missing.
            DUPLICATE_GROUP  | Multiple VGs found with the same name: skipping san
            DUPLICATE_DEVICE | Cannot update volume group san with duplicate PV devices.
            METADATA_FULL    | VG san 1600 metadata on /dev/sdb (521696 bytes) exceeds maximum metadata size (521472 bytes)
            LOCK_HELD        | Can't get lock for san
            LOCK_HELD        | /run/lock/lvm/P_global: flock failed: Resource temporarily unavailable
            IN_USE           | Logical volume san/a in use.
            EXISTS           | Logical Volume "a" already exists in volume group "san"
            OTHER            | Names including "_rimage" are reserved. Please choose a different LV name.
            OTHER            | Aborting. Failed to activate new LV.
            """)
    void words_areKnownByTheirKind(Kind kind, String words) {
        LvmFailure failure = LvmFailure.of("  WARNING: Activation disabled. No device-mapper interaction will be"
                + " attempted.\n  " + words + "\n  WARNING: This metadata update is NOT backed up.\n");

        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure.words()).isEqualTo(words);
    }

    @Test
    void theFirstCause_countsBeforeItsConsequences() {
        LvmFailure locked = LvmFailure.of("  Can't get lock for san\n  Cannot process volume group san\n");
        LvmFailure inUse = LvmFailure.of(
                "  WARNING: Couldn't find device with uuid i82htK.\n" + "  Logical volume san/a in use.\n");

        assertThat(locked.kind()).isEqualTo(Kind.LOCK_HELD);
        assertThat(inUse.kind()).isEqualTo(Kind.IN_USE);
    }

    @Test
    void freeExtents_areReadFromBothOfTheirWords() {
        assertThat(LvmFailure.of("Insufficient free space: 4 extents needed, but only 3 available")
                        .extentsFree())
                .contains(3L);
        assertThat(LvmFailure.of("Volume group \"san\" has insufficient free space (1953 extents): 25600 required.")
                        .extentsFree())
                .contains(1953L);
        assertThat(LvmFailure.of("Insufficient suitable allocatable extents for a")
                        .extentsFree())
                .isEmpty();
        assertThat(LvmFailure.of("only 3 available").extentsFree()).isEmpty();
    }

    @Test
    void whatIsNotKnown_isLookedAt() {
        assertThat(LvmFailure.of("out of memory").isFinal()).isFalse();
        assertThat(LvmFailure.of("Logical volume nosuch not found in volume group san.")
                        .isFinal())
                .isFalse();
        assertThat(LvmFailure.of("Insufficient free space: 4 extents needed, but only 3 available")
                        .isFinal())
                .isTrue();
    }

    @Test
    void cause_hasTheNextStep_andAnEnd() {
        assertThat(LvmFailure.of("Cannot change VG san while PVs are missing.").cause())
                .isEqualTo("Cannot change VG san while PVs are missing.; this host does not see all of the pool's LUNs:"
                        + " connect it, or correct headroom.pool.devices");
        assertThat(LvmFailure.of("x".repeat(10_000)).cause()).hasSizeLessThanOrEqualTo(Limits.CAUSE_LENGTH);
        assertThat(LvmFailure.of("").cause()).isEqualTo("no word of why");
    }
}
