package io.headroom.node.qemu;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Cuts a stream of bytes into lines of limited length. */
final class Lines {
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
    private final int longest;

    /** @param longest bytes of a line */
    Lines(int longest) {
        this.longest = longest;
    }

    /**
     * The lines that {@code bytes} complete, without their ends; empty lines are left out.
     *
     * @throws QmpException for a line that is too long; nothing more can be read after it
     */
    List<String> add(ByteBuffer bytes) throws QmpException {
        List<String> lines = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte next = bytes.get();
            if (next == '\n') {
                String line = partial.toString(StandardCharsets.UTF_8).strip();
                partial.reset();
                if (!line.isEmpty()) {
                    lines.add(line);
                }
            } else if (partial.size() == longest) {
                throw new QmpException("a line is longer than " + longest + " bytes: "
                        + QmpCodec.start(partial.toString(StandardCharsets.UTF_8)));
            } else {
                partial.write(next);
            }
        }
        return lines;
    }
}
