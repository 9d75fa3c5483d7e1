package io.headroom.node.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the real {@code qemu-img}. */
class QemuImgTest {
    private final QemuImg qemuImg = new QemuImg(Duration.ofSeconds(60));

    @TempDir
    Path directory;

    @Test
    void measure_isWhatAFullyWrittenImageTakes() throws IOException {
        assertThat(qemuImg.measure(Bytes.gibi(1))).isEqualTo(Bytes.of(1_074_135_040L));
        assertThat(qemuImg.measure(Bytes.gibi(8192))).isEqualTo(Bytes.of(8_797_435_527_168L));
    }

    @Test
    void freshImage_endsBehindItsMetadata() throws IOException {
        Path image = directory.resolve("odd, name.qcow2");

        qemuImg.create(image, Bytes.gibi(1));

        assertThat(qemuImg.endOffset(image)).isEqualTo(Bytes.of(262_144));
    }

    @Test
    void fileThatIsNoImage_isRefusedWithTheProgramsWords() throws IOException {
        Path file = Files.writeString(directory.resolve("text"), "no image");

        assertThatThrownBy(() -> qemuImg.endOffset(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("qemu-img check")
                .hasMessageContaining("status 1")
                .hasMessageContaining("not in qcow2 format");
        assertThat(file).hasContent("no image");
    }

    @Test
    void relativePath_cannotBecomeAnOption() {
        assertThatThrownBy(() -> qemuImg.endOffset(Path.of("--help"))).hasMessageContaining("not an absolute path");
        assertThatThrownBy(() -> qemuImg.create(Path.of("nbd:x"), Bytes.gibi(1)))
                .hasMessageContaining("not an absolute path");
    }
}
