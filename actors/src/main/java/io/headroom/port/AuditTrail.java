package io.headroom.port;

import io.headroom.ledger.Audit;
import java.util.concurrent.CompletionStage;

/** The ledger's journal as history: read, never written. */
public interface AuditTrail {
    /**
     * Shows the journal to the audit, newest event first, for as long as it wants more, and answers its page. A failed
     * stage means that the journal could not be read; ask again with a new audit.
     *
     * @param audit made by the ledger for one question; nobody else uses it until the stage completes
     */
    CompletionStage<Audit.Page> read(Audit audit);
}
