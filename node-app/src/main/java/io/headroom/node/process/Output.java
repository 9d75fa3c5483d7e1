package io.headroom.node.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Collects what a process writes, up to a limit, on a thread of its own. */
final class Output {
    private static final Duration END_LIMIT = Duration.ofSeconds(1);

    private final CompletableFuture<String> text = new CompletableFuture<>();
    private final Runnable tooMuch;
    private volatile boolean cut;

    private Output(Runnable tooMuch) {
        this.tooMuch = tooMuch;
    }

    /** @param tooMuch is called when {@code limit} bytes were not enough; nothing more is collected then */
    static Output collect(InputStream stream, int limit, Runnable tooMuch) {
        Output output = new Output(tooMuch);
        Thread thread = new Thread(() -> output.read(stream, limit), "command-output");
        thread.setDaemon(true);
        thread.start();
        return output;
    }

    private void read(InputStream stream, int limit) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[8 << 10];
        try {
            for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
                bytes.write(buffer, 0, Math.min(count, limit - bytes.size()));
                if (bytes.size() == limit && !cut) {
                    cut = true;
                    tooMuch.run();
                }
            }
            text.complete(bytes.toString(StandardCharsets.UTF_8));
        } catch (IOException broken) {
            text.completeExceptionally(broken);
        }
    }

    boolean isCut() {
        return cut;
    }

    /** Whether everybody who could write has ended, or ends within a moment. */
    boolean hasEnded() throws InterruptedException {
        try {
            text.get(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException open) {
            return false;
        }
    }

    /** What was written; only after {@link #hasEnded()}. */
    String text() {
        return text.join();
    }
}
