package io.headroom.simulation;

import io.headroom.ledger.JournalWatch;
import io.headroom.ledger.Ledger;
import io.headroom.ledger.LedgerEvent;
import io.headroom.ledger.LogEntry;
import io.headroom.spm.Spm;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The ledger beside one SPM: demands, takes, persists, and recovers from what the journal has when a write failed, or when
 * the journal is not what it was.
 */
final class SimLedger {
    private static final int LIMIT = 20;
    private static final Duration AGAIN = Duration.ofSeconds(2);
    private static final Duration BACKOFF = Duration.ofSeconds(1);
    private static final Duration DAMAGED_AGAIN = Duration.ofSeconds(20);

    private final Life life;
    private final SimJournal journal;
    private final Consumer<Spm.LedgerAsked> spm;
    private final JournalWatch watch = new JournalWatch();
    private Ledger state = Ledger.EMPTY;
    private boolean ready;
    private boolean stopped;

    SimLedger(Life life, SimJournal journal, Consumer<Spm.LedgerAsked> spm) {
        this.life = life;
        this.journal = journal;
        this.spm = spm;
        recover();
        life.every(AGAIN, () -> look(List.of()));
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

    private void recovered(SimJournal.Replay replay) {
        state = replay(replay.events());
        if (state.events() != replay.last()) {
            journal.toldOfTheHole();
            life.after(DAMAGED_AGAIN, this::recover);
            return;
        }
        ready = true;
        watch.read(state.events());
        if (state.journal().isEmpty()) {
            persist(List.of(new LedgerEvent.JournalOpened(journal.newIdentity(), Instant.EPOCH)));
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
            if (events <= state.events() && !state.take(entries).isEmpty()) {
                look(entries);
            }
        });
    }

    private void look(List<LogEntry> before) {
        if (ready && !stopped) {
            watch.look(state.events(), before)
                    .ifPresent(look -> Calls.hear(
                            life,
                            () -> journal.eventsFrom(life, look.first()),
                            found -> looked(look, Optional.of(found)),
                            cause -> looked(look, Optional.empty())));
        }
    }

    private void looked(JournalWatch.Look look, Optional<Long> found) {
        JournalWatch.Verdict verdict = watch.looked(look, found);
        if (verdict == JournalWatch.Verdict.CHANGED) {
            recover();
        } else if (verdict != JournalWatch.Verdict.LATE) {
            take(look.before());
        }
    }

    private void take(List<LogEntry> entries) {
        List<LedgerEvent> taken = state.take(entries);
        if (taken.isEmpty()) {
            demand();
        } else {
            persist(taken);
        }
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
