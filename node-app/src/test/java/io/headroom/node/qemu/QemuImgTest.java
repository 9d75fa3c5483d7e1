package io.headroom.node.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.disk.Qcow2;
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

    /** The SPM plans by the arithmetic, the back ends bound by the program. */
    @Test
    void measure_isWhatOurArithmeticSays() throws IOException {
        for (long mebis : new long[] {1, 3, 64, 511, 1024, 100 * 1024, 1 << 20, 64L << 20}) {
            Bytes size = Bytes.mebi(mebis);
            assertThat(qemuImg.measure(size)).as("%s", size).isEqualTo(Qcow2.fullyAllocated(size, Bytes.of(64 * 1024)));
        }
    }

    @Test
    void resizedImage_isLarger() throws IOException {
        Path image = directory.resolve("a.qcow2");
        qemuImg.create(image, Bytes.gibi(1));

        qemuImg.resize(image, Bytes.gibi(2));

        assertThat(qemuImg.virtualSize(image)).isEqualTo(Bytes.gibi(2));
    }

    @Test
    void imageIsNotMadeSmaller() throws IOException {
        Path image = directory.resolve("a.qcow2");
        qemuImg.create(image, Bytes.gibi(1));

        assertThatThrownBy(() -> qemuImg.resize(image, Bytes.mebi(1))).hasMessageContaining("shrink");
        assertThat(qemuImg.virtualSize(image)).isEqualTo(Bytes.gibi(1));
    }

    @Test
    void imageThatNobodyHasOpen_isNotInUse_norIsAFileThatIsNone() throws IOException {
        Path image = directory.resolve("a.qcow2");
        qemuImg.create(image, Bytes.gibi(1));

        assertThat(qemuImg.isInUse(image)).isFalse();
        assertThat(qemuImg.isInUse(Files.writeString(directory.resolve("text"), "no image")))
                .isFalse();
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
