package io.headroom.ledger;

import io.headroom.ledger.LedgerEvent.Hole;
import io.headroom.ledger.LedgerEvent.Recorded;
import io.headroom.ledger.PoolEvent.Coalesced;
import io.headroom.ledger.PoolEvent.TakeoverIntended;
import io.headroom.model.LogPosition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How far the ledger has come in the pool log, and what it takes next.
 *
 * <p>A record continues the history when it is the next of its epoch, or the first of a later epoch whose seals say
 * that the present epoch ends here and that the epochs between are empty. A coalesced record stands for older records,
 * so it is taken when <em>they</em> are due, ahead of its own place, and says itself what they come after.
 *
 * @param position everything up to here is taken, or known to be missing
 * @param ahead coalesced records that were taken although their own place comes after {@code position}
 */
public record Progress(LogPosition position, SortedMap<LogPosition, Coalesced> ahead) {
    public static final Progress START = new Progress(LogPosition.START, Collections.emptySortedMap());

    /** Of two that begin together the longer one first: the shorter one then is no news, instead of an overlap. */
    private static final Comparator<LogEntry> BY_RANGE = Comparator.<LogEntry, LogPosition>comparing(Progress::start)
            .thenComparing(Progress::end, Comparator.reverseOrder())
            .thenComparing(LogEntry::position);

    public Progress {
        ahead = Collections.unmodifiableSortedMap(new TreeMap<>(ahead));
    }

    /** What becomes of one record. */
    public sealed interface Verdict {
        /** @param known of the records that a coalesced one stands for, how many are already taken */
        record Taken(long known) implements Verdict {}

        /** The ledger already has it, or it is older than what the ledger has. */
        record Skipped() implements Verdict {}

        /** It does not continue the history: what lies between the two places is missing. */
        record Gap(LogPosition after, LogPosition before) implements Verdict {}
    }

    public Verdict take(LogEntry entry) {
        if (has(entry.position())) {
            return new Verdict.Skipped();
        }
        if (entry.event() instanceof Coalesced coalesced) {
            return continues(coalesced)
                    ? new Verdict.Taken(known(coalesced))
                    : new Verdict.Gap(position, start(coalesced));
        }
        return continues(entry) ? new Verdict.Taken(0) : new Verdict.Gap(position, entry.position());
    }

    /** Whether the ledger needs nothing of what stands at this place of the pool log. */
    public boolean has(LogPosition place) {
        return !place.isAfter(position) || ahead.containsKey(place);
    }

    /** The last sequence of the present epoch that counts, where {@code entry} seals it below what was taken. */
    OptionalLong sealedBelow(LogEntry entry) {
        OptionalLong last = OptionalLong.empty();
        if (entry.event() instanceof TakeoverIntended takeover && entry.epoch().isAfter(position.epoch())) {
            last = takeover.seal(position.epoch());
        } else if (entry.event() instanceof Coalesced coalesced
                && coalesced.epoch().isAfter(position.epoch())
                && continues(coalesced)
                && ahead.values().stream().noneMatch(part -> sameRange(part, coalesced))) {
            LogPosition after = coalesced.after();
            last = OptionalLong.of(after.epoch().equals(position.epoch()) ? after.sequence() : 0);
        }
        return last.isPresent() && last.getAsLong() < position.sequence() ? last : OptionalLong.empty();
    }

