package io.headroom.spm;

import io.headroom.ledger.PoolEvent;
import io.headroom.model.Epoch;
import io.headroom.model.LogPosition;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** The last record of each older epoch that counts: what a former SPM adds later is void. An empty epoch ends at 0. */
final class Seals {
    private final NavigableMap<Epoch, Long> ends = new TreeMap<>();

    /** Of two takeovers that sealed the same epoch, the one that saw less of it came first and counts. */
    void apply(PoolEvent.TakeoverIntended takeover) {
        takeover.seals().forEach(seal -> ends.merge(seal.epoch(), seal.last(), Math::min));
    }

    boolean isVoid(LogPosition place) {
        return place.sequence() > ends.getOrDefault(place.epoch(), Long.MAX_VALUE);
    }

    /** This is the last record of its epoch that can be read. */
    void end(LogPosition at) {
        ends.put(at.epoch(), at.sequence());
    }

    /** A takeover that was cut short wrote nothing that does not stand elsewhere too. */
    void cameToNothing(Epoch of) {
        ends.put(of, 0L);
    }

    /** The same of every epoch between the two that left no trace, as far as there is room for. */
    void thoseWithoutATraceCameToNothing(Epoch after, Epoch before) {
        long first = Math.max(after.value() + 1, before.value() - PoolEvent.TakeoverIntended.MAX_SEALS);
        for (long of = first; of < before.value(); of++) {
            ends.putIfAbsent(new Epoch(of), 0L);
        }
    }

    /**
     * An empty epoch is remembered until the ledger is past it: else it would miss something.
     *
     * @param isInLog whether an epoch has a segment still
     */
    void forgetWhatNobodyNeeds(Predicate<Epoch> isInLog, LogPosition ledgered) {
        ends.entrySet().removeIf(of -> {
            boolean isEmptyAndAhead = of.getValue() == 0 && of.getKey().isAfter(ledgered.epoch());
            return !isEmptyAndAhead && !isInLog.test(of.getKey());
        });
    }

    /** What one record has room for: of too many the oldest empty ones are left out, and the ledger names a hole. */
    List<PoolEvent.Seal> all() {
        long tooMany = ends.size() - PoolEvent.TakeoverIntended.MAX_SEALS;
        List<Epoch> out = ends.keySet().stream()
                .filter(of -> ends.get(of) == 0)
                .limit(Math.max(0, tooMany))
                .toList();
        return ends.entrySet().stream()
                .filter(of -> !out.contains(of.getKey()))
                .map(of -> new PoolEvent.Seal(of.getKey(), of.getValue()))
                .toList();
    }
}
