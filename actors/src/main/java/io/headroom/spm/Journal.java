package io.headroom.spm;

import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Header;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import java.util.Optional;

/**
 * What the SPM knows of the ledger's journal: its identity, how far it has come, and what it asked for. The same also
 * stands in the mailbox header, so that an emptied or restored database is noticed by whoever is SPM then.
 */
final class Journal {
    private final LogBook book;
    private String identity;
    private long events;
    private Optional<Spm.LedgerAsked> asked = Optional.empty();
    private Optional<String> away = Optional.empty();

    Journal(LogBook book, Optional<Header> remembered) {
        this.book = book;
        this.identity = remembered.map(Header::journal).orElse("");
        this.events = remembered.map(Header::journaled).orElse(0L);
    }

    /** @return the event to record when this is not the journal that the pool remembers, or an older state of it */
    Optional<PoolEvent> asked(Spm.LedgerAsked now) {
        boolean isReplaced = !identity.isEmpty() && (!identity.equals(now.journal()) || now.events() < events);
        Optional<PoolEvent> event = isReplaced
                ? Optional.of(new PoolEvent.JournalReplaced(identity, events, now.journal(), now.events()))
                : Optional.empty();
        identity = now.journal();
        events = now.events();
        asked = Optional.of(now);
        away = Optional.empty();
        book.ledgered(now.progress().position());
        return event;
    }

    /** What the ledger is owed now; it is handed out once, and the ledger asks again if it got lost. */
    Optional<Spm.Feed> due() {
        Optional<Spm.Feed> feed = asked.map(
                        of -> new Spm.Feed(of.events(), of.progress().wanted(book.owed(), of.limit())))
                .filter(of -> !of.entries().isEmpty());
        if (feed.isPresent()) {
            asked = Optional.empty();
        }
        return feed;
    }

    void away(String cause) {
        away = Optional.of(cause);
    }

    /** Why the history stands still; empty while it does not. */
    Optional<String> problem() {
        return away.map(cause -> "the history stands at " + book.ledgered()
                + " because its database does not work: " + cause
                + "; growth goes on without it and it is tried again every few seconds, see headroom.journal");
    }

    String identity() {
        return identity;
    }

    Header header(PoolId pool, Epoch epoch, long beat, HostId spm, String address) {
        LogPosition ledgered = book.ledgered();
        return new Header(pool, epoch, beat, spm, address, identity, events, ledgered);
    }
}
