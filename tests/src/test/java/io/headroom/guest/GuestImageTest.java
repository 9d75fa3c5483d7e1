package io.headroom.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.headroom.model.Bytes;
import io.headroom.node.process.Command;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestImageTest {
    @TempDir
    Path directory;

    @Test
    void program_isAssembledFromItsSource() throws IOException {
        Path source = directory.resolve("bootwriter.asm");
        Path binary = directory.resolve("bootwriter.bin");
        try (InputStream asm = GuestImage.class.getResourceAsStream("bootwriter.asm")) {
            Files.copy(asm, source);
        }

        Command.Outcome outcome = new Command(
                        List.of("nasm", "-f", "bin", "-o", binary.toString(), source.toString()),
                        Duration.ofSeconds(20),
                        10_000)
                .run();
        assumeThat(outcome).as("nasm is installed").isNotInstanceOf(Command.Outcome.NotStarted.class);

        assertThat(outcome).isEqualTo(new Command.Outcome.Exited(0, "", ""));
        assertThat(Files.readAllBytes(binary)).isEqualTo(GuestImage.program());
    }

    @Test
    void bootDisk_isBootableAndCarriesTheParameters() throws IOException {
        Path disk = directory.resolve("boot.img");

        new GuestImage(4096, 0xF000_0000L, 42, 256, 8, new GuestImage.Pace(3, 11932), 2).writeTo(disk);

        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(disk)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.capacity()).isEqualTo(1 << 20);
        assertThat(bytes.getShort(510)).isEqualTo((short) 0xAA55);
        assertThat(bytes.getInt(0x08)).isEqualTo(4096);
        assertThat(Integer.toUnsignedLong(bytes.getInt(0x0c))).isEqualTo(0xF000_0000L);
        assertThat(bytes.getInt(0x10)).isEqualTo(42);
        assertThat(bytes.getInt(0x14)).isEqualTo(256);
        assertThat(bytes.getShort(0x18)).isEqualTo((short) 8);
        assertThat(bytes.getShort(0x1a)).isEqualTo((short) 3);
        assertThat(bytes.getShort(0x1c)).isEqualTo((short) 11932);
        assertThat(bytes.get(0x20)).isEqualTo((byte) 0x81);
        assertThat(bytes.get(0x21)).isEqualTo((byte) 2);
    }

    @Test
    void rate_becomesRequestsAndTicks() {
        GuestImage full = GuestImage.writing(1, Bytes.gibi(1));

        assertThat(full.perSecond(Bytes.mebi(16)).pace()).isEqualTo(new GuestImage.Pace(3, 13982));
        assertThat(full.perSecond(Bytes.mebi(5)).pace()).isEqualTo(new GuestImage.Pace(1, 14914));
        GuestImage slow = full.perSecond(Bytes.of(512 << 10));
        assertThat(slow.pace()).isEqualTo(new GuestImage.Pace(1, 0));
        assertThat(slow.request()).isEqualTo(56);
        assertThat(slow.stride()).isEqualTo(56);
    }

    @Test
    void regionBeyondWhatTheProgramCanAddress_isRefused() {
        assertThatThrownBy(() -> new GuestImage(2048, 1L << 32, 1, 128, 128, GuestImage.Pace.FULL, 1))
                .hasMessageContaining("below 2^32");
        assertThatThrownBy(() -> GuestImage.writing(1, Bytes.ZERO)).hasMessageContaining("at least one");
        assertThatThrownBy(() -> new GuestImage(2048, 128, 1, 128, 129, GuestImage.Pace.FULL, 1))
                .hasMessageContaining("1 to 128");
    }
}
