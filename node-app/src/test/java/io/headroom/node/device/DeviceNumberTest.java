package io.headroom.node.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceNumberTest {
    @TempDir
    Path directory;

    @Test
    void number_isWrittenAsTheKernelDoes() {
        assertThat(new DeviceNumber(0x0700)).hasToString("7:0");
        assertThat(new DeviceNumber(0xFD03)).hasToString("253:3");
        assertThat(new DeviceNumber(0x0010_FD03)).hasToString("253:259");
    }

    @Test
    void whatIsNoBlockDevice_hasNone() throws IOException {
        assertThat(DeviceNumber.of(directory)).isEmpty();
        assertThat(DeviceNumber.of(directory.resolve("nothing"))).isEmpty();
        assertThat(DeviceNumber.of(Files.createFile(directory.resolve("file")))).isEmpty();
        assertThat(DeviceNumber.leadsToBlockDevice(Path.of("/dev/null"))).isFalse();
    }
}
