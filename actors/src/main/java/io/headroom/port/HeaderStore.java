package io.headroom.port;

import io.headroom.mailbox.Header;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The mailbox's header block. Only the SPM writes it. */
public interface HeaderStore {
    /** Empty where none was ever written; a header that cannot be believed fails the stage. */
    CompletionStage<Optional<Header>> read();

    /** Durable when done. Repeating it is harmless. */
    CompletionStage<Void> write(Header header);
}
