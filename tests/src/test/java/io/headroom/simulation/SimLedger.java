package io.headroom.simulation;

import io.headroom.ledger.Ledger;
import io.headroom.ledger.LedgerEvent;
import io.headroom.ledger.LogEntry;
import io.headroom.spm.Spm;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/** The ledger beside one SPM: demands, takes, persists, and recovers from what the journal has when a write failed. */
final class SimLedger {
    private static final int LIMIT = 20;
    private static final Duration AGAIN = Duration.ofSeconds(2);
    private static final Duration BACKOFF = Duration.ofSeconds(1);

    private final Life life;
    private final SimJournal journal;
    private final Consumer<Spm.LedgerAsked> spm;
    private Ledger state = Ledger.EMPTY;
    private boolean ready;
    private boolean stopped;

    SimLedger(Life life, SimJournal journal, Consumer<Spm.LedgerAsked> spm) {
        this.life = life;
        this.journal = journal;
        this.spm = spm;
        recover();
        life.every(AGAIN, this::demand);
    }

    void stop() {
        stopped = true;
    }

    static Ledger replay(List<LedgerEvent> events) {
        Ledger ledger = Ledger.EMPTY;
        for (LedgerEvent event : events) {
            ledger = ledger.after(event);
        }
        return ledger;
    }

    private void recover() {
        ready = false;
        if (!stopped) {
            Calls.hear(life, () -> journal.recover(life), this::recovered, cause -> life.after(BACKOFF, this::recover));
        }
    }

    private void recovered(List<LedgerEvent> events) {
        state = replay(events);
        ready = true;
        if (state.journal().isEmpty()) {
            persist(List.of(new LedgerEvent.JournalOpened("journal-1", Instant.EPOCH)));
        } else {
            demand();
        }
    }

    private void demand() {
        if (ready && !stopped) {
            spm.accept(new Spm.LedgerAsked(state.progress(), LIMIT, state.journal(), state.events()));
        }
    }

    void feed(long events, List<LogEntry> entries) {
        life.tell(() -> {
            if (ready && !stopped && events <= state.events()) {
                List<LedgerEvent> taken = state.take(entries);
                if (!taken.isEmpty()) {
                    persist(taken);
                }
            }
        });
    }

    private void persist(List<LedgerEvent> events) {
        ready = false;
        Calls.hear(
                life,
                () -> journal.persist(life, state.events(), events),
                done -> {
                    events.forEach(event -> state = state.after(event));
                    ready = true;
                    demand();
                },
                cause -> life.after(BACKOFF, this::recover));
    }
}
