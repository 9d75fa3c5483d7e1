package io.headroom.spm;

import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Header;
import io.headroom.model.Epoch;
import io.headroom.model.Moment;
import io.headroom.port.HeaderStore;
import io.headroom.port.PoolLog;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What one tenure leaves on the storage for others: the pool log, which feeds the ledger, and the mailbox header. */
final class Books {
    private final Serving.Role role;
    private final Steps steps;
    private final LogBook log;
    private final Journal journal;
    private final Epoch epoch;
    private final Consumer<String> release;
    private final Deque<PoolEvent> notes = new ArrayDeque<>();
    private long beats;
    private Moment beatAt;

    /** @param release ends the tenure, with the reason */
    Books(Serving.Role role, Takeover takeover, Steps steps, Consumer<String> release) {
        this.role = role;
        this.steps = steps;
        this.log = takeover.book();
        this.journal = takeover.journal();
        this.epoch = takeover.epoch();
        this.release = release;
        beatAt = steps.now();
    }

    LogBook log() {
        return log;
    }

    String journal() {
        return journal.identity();
    }

    void append(PoolEvent event, Runnable then) {
        PoolLog.Placed placed = log.next(steps.time(), event);
        steps.perform(new Spm.Append(placed), written -> {
            log.written(placed.entry());
            feed();
            then.run();
        });
    }

    /** To be written when there is nothing better to do. */
    void note(Collection<? extends PoolEvent> events) {
        notes.addAll(events);
    }

    void ledgerAsked(Spm.LedgerAsked asked) {
        journal.asked(asked).ifPresent(notes::add);
        feed();
    }

    void ledgerAway(String cause) {
        journal.away(cause);
    }

    /** Why the history stands still; empty while it does not. */
    Optional<String> problem() {
        return journal.problem();
    }

    private void feed() {
        journal.due().ifPresent(steps::also);
    }

    boolean isBeatDue() {
        return !steps.now().isBefore(beatAt);
    }

    void beat(Runnable then) {
        beatAt = steps.now().plus(role.timing().beat());
        Header header = journal.header(role.pool(), epoch, ++beats, role.host(), role.address());
        steps.perform(new Spm.WriteHeader(header), written -> then.run());
    }

    /** A lower epoch is a former SPM that woke up: the header is written again. A higher one ends this tenure. */
    void compareEpoch(Runnable then) {
        steps.perform(new Spm.ReadHeader(), (HeaderStore.Found found) -> {
            Optional<Header> header = found.header();
            if (header.isPresent() && header.get().epoch().isAfter(epoch)) {
                release.accept("host " + header.get().spm() + " serves in epoch "
                        + header.get().epoch());
            } else if (header.isEmpty() || !header.get().epoch().equals(epoch)) {
                steps.note("the header was not ours (" + found + "); it is written again");
                beat(then);
            } else {
                then.run();
            }
        });
    }

    /** @return false where there is nothing to write */
    boolean keep() {
        if (!log.coalesce().isEmpty()) {
            makeRoom(() -> {});
        } else if (!notes.isEmpty()) {
            append(notes.remove(), () -> {});
        } else {
            return false;
        }
        return true;
    }

    /** Coalesces the pool log where room in it gets scarce, until it does not. */
    void makeRoom(Runnable then) {
        List<PoolEvent> records = log.coalesce();
        if (records.isEmpty()) {
            then.run();
            return;
        }
        steps.note("the ledger is behind at " + log.ledgered() + "; the pool log is coalesced per volume: "
                + records.size() + " records");
        steps.forAll(records.iterator(), this::append, () -> makeRoom(then));
    }
}
