package io.headroom.ledger;

import static io.headroom.ledger.PoolHistory.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.ledger.LedgerEvent.Hole;
import io.headroom.ledger.LedgerEvent.Recorded;
import io.headroom.ledger.LedgerEvent.Voided;
import io.headroom.ledger.PoolEvent.Coalesced;
import io.headroom.ledger.PoolEvent.Seal;
import io.headroom.ledger.PoolEvent.TakeoverIntended;
import io.headroom.ledger.PoolEvent.VolumeExtended;
import io.headroom.ledger.Progress.Verdict.Gap;
import io.headroom.ledger.Progress.Verdict.Skipped;
import io.headroom.ledger.Progress.Verdict.Taken;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.model.VolumeId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LedgerTest {
    private static final int SEEDS = 400;

    private final PoolHistory history = new PoolHistory();
    private final List<LedgerEvent> journal = new ArrayList<>();
    private Ledger ledger = Ledger.EMPTY;

    @Test
    void recordsInOrder_areTakenOnce() {
        history.takeOver();
        history.extend();
        history.extend();

        feed(history.log());
        feed(history.log());

        assertThat(journal).allMatch(Recorded.class::isInstance).hasSize(3);
        assertThat(ledger.progress().position()).isEqualTo(at(1, 3));
        assertThat(ledger.progress().take(history.log().get(2))).isEqualTo(new Skipped());
    }

    @Test
    void whatThePoolsCreationLogged_isNotVoidedByTheFirstTakeover() {
        history.extend();
        history.extend();
        history.takeOver();
        history.extend();

        feed(history.log());

        assertThat(journal).allMatch(Recorded.class::isInstance).hasSize(4);
        assertThat(ledger.progress().position()).isEqualTo(at(1, 2));
    }

    @Test
    void recordAfterMissingOnes_isAGap() {
        history.takeOver();
        LogEntry second = history.extend();
        LogEntry third = history.extend();

        assertThat(ledger.progress().take(third)).isEqualTo(new Gap(LogPosition.START, at(1, 3)));
        feed(history.log().subList(0, 1));
        assertThat(ledger.progress().take(third)).isEqualTo(new Gap(at(1, 1), at(1, 3)));
        assertThat(ledger.progress().take(second)).isEqualTo(new Taken(0));
    }

    @Test
    void lostRecord_isNamedAndTheHistoryGoesOn() {
        history.takeOver();
        LogPosition lost = history.extend().position();
        LogEntry next = history.extend();
        history.lose(lost);

        pull(10);

        assertThat(journal).endsWith(hole(at(1, 1), at(1, 3), next), new Recorded(next, 0));
        assertThat(ledger.totals().holes()).isEqualTo(1);
    }

    @Test
    void emptyJournalOfAnOldPool_beginsWithAHole() {
        history.takeOver();
        history.takeOver();
        history.takeOver();
        LogEntry first = history.extend();
        Stream.of(at(1, 1), at(2, 1), at(3, 1)).forEach(history::lose);

        pull(10);

        assertThat(journal).containsExactly(hole(LogPosition.START, at(3, 2), first), new Recorded(first, 0));
    }

    @Test
    void epochSealedWhereItWasLeft_needsNoHole() {
        history.takeOver();
        history.extend();
        pull(10);
        history.takeOver();

        pull(10);

        assertThat(journal).allMatch(Recorded.class::isInstance).hasSize(3);
        assertThat(ledger.progress().position()).isEqualTo(at(2, 1));
    }

    @Test
    void epochSealedLater_hasLostItsEnd() {
        history.takeOver();
        LogPosition lost = history.extend().position();
        LogEntry takeover = history.takeOver();
        history.lose(lost);

        pull(10);

        assertThat(journal).endsWith(hole(at(1, 1), at(2, 1), takeover), new Recorded(takeover, 0));
    }

    @Test
    void epochWithoutASeal_isNotBelievedComplete() {
        history.takeOver();
        pull(10);
        LogEntry takeover = entry(2, 1, new TakeoverIntended(new HostId(2), List.of()));

        assertThat(ledger.progress().take(takeover)).isEqualTo(new Gap(at(1, 1), at(2, 1)));
    }

    @Test
    void epochSealedAsEmpty_isPassedOver() {
        history.takeOver();
        pull(10);
        LogEntry takeover = entry(
                3,
                1,
                new TakeoverIntended(new HostId(2), List.of(new Seal(new Epoch(1), 1), new Seal(new Epoch(2), 0))));

        assertThat(ledger.progress().take(takeover)).isEqualTo(new Taken(0));
    }

    @Test
    void recordsOfAFormerSpmBeyondItsSeal_areDeclaredVoid() {
        history.takeOver();
        history.extend();
        history.extend();
        pull(10);
        LogEntry takeover = entry(2, 1, new TakeoverIntended(new HostId(2), List.of(new Seal(new Epoch(1), 2))));

        feed(List.of(takeover));

        assertThat(journal).endsWith(new Voided(at(1, 2), at(1, 3), takeover.at()), new Recorded(takeover, 0));
    }

    @Test
    void lateRecordOfASealedEpoch_isSkipped() {
        history.takeOver();
        history.takeOver();
        pull(10);

        assertThat(ledger.progress().take(entry(1, 2, history.written().get(0).event())))
                .isEqualTo(new Skipped());
    }

    @Test
    void coalescedRange_standsForItsRecords() {
        history.takeOver();
        LogPosition first = history.extend().position();
        LogPosition last = history.extend().position();
        history.coalesce(first, last, 1);
        history.extend();

        pull(10);

        assertThat(journal).allMatch(Recorded.class::isInstance).hasSize(3);
        assertThat(ledger.totals().extensions()).isEqualTo(3);
        assertThat(ledger.progress().position()).isEqualTo(at(1, 5));
        assertThat(ledger.volumes().get(PoolHistory.VOLUME).size()).isEqualTo(Bytes.gibi(4));
    }

    @Test
    void coalescedRangePartlyKnown_isTakenWithItsOverlap() {
        history.takeOver();
        LogPosition first = history.extend().position();
        pull(10);
        LogPosition last = history.extend().position();
        LogEntry standIn = history.coalesce(first, last, 1).get(0);

        pull(10);

        assertThat(journal).endsWith(new Recorded(standIn, 1)).noneMatch(Hole.class::isInstance);
        assertThat(ledger.volumes().get(PoolHistory.VOLUME).size()).isEqualTo(Bytes.gibi(3));
    }

    @Test
    void coalescedRangeWhollyKnown_countsNothingTwice() {
        history.takeOver();
        LogPosition first = history.extend().position();
        pull(10);
        LogEntry standIn = history.coalesce(first, first, 1).get(0);

        pull(10);

        assertThat(journal).endsWith(new Recorded(standIn, 1));
        assertThat(ledger.totals().extensions()).isEqualTo(1);
        assertThat(ledger.progress().position()).isEqualTo(at(1, 3));
    }

    @Test
    void rangeInManyParts_isPassedWhenAllOfThemAreTaken() {
        history.takeOver();
        LogPosition first = history.extend().position();
        history.coalesce(first, first, 5);

        pull(3);
        assertThat(ledger.progress().position()).isEqualTo(at(1, 1));
        pull(3);

        assertThat(ledger.progress().position()).isEqualTo(at(1, 7));
        assertThat(journal).allMatch(Recorded.class::isInstance).hasSize(6);
    }

    @Test
    void moreCoalescedRecordsThanOneFeed_areAllTaken() {
        history.takeOver();
        LogPosition first = history.extend().position();
        history.coalesce(first, first, 50);
        history.extend();

        for (int feeds = 0; feeds < 30; feeds++) {
            pull(2);
        }

        assertThat(ledger.progress().position()).isEqualTo(at(1, 53));
        assertThat(ledger.progress().ahead()).isEmpty();
        assertThat(journal).allMatch(Recorded.class::isInstance).hasSize(52);
    }

    @Test
    void wholeEpochCoalesced_tellsItselfWhereTheEpochBeforeEnded() {
        history.takeOver();
        LogPosition lost = history.extend().position();
        history.takeOver();
        history.lose(lost);
        LogEntry standIn = history.coalesce(at(2, 1), at(2, 1), 1).get(0);
        history.takeOver();

        pull(10);

        assertThat(journal).contains(hole(at(1, 1), at(2, 1), standIn));
        assertThat(ledger.totals().holes()).isEqualTo(1);
        assertThat(ledger.progress().position()).isEqualTo(at(3, 1));
    }

    @Test
    void wholeEpochCoalescedAfterAnAbandonedTakeover_leavesNoHole() {
        history.takeOver();
        pull(10);
        TakeoverIntended takeover =
                new TakeoverIntended(new HostId(2), List.of(new Seal(new Epoch(1), 1), new Seal(new Epoch(2), 0)));
        LogEntry standIn = entry(4, 2, standIn(3, 1, 5, takeover.after(new Epoch(3)), 1, 1));

        feed(List.of(standIn));

        assertThat(journal).endsWith(new Recorded(standIn, 0)).noneMatch(Hole.class::isInstance);
        assertThat(ledger.progress().position()).isEqualTo(at(3, 5));
    }

    @Test
    void rangeAfterUnknownRecords_isAGap() {
        history.takeOver();
        pull(10);
        TakeoverIntended takeover = new TakeoverIntended(new HostId(2), List.of(new Seal(new Epoch(2), 0)));

        assertThat(takeover.after(new Epoch(3))).isEqualTo(at(2, 0));
        assertThat(ledger.progress().take(entry(4, 2, standIn(3, 1, 5, at(2, 0), 1, 1))))
                .isEqualTo(new Gap(at(1, 1), at(3, 1)));
    }

    @Test
    void recordsBeyondWhereACoalescedEpochBegan_areDeclaredVoidOnce() {
        history.takeOver();
        history.extend();
        history.extend();
        pull(10);
        LogEntry one = entry(3, 2, standIn(2, 1, 5, at(1, 2), 1, 2));
        LogEntry two = entry(3, 3, standIn(2, 1, 5, at(1, 2), 2, 2));

        feed(List.of(one, two));

        assertThat(journal)
                .endsWith(new Voided(at(1, 2), at(1, 3), one.at()), new Recorded(one, 0), new Recorded(two, 0));
        assertThat(ledger.totals().holes()).isEqualTo(1);
    }

    private static Coalesced standIn(long epoch, long first, long last, LogPosition after, int part, int parts) {
        return new Coalesced(new Epoch(epoch), first, last, after, part, parts, List.of());
    }

    @Test
    void namesAndSizes_comeFromTheHistory() {
        VolumeId other = new VolumeId("volume-2");
        history.takeOver();
        history.write(new PoolEvent.VolumeCreated(PoolHistory.VOLUME, "disk-1", Bytes.gibi(1), Bytes.gibi(20)));
        history.write(new PoolEvent.SizeFound(other, Bytes.gibi(1), Bytes.gibi(7)));
        history.extend();

        pull(10);

        assertThat(ledger.names()).containsOnly(Map.entry(PoolHistory.VOLUME, "disk-1"));
        assertThat(ledger.volumes().get(other).size()).isEqualTo(Bytes.gibi(7));
        assertThat(ledger.volumes().get(PoolHistory.VOLUME).extensions()).isEqualTo(1);
        assertThat(ledger.totals().grown()).isEqualTo(Bytes.gibi(1));
        assertThat(ledger.events()).isEqualTo(4);
    }

    static Stream<Long> seeds() {
        return Stream.iterate(1L, seed -> seed + 1).limit(SEEDS);
    }

    /** Feeds of any size, in any order, repeated, stale, after restarts; takeovers; coalesced ranges; losses. */
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void everyRecordIsTakenOnceInOrder_orLiesInANamedHole(long seed) {
        Random chance = new Random(seed);
        Set<LogPosition> lost = new HashSet<>();
        List<List<LogEntry>> oldFeeds = new ArrayList<>();
        history.takeOver();
        for (int step = 0; step < 150; step++) {
            switch (chance.nextInt(10)) {
                case 0 -> history.takeOver();
                case 1 -> coalesceSome(chance);
                case 2 -> loseOne(chance, lost);
                case 3 -> restart();
                case 4 ->
                    oldFeeds.stream()
                            .skip(chance.nextInt(oldFeeds.size() + 1))
                            .findFirst()
                            .ifPresent(this::feedStale);
                case 5, 6 -> oldFeeds.add(pull(1 + chance.nextInt(6)));
                default -> history.extend();
            }
        }
        history.takeOver();
        while (!pull(1 + chance.nextInt(6)).isEmpty()) {
            restart();
        }
        checkEveryRecord(lost);
    }

    private void coalesceSome(Random chance) {
        List<LogEntry> log = history.log();
        if (log.isEmpty()) {
            return;
        }
        if (chance.nextInt(3) == 0) {
            coalesceRestOfAnEpoch(chance, log);
            return;
        }
        int from = chance.nextInt(log.size());
        int to = from;
        while (to < log.size() && isPlainAfter(log, from, to) && to - from < 8) {
            to++;
        }
        if (to > from) {
            history.coalesce(log.get(from).position(), log.get(to - 1).position(), 1 + chance.nextInt(3));
        }
    }

    private void coalesceRestOfAnEpoch(Random chance, List<LogEntry> log) {
        LogEntry from = log.get(chance.nextInt(log.size()));
        if (!ledger.progress().has(from.position())) {
            LogPosition first = from.event() instanceof Coalesced range
                    ? new LogPosition(range.epoch(), range.first())
                    : from.position();
            history.coalesceFrom(first, 1 + chance.nextInt(3));
        }
    }

    private static boolean isPlainAfter(List<LogEntry> log, int from, int to) {
        return !(log.get(to).event() instanceof Coalesced)
                && log.get(to).epoch().equals(log.get(from).epoch())
                && log.get(to).sequence() == log.get(from).sequence() + to - from;
    }

    private void loseOne(Random chance, Set<LogPosition> lost) {
        List<LogEntry> log = history.log();
        if (log.isEmpty()) {
            return;
        }
        LogEntry entry = log.get(chance.nextInt(log.size()));
        if (!(entry.event() instanceof Coalesced) && !ledger.progress().has(entry.position())) {
            history.lose(entry.position());
            lost.add(entry.position());
        }
    }

    private void checkEveryRecord(Set<LogPosition> lost) {
        List<Recorded> recorded = journal.stream()
                .filter(Recorded.class::isInstance)
                .map(Recorded.class::cast)
                .toList();
        List<Hole> holes = journal.stream()
                .filter(Hole.class::isInstance)
                .map(Hole.class::cast)
                .toList();
        List<LogPosition> plain = recorded.stream()
                .filter(event -> !(event.entry().event() instanceof Coalesced))
                .map(event -> event.entry().position())
                .toList();
        List<Coalesced> ranges = recorded.stream()
                .map(event -> event.entry().event())
                .filter(Coalesced.class::isInstance)
                .map(Coalesced.class::cast)
                .toList();

        assertThat(recorded).extracting(event -> event.entry().position()).doesNotHaveDuplicates();
        assertThat(plain).isSorted();
        assertThat(journal).noneMatch(Voided.class::isInstance);
        for (LogEntry entry : history.written()) {
            LogPosition place = entry.position();
            boolean taken = recorded.stream().anyMatch(event -> event.entry().equals(entry));
            boolean stoodFor = ranges.stream().anyMatch(range -> covers(range, place));
            boolean inHole = holes.stream()
                    .anyMatch(
                            hole -> place.isAfter(hole.after()) && hole.before().isAfter(place));
            assertThat(taken || stoodFor || inHole)
                    .as("%s is accounted for", place)
                    .isTrue();
            assertThat(inHole && !lost.contains(place) && !(entry.event() instanceof Coalesced))
                    .as("%s is not lost: %s", place, journal)
                    .isFalse();
            assertThat(lost.contains(place) && !stoodFor && !inHole)
                    .as("%s is missed", place)
                    .isFalse();
        }
        assertThat(lost.isEmpty() && !holes.isEmpty())
                .as("a hole where nothing is lost")
                .isFalse();
        assertThat(ledger.events()).isEqualTo(journal.size());
        if (recorded.stream().allMatch(event -> event.known() == 0)) {
            long done = history.written().stream()
                    .filter(entry -> entry.event() instanceof VolumeExtended && !lost.contains(entry.position()))
                    .count();
            assertThat(ledger.totals().extensions()).isEqualTo(done);
        }
    }

    private static boolean covers(Coalesced range, LogPosition place) {
        return range.epoch().equals(place.epoch())
                && range.first() <= place.sequence()
                && place.sequence() <= range.last();
    }

    private List<LogEntry> pull(int limit) {
        List<LogEntry> log = new ArrayList<>(history.log());
        Collections.shuffle(log, new Random(log.size()));
        List<LogEntry> feed = ledger.progress().wanted(log, limit);
        feed(feed);
        assertThat(ledger.take(feed)).as("the same feed once more").isEmpty();
        return feed;
    }

    private void feed(List<LogEntry> feed) {
        for (LedgerEvent event : ledger.take(feed)) {
            journal.add(event);
            ledger = ledger.after(event);
        }
    }

    private void feedStale(List<LogEntry> feed) {
        assertThat(ledger.take(feed)).as("a feed of before").isEmpty();
    }

    private void restart() {
        Ledger recovered = Ledger.EMPTY;
        for (LedgerEvent event : journal) {
            recovered = recovered.after(event);
        }
        assertThat(recovered).isEqualTo(ledger);
        ledger = recovered;
    }

    private static Hole hole(LogPosition after, LogPosition before, LogEntry shownBy) {
        return new Hole(after, before, "the pool log no longer has these records", shownBy.at());
    }

    private static LogEntry entry(long epoch, long sequence, PoolEvent event) {
        return new LogEntry(new Epoch(epoch), sequence, PoolHistory.START, event);
    }
}