    /**
     * Picks from everything that the pool log has what the ledger wants next, in the order in which it is to be taken:
     * a record itself before the coalesced one that stands for it, and either before a gap.
     *
     * @param log everything that the pool log holds and that counts, in any order: no record beyond its seal, and none
     *     left out that is still to come, since what is missing among them is recorded as a hole
     * @param limit the most to pick
     */
    public List<LogEntry> wanted(Collection<LogEntry> log, int limit) {
        NavigableMap<LogPosition, LogEntry> plain = new TreeMap<>();
        NavigableSet<LogEntry> coalesced = new TreeSet<>(BY_RANGE);
        for (LogEntry entry : log) {
            if (has(entry.position())) {
                continue;
            }
            if (entry.event() instanceof Coalesced) {
                coalesced.add(entry);
            } else {
                plain.put(entry.position(), entry);
            }
        }
        List<LogEntry> wanted = new ArrayList<>();
        Progress progress = this;
        while (wanted.size() < limit && !(plain.isEmpty() && coalesced.isEmpty())) {
            LogEntry next = progress.next(plain, coalesced);
            if (progress.take(next) instanceof Verdict.Gap gap) {
                progress = progress.after(gap.before());
            }
            progress = progress.after(next);
            wanted.add(next);
            Progress reached = progress;
            plain.headMap(reached.position, true).clear();
            coalesced.removeIf(entry -> reached.has(entry.position()));
        }
        return wanted;
    }

    private LogEntry next(NavigableMap<LogPosition, LogEntry> plain, NavigableSet<LogEntry> coalesced) {
        if (coalesced.isEmpty()) {
            return plain.firstEntry().getValue();
        }
        LogEntry standIn = coalesced.first();
        boolean plainIsDue = !plain.isEmpty()
                && (start(standIn).isAfter(plain.firstKey())
                        || take(plain.firstEntry().getValue()) instanceof Verdict.Taken);
        return plainIsDue ? plain.firstEntry().getValue() : standIn;
    }

    Progress after(LedgerEvent event) {
        if (event instanceof Recorded recorded) {
            return after(recorded.entry());
        }
        if (event instanceof Hole hole) {
            return after(hole.before());
        }
        return this;
    }

    private Progress after(LogPosition beforeThis) {
        LogPosition reached = new LogPosition(beforeThis.epoch(), beforeThis.sequence() - 1);
        return advanced(reached, new TreeMap<>(ahead));
    }

    private Progress after(LogEntry entry) {
        TreeMap<LogPosition, Coalesced> taken = new TreeMap<>(ahead);
        if (entry.event() instanceof Coalesced coalesced) {
            taken.put(entry.position(), coalesced);
            long parts = taken.values().stream()
                    .filter(part -> sameRange(part, coalesced))
                    .count();
            return advanced(parts == coalesced.parts() ? end(coalesced) : position, taken);
        }
        return advanced(entry.position(), taken);
    }

    private Progress advanced(LogPosition to, TreeMap<LogPosition, Coalesced> taken) {
        LogPosition reached = to.isAfter(position) ? to : position;
        while (taken.containsKey(following(reached))) {
            reached = following(reached);
        }
        taken.headMap(reached, true).clear();
        return new Progress(reached, taken);
    }

    private boolean continues(LogEntry entry) {
        return !entry.after().isAfter(position);
    }

    private boolean continues(Coalesced coalesced) {
        return !coalesced.after().isAfter(position);
    }

    private long known(Coalesced coalesced) {
        if (!coalesced.epoch().equals(position.epoch())) {
            return position.epoch().isAfter(coalesced.epoch()) ? coalesced.last() - coalesced.first() + 1 : 0;
        }
        return Math.max(0, Math.min(position.sequence(), coalesced.last()) - coalesced.first() + 1);
    }

    private static LogPosition following(LogPosition position) {
        return new LogPosition(position.epoch(), position.sequence() + 1);
    }

    private static LogPosition start(LogEntry coalesced) {
        return start((Coalesced) coalesced.event());
    }

    private static LogPosition end(LogEntry coalesced) {
        return end((Coalesced) coalesced.event());
    }

    private static LogPosition start(Coalesced coalesced) {
        return new LogPosition(coalesced.epoch(), coalesced.first());
    }

    private static LogPosition end(Coalesced coalesced) {
        return new LogPosition(coalesced.epoch(), coalesced.last());
    }

    private static boolean sameRange(Coalesced one, Coalesced other) {
        return start(one).equals(start(other)) && end(one).equals(end(other)) && one.parts() == other.parts();
    }
}
