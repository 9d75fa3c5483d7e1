package io.headroom.node.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LinesTest {
    private final Lines lines = new Lines(10);

    @Test
    void linesInPieces_areJoined() throws QmpException {
        assertThat(lines.add(bytes("abc"))).isEmpty();
        assertThat(lines.add(bytes("def\r\n\r\nghi\njk"))).containsExactly("abcdef", "ghi");
        assertThat(lines.add(bytes("l\n"))).containsExactly("jkl");
    }

    @Test
    void characterCutInTwo_isWholeAgain() throws QmpException {
        byte[] line = "größe\n".getBytes(StandardCharsets.UTF_8);

        assertThat(lines.add(ByteBuffer.wrap(line, 0, 3))).isEmpty();
        assertThat(lines.add(ByteBuffer.wrap(line, 3, line.length - 3))).containsExactly("größe");
    }

    @Test
    void longestLine_isTakenAndOneByteMoreIsRefused() throws QmpException {
        assertThat(lines.add(bytes("0123456789\n"))).containsExactly("0123456789");
        assertThatThrownBy(() -> lines.add(bytes("0123456789a")))
                .hasMessageContaining("longer than 10 bytes")
                .hasMessageContaining("0123456789");
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
