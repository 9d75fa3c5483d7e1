package io.headroom.spm;

import io.headroom.ledger.Deed;
import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.model.Epoch;
import io.headroom.model.LogPosition;
import io.headroom.port.PoolLog;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Decides where the entries of the pool log stand, and knows which of them the ledger still lacks.
 *
 * <p>An epoch writes to one segment: its first entry stays, the others go round. A place is used again when the ledger
 * has its entry, or when {@link PoolEvent.Coalesced} records stand for it. Where even these find no room the oldest
 * entries are written over, and the ledger will tell of the hole: the log never blocks for want of a database. A
 * takeover takes a segment that holds nothing that is still owed, and seals the others where they end.
 */
final class LogBook {
    /** When less than this part of a segment is free, it is coalesced: the records that replace it need room too. */
    private static final int COALESCE_BELOW = 4;

    /** An intent, its fact, a farewell, and the record that replaces them. */
    private static final int FEWEST_FREE = 4;

    private record Key(LogPosition start, int part) implements Comparable<Key> {
        private static final Comparator<Key> ORDER =
                Comparator.comparing(Key::start).thenComparing(Key::part);

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }
    }

    private final int segments;
    /** Places that an epoch goes round; the first one of its segment it does not leave. */
    private final int ring;
    /** Everything readable that counts, by where it stands. */
    private final NavigableMap<LogPosition, LogEntry> known = new TreeMap<>();
    /** What the ledger lacks, by where its content begins: a coalesced record stands for what it replaced. */
    private final NavigableMap<Key, LogEntry> owed = new TreeMap<>();

    private final Map<Epoch, Integer> segmentOf = new HashMap<>();
    private final Seals seals = new Seals();
    private LogPosition ledgered;
    private Epoch epoch = Epoch.NONE;
    private long sequence;

    private LogBook(int segments, int places, LogPosition ledgered) {
        this.segments = segments;
        this.ring = places - 1;
        this.ledgered = ledgered;
    }

    /** @param ledgered how far the ledger had come when the last SPM told it */
    static LogBook read(PoolLog.Contents contents, LogPosition ledgered) {
        LogBook book = new LogBook(contents.segments(), contents.places(), ledgered);
        Map<Integer, Epoch> epochOf = new HashMap<>();
        for (PoolLog.Placed placed : contents.entries()) {
            epochOf.merge(placed.place().segment(), placed.entry().epoch(), Epoch::max);
        }
        for (PoolLog.Placed placed : contents.entries()) {
            LogEntry entry = placed.entry();
            boolean isLeftover = !epochOf.get(placed.place().segment()).equals(entry.epoch());
            boolean isInPlace = book.slot(entry.sequence()) == placed.place().slot();
            if (!isLeftover && isInPlace) {
                book.known.put(entry.position(), entry);
                book.segmentOf.put(entry.epoch(), placed.place().segment());
            }
        }
        book.applySeals();
        book.known.values().forEach(book::owe);
        book.dropReplaced();
        return book;
    }

    /** A former SPM may have added to its segment after it was sealed. */
    private void applySeals() {
        for (LogEntry entry : List.copyOf(known.values())) {
            if (entry.event() instanceof PoolEvent.TakeoverIntended takeover) {
                seals.apply(takeover);
            }
        }
        known.keySet().removeIf(seals::isVoid);
        segmentOf
                .keySet()
                .retainAll(known.keySet().stream().map(LogPosition::epoch).toList());
        known.keySet().forEach(seals::end);
    }

    private void owe(LogEntry entry) {
        if (entry.position().isAfter(ledgered)) {
            owed.put(new Key(entry.position(), 0), entry);
        }
    }

    /** Coalesced records count when all parts are there: then they stand for what they replaced. */
    private void dropReplaced() {
        record Range(LogPosition end, LogPosition writtenBehind) {}
        Map<Range, List<LogEntry>> parts = new LinkedHashMap<>();
        for (LogEntry entry : known.values()) {
            if (entry.event() instanceof PoolEvent.Coalesced coalesced) {
                LogPosition end = new LogPosition(coalesced.epoch(), coalesced.last());
                // Parts stand side by side; the same range may be written again, in the same epoch too.
                LogPosition behind = new LogPosition(entry.epoch(), entry.sequence() - coalesced.part());
                parts.computeIfAbsent(new Range(end, behind), of -> new ArrayList<>())
                        .add(entry);
            }
        }
        parts.values().stream()
                .filter(of -> ((PoolEvent.Coalesced) of.get(0).event()).parts() == of.size())
                .forEach(this::replace);
    }

    private void replace(List<LogEntry> parts) {
        PoolEvent.Coalesced first = (PoolEvent.Coalesced) parts.get(0).event();
        Key from = new Key(new LogPosition(first.epoch(), first.first()), 0);
        Key to = new Key(new LogPosition(first.epoch(), first.last()), Integer.MAX_VALUE);
        owed.subMap(from, true, to, true).clear();
        if (to.start().isAfter(ledgered)) {
            for (LogEntry entry : parts) {
                owed.put(new Key(from.start(), ((PoolEvent.Coalesced) entry.event()).part()), entry);
            }
        }
    }

    Epoch highest() {
        return known.isEmpty() ? ledgered.epoch() : known.lastKey().epoch().max(ledgered.epoch());
    }

    /** Intents that nothing has settled, oldest first; a takeover that was over has settled all before it. */
    List<LogEntry> openIntents() {
        Epoch over = segmentOf.keySet().stream()
                .filter(this::wasOver)
                .max(Comparator.naturalOrder())
                .orElse(Epoch.NONE);
        Map<Object, LogEntry> open = new LinkedHashMap<>();
        for (LogEntry entry : known.tailMap(new LogPosition(over, 0)).values()) {
            PoolEvent event = entry.event();
            if (event instanceof PoolEvent.ExtensionIntended intended) {
                open.put(intended.asked().volume(), entry);
            } else if (event instanceof PoolEvent.VolumeExtended settled) {
                open.remove(settled.asked().volume());
            } else if (event instanceof PoolEvent.ExtensionFoundDone settled) {
                open.remove(settled.asked().volume());
            } else if (event instanceof PoolEvent.ExtensionAbandoned settled) {
                open.remove(settled.asked().volume());
            } else if (event instanceof PoolEvent.OrderIntended intended) {
                open.put(intended.deed(), entry);
            } else if (event instanceof PoolEvent.OrderCarried settled) {
                open.remove(settled.deed());
            } else if (event instanceof PoolEvent.OrderAbandoned settled) {
                open.remove(settled.deed());
            }
        }
        return List.copyOf(open.values());
    }

    /** What orders are about to do, as far as the log has their intents still. */
    Stream<Deed> openDeeds() {
        return openIntents().stream()
                .map(LogEntry::event)
                .filter(PoolEvent.OrderIntended.class::isInstance)
                .map(intent -> ((PoolEvent.OrderIntended) intent).deed());
    }

    /** Whether a volume with this name or id was deleted, as far as the log still tells. */
    boolean tellsOfTheDeletionOf(String volume) {
        return known.values().stream()
                .map(LogEntry::event)
                .anyMatch(event -> event instanceof PoolEvent.OrderCarried carried
                        && carried.deed() instanceof Deed.Deletion of
                        && (of.name().equals(volume) || of.volume().value().equals(volume)));
    }

    /** Every entry that can be read, in order. */
    List<LogEntry> entries() {
        return List.copyOf(known.values());
    }

    /**
     * Begins the segment of a new epoch; its first entry carries the seals that are returned.
     *
     * @param announced the last epoch whose takeover is known to have been over; a later one of which nothing can be
     *     read was cut short, and a torn write has spoilt its first entry
     */
    List<PoolEvent.Seal> open(Epoch next, Epoch announced) {
        seals.thoseWithoutATraceCameToNothing(announced, next);
        int segment = freeSegment()
                .or(this::takeoverThatCameToNothing)
                .or(this::oldest)
                .orElseThrow();
        segmentOf.values().removeIf(taken -> taken == segment);
        seals.forgetWhatNobodyNeeds(segmentOf::containsKey, ledgered);
        epoch = next;
        sequence = 0;
        segmentOf.put(next, segment);
        return seals.all();
    }

    private Optional<Integer> freeSegment() {
        Set<Integer> inNeed = new HashSet<>();
        owed.values().forEach(entry -> inNeed.add(segmentOf.get(entry.epoch())));
        openIntents().forEach(entry -> inNeed.add(segmentOf.get(entry.epoch())));
        Map<Integer, Epoch> used = new HashMap<>();
        segmentOf.forEach((of, segment) -> used.put(segment, of));
        return IntStream.range(0, segments)
                .boxed()
                .filter(segment -> !inNeed.contains(segment) && !segment.equals(segmentOf.get(epoch)))
                .min(Comparator.comparing(segment -> used.getOrDefault(segment, Epoch.NONE)));
    }

    /**
     * Every takeover leaves a segment free before it is over. One that was cut short has written only what the older
     * segments tell again, so it may be overwritten.
     */
    private Optional<Integer> takeoverThatCameToNothing() {
        Epoch last = known.lastKey().epoch();
        if (wasOver(last)) {
            return Optional.empty();
        }
        int segment = segmentOf.get(last);
        known.keySet().removeIf(position -> position.epoch().equals(last));
        owed.clear();
        known.values().forEach(this::owe);
        dropReplaced();
        seals.cameToNothing(last);
        return Optional.of(segment);
    }

    /** Whether the takeover came to its end: its fact stands there, or has been written over since. */
    private boolean wasOver(Epoch of) {
        return known.subMap(new LogPosition(of, 0), new LogPosition(of.next(), 0)).values().stream()
                .anyMatch(entry -> entry.event() instanceof PoolEvent.TakenOver || entry.sequence() > ring);
    }

    /** Better a hole in the history, which the ledger tells, than a pool that nobody serves. */
    private Optional<Integer> oldest() {
        Optional<Epoch> oldest = segmentOf.keySet().stream().min(Comparator.naturalOrder());
        oldest.ifPresent(of -> {
            known.keySet().removeIf(position -> position.epoch().equals(of));
            owed.values().removeIf(entry -> entry.epoch().equals(of));
        });
        return oldest.map(segmentOf::get);
    }

    /** The next entry and its place. */
    PoolLog.Placed next(Instant at, PoolEvent event) {
        LogEntry entry = new LogEntry(epoch, sequence + 1, at, event);
        return new PoolLog.Placed(new PoolLog.Place(segmentOf.get(epoch), slot(entry.sequence())), entry);
    }

    /** The first entry keeps its place: its seals are in force for as long as the segments that they seal. */
    private int slot(long of) {
        return of == 1 ? 0 : (int) (1 + (of - 2) % ring);
    }

    /** The entry is on the storage. */
    void written(LogEntry entry) {
        sequence = entry.sequence();
        known.put(entry.position(), entry);
        LogEntry over = sequence - ring > 1 ? known.remove(new LogPosition(epoch, sequence - ring)) : null;
        if (over != null && isOwed(over)) {
            lose(over);
        }
        owe(entry);
        if (entry.event() instanceof PoolEvent.Coalesced coalesced && coalesced.part() == coalesced.parts()) {
            replace(known.tailMap(new LogPosition(epoch, sequence - coalesced.parts()), false).values().stream()
                    .toList());
        }
    }

    /** Of a coalesced record no part counts without the others: what is missing has to be seen. */
    private void lose(LogEntry over) {
        if (over.event() instanceof PoolEvent.Coalesced coalesced) {
            LogPosition start = new LogPosition(coalesced.epoch(), coalesced.first());
            owed.keySet().removeIf(key -> key.part() > 0 && key.start().equals(start));
        }
        owed.values().removeIf(over::equals);
    }

    private boolean isOwed(LogEntry entry) {
        boolean asContent = entry.event() instanceof PoolEvent.Coalesced coalesced
                && entry.equals(
                        owed.get(new Key(new LogPosition(coalesced.epoch(), coalesced.first()), coalesced.part())));
        return asContent || owed.containsKey(new Key(entry.position(), 0));
    }

    /** The ledger holds everything up to there, for ever. */
    void ledgered(LogPosition upTo) {
        if (upTo.isAfter(ledgered)) {
            ledgered = upTo;
            owed.entrySet().removeIf(next -> !end(next).isAfter(upTo));
        }
    }

    /** Where the content ends that this stands for. */
    private static LogPosition end(Map.Entry<Key, LogEntry> next) {
        return next.getKey().part() > 0 && next.getValue().event() instanceof PoolEvent.Coalesced coalesced
                ? new LogPosition(coalesced.epoch(), coalesced.last())
                : next.getKey().start();
    }

    LogPosition ledgered() {
        return ledgered;
    }

    /** The last entry written. */
    LogPosition last() {
        return new LogPosition(epoch, sequence);
    }

    /** What the ledger lacks; a coalesced record is among them for what it stands for. */
    Collection<LogEntry> owed() {
        return new LinkedHashSet<>(owed.values());
    }

    /** Records to write when room gets scarce, or when no segment is left for the next takeover; else none. */
    List<PoolEvent> coalesce() {
        if (freeSegment().isEmpty()) {
            return owed.entrySet().stream()
                    .filter(next -> !next.getValue().epoch().equals(epoch))
                    .findFirst()
                    .map(oldest -> coalesced(oldest.getKey().start().epoch()))
                    .orElse(List.of());
        }
        List<LogEntry> here = owed.values().stream()
                .filter(entry -> entry.epoch().equals(epoch))
                .distinct()
                .toList();
        long inUse = here.stream()
                .mapToLong(entry -> sequence - entry.sequence() + 1)
                .max()
                .orElse(0);
        long coalesced = here.stream()
                .filter(entry -> entry.event() instanceof PoolEvent.Coalesced
                        || entry.event() instanceof PoolEvent.OrderRecalled)
                .count();
        if (ring - inUse >= reserve(coalesced)) {
            return List.of();
        }
        List<PoolEvent> records = owed.entrySet().stream()
                .filter(next -> next.getValue().epoch().equals(epoch))
                .map(next -> next.getKey().start().epoch())
                .distinct()
                .flatMap(content -> coalesced(content).stream())
                .toList();
        boolean makeRoom = ring - records.size() >= reserve(records.size());
        return makeRoom && records.size() <= ring - inUse ? records : List.of();
    }

    /** How many places are kept free: what is coalesced already has to be written once more with the rest. */
    private long reserve(long coalesced) {
        return Math.max(ring / COALESCE_BELOW, coalesced + FEWEST_FREE);
    }

    /** Everything of this epoch that is owed, wherever it stands. */
    private List<PoolEvent> coalesced(Epoch of) {
        NavigableMap<Key, LogEntry> content =
                owed.subMap(new Key(new LogPosition(of, 0), 0), true, new Key(new LogPosition(of.next(), 0), 0), false);
        Key from = content.firstKey();
        long last = content.entrySet().stream()
                .mapToLong(next -> end(next).sequence())
                .max()
                .orElseThrow();
        Coalescing sum = new Coalescing();
        // A coalesced record tells of growth where it stands for it, not at its own place among the others.
        content.forEach((key, entry) -> {
            if (key.part() > 0 || !(entry.event() instanceof PoolEvent.Coalesced)) {
                sum.add(entry);
            }
        });
        LogEntry first = content.firstEntry().getValue();
        LogPosition after = from.part() > 0 ? ((PoolEvent.Coalesced) first.event()).after() : first.after();
        return sum.records(after, of, from.start().sequence(), last);
    }
}
