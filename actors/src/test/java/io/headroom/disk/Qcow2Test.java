package io.headroom.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headroom.model.Bytes;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Qcow2Test {
    /** What {@code qemu-img measure} of QEMU 7.2 says, and where a file written to its last cluster ended. */
    @ParameterizedTest
    @CsvSource({
        "1M,   1376256",
        "256M, 268763136",
        "1G,   1074135040",
        "10G,  10739318784",
        "100G, 107390828544",
        "1T,   1099679662080",
        "8T,   8797435527168"
    })
    void aFullImageHasTheMeasuredSize(String virtual, long bytes) {
        assertThat(Qcow2.fullyAllocated(Bytes.parse(virtual), Bytes.of(65536))).isEqualTo(Bytes.of(bytes));
    }

    @Test
    void aFullImageHoldsItsDataAndNotMuchMore() {
        Random random = new Random(2);
        for (int i = 0; i < 2_000; i++) {
            Bytes virtual = Bytes.of(1 + random.nextLong(1L << 43));
            Bytes cluster = Bytes.of(512L << random.nextInt(13));

            Bytes full = Qcow2.fullyAllocated(virtual, cluster);

            assertThat(full.value() % cluster.value()).isZero();
            assertThat(full).isGreaterThan(virtual);
            assertThat(full.value()).isLessThan(virtual.value() + virtual.value() / 25 + 8 * cluster.value());
            assertThat(Qcow2.fullyAllocated(virtual.plus(cluster), cluster)).isGreaterThan(full);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 256, 1000, 65537, 4 << 20})
    void whatIsNoClusterSizeIsRefused(long cluster) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Qcow2.fullyAllocated(Bytes.gibi(1), Bytes.of(cluster)))
                .withMessageContaining("not a cluster size: " + Bytes.of(cluster))
                .withMessageContaining("512 bytes to 2 MiB");
    }
}
