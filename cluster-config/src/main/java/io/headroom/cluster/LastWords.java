package io.headroom.cluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what a process complains about, on a thread of its own: logs it, and remembers the end of it. */
final class LastWords {
    private static final Logger LOG = LoggerFactory.getLogger(LastWords.class);
    private static final int LINES = 8;
    private static final int LINE_LENGTH = 500;
    /**
     * What has ended has left all its words in the pipe, and the reader only needs time to fetch them. So rounds are
     * counted: a machine that stands still for seconds costs one of them, and no words.
     */
    private static final int END_ROUNDS = 100;

    private static final Duration END_ROUND = Duration.ofMillis(10);

    private final Deque<String> lines = new ArrayDeque<>();
    private final Thread reader;

    private LastWords(InputStream stream, String speaker) {
        reader = new Thread(() -> read(stream, speaker), "last-words");
        reader.setDaemon(true);
    }

    static LastWords of(InputStream stream, String speaker) {
        LastWords words = new LastWords(stream, speaker);
        words.reader.start();
        return words;
    }

    private void read(InputStream stream, String speaker) {
        try (BufferedReader text = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = text.readLine(); line != null; line = text.readLine()) {
                LOG.info("{}: {}", speaker, line);
                add(line);
            }
        } catch (IOException broken) {
            LOG.debug("{} broke off: {}", speaker, broken.getMessage());
        }
    }

    synchronized void add(String line) {
        lines.add(line.length() <= LINE_LENGTH ? line : line.substring(0, LINE_LENGTH) + "…");
        if (lines.size() > LINES) {
            lines.remove();
        }
    }

    /** The last lines until the end or, where another process has the stream too, until a second from now. */
    String said() {
        try {
            for (int round = 0; round < END_ROUNDS && reader.isAlive(); round++) {
                reader.join(END_ROUND.toMillis());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            return lines.isEmpty() ? "it said nothing" : String.join("; ", lines);
        }
    }
}
