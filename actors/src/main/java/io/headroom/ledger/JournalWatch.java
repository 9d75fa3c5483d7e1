package io.headroom.ledger;

import java.util.List;
import java.util.Optional;

/**
 * Decides whether a journal is still the one that was read: somebody may restore or empty the database beneath the ledger,
 * and it takes an event whose predecessor is gone. Each look counts from the last event on that was surely there, so it
 * also shows what was lost between the look before it and the write that followed.
 */
public final class JournalWatch {
    /**
     * Count the events with the number {@code first} and up.
     *
     * @param expected how many there are, unless somebody else had his hands in it
     * @param before what is to be taken then; it may be nothing
     */
    public record Look(long first, long expected, List<LogEntry> before) {
        public Look {
            before = List.copyOf(before);
        }
    }

    /** What a look shows. */
    public enum Verdict {
        /** Everything is there. */
        SAME,
        /** Events are gone, or others came: the journal has to be read anew before anything is added. */
        CHANGED,
        /** It could not be read; an attempt to write will tell. */
        UNKNOWN,
        /** The journal was read anew since: nothing follows from this look. */
        LATE
    }

    private long verified;
    private Optional<Look> looking = Optional.empty();

    /** All of the journal was read, and it has this many events. */
    public void read(long events) {
        verified = events;
        looking = Optional.empty();
    }

    /**
     * @param events how many the ledger knows
     * @return nothing while a look is under way, since what is written after it would be counted too; what was to be taken
     *     is demanded again
     */
    public Optional<Look> look(long events, List<LogEntry> before) {
        if (looking.isPresent()) {
            return Optional.empty();
        }
        long first = Math.max(1, verified);
        looking = Optional.of(new Look(first, events - first + 1, before));
        return looking;
    }

    /** @param found how many events were counted; empty where they could not be read */
    public Verdict looked(Look look, Optional<Long> found) {
        if (looking.filter(of -> of == look).isEmpty()) {
            return Verdict.LATE;
        }
        looking = Optional.empty();
        if (found.isEmpty()) {
            return Verdict.UNKNOWN;
        }
        if (found.get() != look.expected()) {
            return Verdict.CHANGED;
        }
        verified = look.first() + look.expected() - 1;
        return Verdict.SAME;
    }
}
