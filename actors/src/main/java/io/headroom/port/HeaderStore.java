package io.headroom.port;

import io.headroom.mailbox.Damage;
import io.headroom.mailbox.Header;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The mailbox's header block. Only the SPM writes it. */
public interface HeaderStore {
    CompletionStage<Found> read();

    /** Durable when done. Repeating it is harmless. */
    CompletionStage<Void> write(Header header);

    /** @param header empty where none was ever written or it cannot be believed */
    record Found(Optional<Header> header, Optional<Damage> damage) {}
}
