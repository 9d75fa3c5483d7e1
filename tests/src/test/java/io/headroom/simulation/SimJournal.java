package io.headroom.simulation;

import io.headroom.ledger.LedgerEvent;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;

/**
 * The database that keeps the ledger's events: all of a batch or none, each sequence number once. Now and then it is
 * away; and now and then somebody restores it to an earlier state or empties it, with or without whoever writes to it
 * noticing. Like the real one it takes an event whose predecessor it does not have.
 */
final class SimJournal {
    static final String RESTORED = "a journal restored to an earlier state";
    static final String EMPTIED = "an emptied journal";
    static final String HOLE_IN_ROWS = "a journal with a hole in its rows";

    private final Timeline timeline;
    private final Faults faults;
    private final Calls calls;
    private final Tally tally;
    private final NavigableMap<Long, LedgerEvent> rows = new TreeMap<>();
    private boolean away;
    private boolean replaced;
    private int opened;

    /** @param last the number of the last event; more than there are where some are gone */
    record Replay(List<LedgerEvent> events, long last) {}

    SimJournal(Timeline timeline, Faults faults, Calls calls, Tally tally) {
        this.timeline = timeline;
        this.faults = faults;
        this.calls = calls;
        this.tally = tally;
    }

    void away(boolean now) {
        away = now;
    }

    /** It becomes what it was after so many events. */
    void restore(long events) {
        if (last() > events) {
            tally.count(events == 0 ? EMPTIED : RESTORED);
            rows.tailMap(events, false).clear();
            replaced = true;
        }
    }

    /** A person who is told that rows are gone restores what is whole, or empties the database. */
    void toldOfTheHole() {
        tally.count(HOLE_IN_ROWS);
        timeline.after(faults.millis(1_000, 10_000), () -> {
            if (!isWhole()) {
                restore(faults.maybe(0.5) ? 0 : whole());
            }
        });
    }

    private long whole() {
        long whole = 0;
        while (rows.containsKey(whole + 1)) {
            whole++;
        }
        return whole;
    }

    boolean isWhole() {
        return rows.size() == last();
    }

    /** Whether events that it had were taken from it. */
    boolean wasReplaced() {
        return replaced;
    }

    long last() {
        return rows.isEmpty() ? 0 : rows.lastKey();
    }

    List<LedgerEvent> events() {
        return List.copyOf(rows.values());
    }

    /** The identity of a journal that is opened now. */
    String newIdentity() {
        return "journal-" + ++opened;
    }

    CompletionStage<Replay> recover(Life process) {
        return calls.call(process, () -> {
            reach();
            return new Replay(events(), last());
        });
    }

    /** How many events with this number or a higher one it has. */
    CompletionStage<Long> eventsFrom(Life process, long first) {
        return calls.call(process, () -> {
            reach();
            return (long) rows.tailMap(first).size();
        });
    }

    /** @param after how many events the writer knows; one more means that somebody else wrote */
    CompletionStage<Void> persist(Life process, long after, List<LedgerEvent> batch) {
        return calls.call(process, () -> {
            reach();
            if (rows.containsKey(after + 1)) {
                throw new Faults.Injected("event " + (after + 1) + " is there already");
            }
            long number = after;
            for (LedgerEvent event : batch) {
                rows.put(++number, event);
            }
            return null;
        });
    }

    private void reach() throws Faults.Injected {
        if (away) {
            throw new Faults.Injected("the database is away");
        }
    }
}
