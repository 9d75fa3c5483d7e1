package io.headroom.simulation;

import io.headroom.ledger.LedgerEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The database that keeps the ledger's events: all of a batch or none, each sequence number once; now and then away. */
final class SimJournal {
    private final Calls calls;
    private final List<LedgerEvent> events = new ArrayList<>();
    private boolean away;

    SimJournal(Calls calls) {
        this.calls = calls;
    }

    void away(boolean now) {
        away = now;
    }

    List<LedgerEvent> events() {
        return events;
    }

    CompletionStage<List<LedgerEvent>> recover(Life process) {
        return calls.call(process, () -> {
            reach();
            return List.copyOf(events);
        });
    }

    /** @param after how many events the writer knows; another number means that somebody else wrote */
    CompletionStage<Void> persist(Life process, long after, List<LedgerEvent> batch) {
        return calls.call(process, () -> {
            reach();
            if (after != events.size()) {
                throw new Faults.Injected("event " + (after + 1) + " is there already");
            }
            events.addAll(batch);
            return null;
        });
    }

    private void reach() throws Faults.Injected {
        if (away) {
            throw new Faults.Injected("the database is away");
        }
    }
}
