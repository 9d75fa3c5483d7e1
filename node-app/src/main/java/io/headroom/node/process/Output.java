package io.headroom.node.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Collects what a process writes, up to a limit, on a thread of its own. */
final class Output {
    private static final Logger LOG = LoggerFactory.getLogger(Output.class);
    /**
     * What has ended has left all that it wrote in the pipe, and the reader only has to be given time to fetch it. So
     * rounds are counted: a machine that stands still for seconds costs one of them, and never an end of the output.
     */
    private static final int END_ROUNDS = 100;

    private static final Duration END_ROUND = Duration.ofMillis(10);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Thread reader;
    private volatile boolean cut;

    private Output(InputStream stream, int limit, Runnable tooMuch) {
        reader = new Thread(() -> read(stream, limit, tooMuch), "command-output");
        reader.setDaemon(true);
    }

    /** @param tooMuch is called once, when {@code limit} bytes are written; what follows is thrown away */
    static Output collect(InputStream stream, int limit, Runnable tooMuch) {
        Output output = new Output(stream, limit, tooMuch);
        output.reader.start();
        return output;
    }

    private void read(InputStream stream, int limit, Runnable tooMuch) {
        byte[] buffer = new byte[8 << 10];
        try {
            for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
                if (add(buffer, count, limit)) {
                    tooMuch.run();
                }
            }
        } catch (IOException broken) {
            LOG.warn("the output of a command broke off: {}", broken.getMessage());
        }
    }

    /** Whether the limit is reached by this. */
    private synchronized boolean add(byte[] buffer, int count, int limit) {
        bytes.write(buffer, 0, Math.min(count, limit - bytes.size()));
        boolean reached = bytes.size() == limit && !cut;
        cut |= reached;
        return reached;
    }

    boolean isCut() {
        return cut;
    }

    /** What was written, to its end or, where somebody else holds the output open, until now. */
    String text() throws InterruptedException {
        for (int round = 0; round < END_ROUNDS && reader.isAlive(); round++) {
            reader.join(END_ROUND.toMillis());
        }
        synchronized (this) {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }
}
