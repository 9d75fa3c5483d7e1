package io.headroom.fake;

import io.headroom.port.Notebook;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One VM's notes in memory, which outlive whoever tends the VM. */
public final class FakeNotebook implements Notebook {
    private Notes notes = Notes.NONE;
    private String broken = "";

    public synchronized Notes notes() {
        return notes;
    }

    /** Every call fails until {@link #work()}. */
    public synchronized void fail(String cause) {
        broken = cause;
    }

    public synchronized void work() {
        broken = "";
    }

    @Override
    public synchronized CompletionStage<Notes> read() {
        return broken.isEmpty()
                ? CompletableFuture.completedFuture(notes)
                : CompletableFuture.failedFuture(new IOException(broken));
    }

    @Override
    public synchronized CompletionStage<Void> write(Notes now) {
        if (!broken.isEmpty()) {
            return CompletableFuture.failedFuture(new IOException(broken));
        }
        notes = now;
        return CompletableFuture.completedFuture(null);
    }
}
