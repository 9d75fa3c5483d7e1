package io.headroom.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.guest.GuestPattern.Findings;
import io.headroom.model.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four requests of two sectors, from sector 8 on. */
class GuestPatternTest {
    private static final int SECTOR = GuestImage.SECTOR;

    private final GuestPattern pattern = new GuestPattern(new GuestImage(8, 8, 7, 2, 2, GuestImage.Pace.FULL, 2), 1);
    private final byte[] disk = new byte[16 * SECTOR];

    @TempDir
    Path directory;

    @Test
    void untouchedDisk_holdsNothing() throws IOException {
        assertThat(verify()).isEqualTo(new Findings(Bytes.ZERO, 0, Optional.empty()));
    }

    @Test
    void beginning_isCounted() throws IOException {
        write(8, 9, 10, 11);

        assertThat(verify()).isEqualTo(new Findings(Bytes.of(4 * SECTOR), 0, Optional.empty()));
    }

    @Test
    void lastRequestInPart_isNoLoss() throws IOException {
        write(8, 9, 11);

        assertThat(verify()).isEqualTo(new Findings(Bytes.of(3 * SECTOR), 0, Optional.empty()));
    }

    @Test
    void earlierRequestInPart_isALoss() throws IOException {
        write(8, 10, 11);

        assertThat(verify().bad()).isEqualTo(1);
        assertThat(verify().firstBad()).contains("sector 9 was never written, but sector 10 was");
    }

    @Test
    void missingRequest_isALoss() throws IOException {
        write(8, 9, 14, 15);

        assertThat(verify().bad()).isEqualTo(4);
    }

    @Test
    void misplacedSector_isBad() throws IOException {
        write(8, 9);
        System.arraycopy(disk, 8 * SECTOR, disk, 9 * SECTOR, SECTOR);

        assertThat(verify().bad()).isEqualTo(1);
        assertThat(verify().firstBad().orElseThrow()).contains("sector 9 holds something else");
    }

    @Test
    void flippedBit_isBad() throws IOException {
        write(8, 9);
        disk[8 * SECTOR + 300] ^= 1;

        assertThat(verify()).extracting(Findings::written, Findings::bad).containsExactly(Bytes.of(SECTOR), 1L);
    }

    @Test
    void shortCopy_isNoVerdict() throws IOException {
        Path raw = Files.write(directory.resolve("raw"), new byte[9 * SECTOR]);

        assertThatThrownBy(() -> pattern.verify(raw)).hasMessageContaining("inside the guest's region");
    }

    private Findings verify() throws IOException {
        return pattern.verify(Files.write(directory.resolve("raw"), disk));
    }

    private void write(int... sectors) {
        for (int lba : sectors) {
            Arrays.fill(disk, lba * SECTOR, (lba + 1) * SECTOR, (byte) 0x5a);
            ByteBuffer.wrap(disk)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .position(lba * SECTOR)
                    .put("HEADROOM".getBytes(StandardCharsets.US_ASCII))
                    .putInt(lba)
                    .putInt(7)
                    .putInt(1)
                    .putInt((lba + 1) * SECTOR - 4, lba);
        }
    }
}
