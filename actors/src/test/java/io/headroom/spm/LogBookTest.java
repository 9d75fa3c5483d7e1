package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import io.headroom.ledger.Deed;
import io.headroom.ledger.Ledger;
import io.headroom.ledger.LedgerEvent;
import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.PoolLog;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogBookTest {
    private static final Instant AT = Instant.parse("2026-03-01T12:00:00Z");
    private static final HostId SPM = new HostId(1);
    private static final VolumeId VOLUME = new VolumeId("v0");

    /** What stands on the storage. */
    private final Map<PoolLog.Place, LogEntry> storage =
            new TreeMap<>(Comparator.comparing(PoolLog.Place::segment).thenComparing(PoolLog.Place::slot));

    private final Map<VolumeId, Bytes> sizes = new HashMap<>();
    private Ledger ledger = Ledger.EMPTY;
    private int segments = 4;
    private int places = 16;
    private long ticket;
    private long extensions;
    private Epoch epoch = Epoch.NONE;
    /** What the pool's metadata remembers. */
    private Epoch tagged = Epoch.NONE;
    /** What the header tells. */
    private Epoch announced = Epoch.NONE;

    private LogBook book;

    /** Thrown in the place of a write that never comes back. */
    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private int writesUntilCrash = Integer.MAX_VALUE;
    private boolean tearsWhenItCrashes;

    // One epoch, one segment, a ring.

    @Test
    void anEpochFillsItsSegmentFromTheFirstPlace() {
        takeOver();
        extend(VOLUME);

        assertThat(storage.keySet())
                .extracting(PoolLog.Place::segment, PoolLog.Place::slot)
                .containsExactly(tuple(0, 0), tuple(0, 1), tuple(0, 2), tuple(0, 3));
        assertThat(book.last()).isEqualTo(new LogPosition(new Epoch(1), 4));
    }

    @Test
    void whatTheLedgerHasMayBeWrittenOver() {
        takeOver();
        for (int i = 0; i < 100; i++) {
            extend(VOLUME);
            feedLedger();
        }

        assertThat(storage).hasSize(places);
        assertThat(book.owed()).isEmpty();
        assertThat(storage.values()).noneMatch(entry -> entry.event() instanceof PoolEvent.Coalesced);
        assertThat(ledger.totals().extensions()).isEqualTo(100);
        assertThat(ledger.totals().holes()).isZero();
    }

    @Test
    void whatTheLedgerLacksIsOwedInOrder() {
        takeOver();
        extend(VOLUME);

        assertThat(book.owed()).extracting(LogEntry::sequence).containsExactly(1L, 2L, 3L, 4L);
        book.ledgered(new LogPosition(new Epoch(1), 3));
        assertThat(book.owed()).extracting(LogEntry::sequence).containsExactly(4L);
        book.ledgered(new LogPosition(new Epoch(1), 2));
        assertThat(book.ledgered()).as("never back").isEqualTo(new LogPosition(new Epoch(1), 3));
    }

    // Epochs, one after the other.

    @Test
    void aTakeoverSealsTheOlderSegmentsWhereTheyEnd() {
        takeOver();
        extend(VOLUME);
        takeOver();

        assertThat(sealsOf(epoch)).containsExactly(new PoolEvent.Seal(new Epoch(1), 4));
        assertThat(segmentOf(epoch)).isNotEqualTo(segmentOf(new Epoch(1)));
    }

    @Test
    void whatAFormerSpmAddsLaterIsVoid() {
        takeOver();
        extend(VOLUME);
        LogBook former = book;
        takeOver();

        PoolLog.Placed late = former.next(AT, intended(VOLUME, Bytes.gibi(50)));
        storage.put(late.place(), late.entry());
        book = read();

        assertThat(book.entries()).doesNotContain(late.entry());
        assertThat(book.openIntents()).isEmpty();
        assertThat(book.owed()).doesNotContain(late.entry());
    }

    @Test
    void aFormerSpmCanSpoilOnlyItsOwnSegment() {
        takeOver();
        LogBook former = book;
        takeOver();
        extend(VOLUME);
        List<LogEntry> ours = new ArrayList<>(book.entries());

        for (int i = 0; i < 3 * places; i++) {
            PoolLog.Placed late = former.next(AT, intended(VOLUME, Bytes.gibi(50)));
            storage.put(late.place(), late.entry());
            former.written(late.entry());
        }
        book = read();

        assertThat(book.entries().stream().filter(entry -> entry.epoch().equals(epoch)))
                .containsExactlyElementsOf(ours.stream()
                        .filter(entry -> entry.epoch().equals(epoch))
                        .toList());
    }

    @Test
    void aSegmentIsUsedAgainWhenTheLedgerHasIt() {
        for (int i = 0; i < 20; i++) {
            takeOver();
            extend(VOLUME);
            feedLedger();
        }

        assertThat(ledger.totals().extensions()).isEqualTo(20);
        assertThat(ledger.totals().holes()).isZero();
        assertThat(storage.values()).noneMatch(entry -> entry.event() instanceof PoolEvent.Coalesced);
    }

    @Test
    void whatAnEarlierEpochLeftInAReusedSegmentIsIgnored() {
        for (int i = 0; i < segments; i++) {
            takeOver();
            extend(VOLUME);
            extend(VOLUME);
            feedLedger();
        }
        takeOver();

        assertThat(storage.values()).anyMatch(entry -> entry.epoch().equals(new Epoch(1)));
        assertThat(read().entries()).noneMatch(entry -> entry.epoch().equals(new Epoch(1)));
    }

    @Test
    void anEntryInTheWrongPlaceIsIgnored() {
        takeOver();
        extend(VOLUME);
        LogEntry entry = storage.get(new PoolLog.Place(0, 1));
        storage.put(new PoolLog.Place(0, 9), entry);

        assertThat(read().entries()).hasSize(4);
        storage.remove(new PoolLog.Place(0, 1));
        assertThat(read().entries()).doesNotContain(entry);
    }

    @Test
    void theHighestEpochIsThatOfTheLogOrOfTheLedger() {
        assertThat(LogBook.read(contents(), LogPosition.START).highest()).isEqualTo(Epoch.NONE);
        assertThat(LogBook.read(contents(), new LogPosition(new Epoch(9), 1)).highest())
                .isEqualTo(new Epoch(9));
        takeOver();
        assertThat(LogBook.read(contents(), LogPosition.START).highest()).isEqualTo(new Epoch(1));
    }

    // Intents.

    @Test
    void anIntentIsOpenUntilItIsSettled() {
        takeOver();
        write(intended(VOLUME, Bytes.gibi(3)));
        assertThat(read().openIntents()).hasSize(1);

        write(extended(VOLUME, Bytes.gibi(1), Bytes.gibi(3)));
        assertThat(read().openIntents()).isEmpty();

        write(intended(VOLUME, Bytes.gibi(5)));
        write(new PoolEvent.ExtensionAbandoned(asked(VOLUME), Bytes.gibi(3), Bytes.gibi(5), epoch, "no"));
        assertThat(read().openIntents()).isEmpty();

        write(intended(VOLUME, Bytes.gibi(5)));
        beginTakeOver();
        assertThat(read().openIntents()).hasSize(1);
        write(new PoolEvent.ExtensionFoundDone(asked(VOLUME), Bytes.gibi(3), Bytes.gibi(5), new Epoch(1)));
        assertThat(read().openIntents()).isEmpty();
    }

    @Test
    void aSettledIntentStaysSettled_whenItsSettlementIsWrittenOver() {
        takeOver();
        write(intended(VOLUME, Bytes.gibi(5)));
        beginTakeOver();
        write(new PoolEvent.ExtensionFoundDone(asked(VOLUME), Bytes.gibi(1), Bytes.gibi(5), new Epoch(1)));
        endTakeOver();

        for (int i = 0; i < places; i++) {
            extend(new VolumeId("another"));
            feedLedger();
        }

        assertThat(read().openIntents()).isEmpty();
    }

    @Test
    void sealsStayInForce_howeverManyEntriesFollowThem() {
        takeOver();
        LogEntry last = book.entries().get(1);
        takeOver();
        for (int i = 0; i < places; i++) {
            extend(VOLUME);
            feedLedger();
        }

        LogEntry late = new LogEntry(last.epoch(), last.sequence() + 1, AT, intended(VOLUME, Bytes.gibi(99)));
        storage.put(new PoolLog.Place(0, 2), late);

        assertThat(read().entries()).contains(last).doesNotContain(late);
    }

    @Test
    void anEpochThatHasGoneRoundIsNoTakeoverThatCameToNothing() {
        segments = 2;
        takeOver();
        takeOver();
        for (int i = 0; i < places; i++) {
            extend(VOLUME);
        }

        takeOver();
        feedLedger();

        assertThat(ledger.totals().extensions()).isEqualTo(places);
        assertThat(ledger.totals().holes()).isZero();
    }

    // A ledger that is away.

    @Test
    void aLedgerThatIsAwayForEverNeverStopsGrowth() {
        takeOver();
        for (int i = 0; i < 2_000; i++) {
            extend(new VolumeId("v" + i % 5));
        }

        assertThat(storage).hasSize(places);
        feedLedger();
        assertThat(ledger.totals().extensions()).isEqualTo(2_000);
        assertThat(ledger.totals().holes()).isZero();
        sizes.forEach((volume, size) ->
                assertThat(ledger.volumes().get(volume).size()).isEqualTo(size));
    }

    @Test
    void coalescedRecordsTellWhatEachVolumeGrew() {
        takeOver();
        for (int i = 0; i < 7; i++) {
            extend(VOLUME);
        }

        PoolEvent.Coalesced record = book.entries().stream()
                .map(LogEntry::event)
                .filter(PoolEvent.Coalesced.class::isInstance)
                .map(PoolEvent.Coalesced.class::cast)
                .findFirst()
                .orElseThrow();
        PoolEvent.Growth growth = record.growths().get(0);
        assertThat(record.first()).isEqualTo(1);
        assertThat(growth.from()).isEqualTo(Bytes.gibi(1));
        assertThat(growth.extensions())
                .isEqualTo((int) (growth.to().value() / Bytes.gibi(1).value() - 1));
    }

    @ParameterizedTest
    @CsvSource({"2, 16", "2, 32", "3, 16", "4, 16", "8, 64"})
    void anOrderIsNeverLostInASum(int howMany, int ofPlaces) {
        segments = howMany;
        places = ofPlaces;
        takeOver();
        carry("a");
        for (int tenure = 0; tenure < 3; tenure++) {
            for (int n = 0; n < 40; n++) {
                extend(VOLUME);
            }
            takeOver();
        }

        feedLedger();

        assertThat(ledger.names()).containsEntry(new VolumeId("id-a"), "a");
        assertThat(ledger.totals().holes()).isZero();
        assertThat(ledger.totals().extensions()).isEqualTo(extensions);
    }

    @Test
    void theIntentOfAnOrderIsOpenUntilItIsCarriedOutOrAbandoned() {
        takeOver();
        write(new PoolEvent.OrderIntended(creation("a"), "root"));
        assertThat(read().openDeeds()).containsExactly(creation("a"));

        write(new PoolEvent.OrderAbandoned(creation("a"), "root", epoch, "no"));
        assertThat(read().openDeeds()).isEmpty();

        carry("a");
        assertThat(read().openDeeds()).isEmpty();
    }

    @Test
    void theDeletionOfAVolumeIsRemembered_byItsNameAndItsId() {
        takeOver();
        Deed deletion = new Deed.Deletion(VOLUME, "a", Bytes.gibi(1), false);
        write(new PoolEvent.OrderIntended(deletion, "root"));
        assertThat(book.tellsOfTheDeletionOf("a")).isFalse();

        write(new PoolEvent.OrderCarried(deletion, Optional.empty(), "root", epoch, Duration.ZERO));

        assertThat(read().tellsOfTheDeletionOf("a")).isTrue();
        assertThat(read().tellsOfTheDeletionOf(VOLUME.value())).isTrue();
        assertThat(read().tellsOfTheDeletionOf("b")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"2, 16", "2, 32", "2, 64", "3, 16", "4, 16", "8, 64"})
    void takeoversWithoutALedgerNeverRunOutOfSegments(int howMany, int ofPlaces) {
        segments = howMany;
        places = ofPlaces;
        for (int i = 0; i < 3; i++) {
            takeOver();
            for (int n = 0; n < 40; n++) {
                extend(new VolumeId("v" + n % 3));
            }
        }

        feedLedger();
        assertThat(ledger.totals().extensions()).isEqualTo(extensions);
        assertThat(ledger.totals().holes()).isZero();
    }

    @Test
    void manyTakeoversWithoutALedger() {
        places = 64;
        for (int i = 0; i < 25; i++) {
            takeOver();
            extend(new VolumeId("v" + i % 3));
        }

        feedLedger();
        assertThat(ledger.totals().extensions()).isEqualTo(25);
        assertThat(ledger.totals().holes()).isZero();
    }

    @Test
    void whereEvenTheCoalescedFindNoRoom_theOldestIsWrittenOverAndTheLedgerTellsOfIt() {
        takeOver();
        for (int i = 0; i < 1_000; i++) {
            extend(new VolumeId("v" + i));
        }

        feedLedger();
        assertThat(ledger.totals().holes()).isPositive();
        assertThat(ledger.progress().position()).isEqualTo(book.last());
    }

    @Test
    void partsOfACoalescedRecordCountOnlyTogether() {
        places = 128;
        takeOver();
        for (int i = 0; i < 50; i++) {
            extend(new VolumeId("v" + i % 29));
        }
        List<PoolLog.Place> parts = storage.entrySet().stream()
                .filter(placed -> placed.getValue().event() instanceof PoolEvent.Coalesced)
                .map(Map.Entry::getKey)
                .toList();
        assertThat(parts).as("29 volumes need two parts").hasSize(2);
        storage.remove(parts.get(1));

        assertThat(read().owed()).as("the originals that still stand").anyMatch(entry -> entry.sequence() == 20);
    }

    @Test
    void segmentsAreFreedWhenTheLedgerComesBack() {
        for (int i = 0; i < 10; i++) {
            takeOver();
            extend(VOLUME);
        }
        feedLedger();
        assertThat(read().entries()).anyMatch(entry -> entry.event() instanceof PoolEvent.Coalesced);

        for (int i = 0; i < 10; i++) {
            takeOver();
            extend(VOLUME);
            feedLedger();
        }

        assertThat(read().entries()).noneMatch(entry -> entry.event() instanceof PoolEvent.Coalesced);
        assertThat(ledger.totals().extensions()).isEqualTo(20);
    }

    // Crashes.

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void whereverSpmsCrash_theNextTakesOverAndNothingIsLost(long seed) {
        Random random = new Random(seed);
        segments = 2 + random.nextInt(3);
        places = 64;
        for (int i = 0; i < 200; i++) {
            writesUntilCrash = random.nextInt(12);
            tearsWhenItCrashes = random.nextBoolean();
            try {
                takeOver();
                while (true) {
                    extend(new VolumeId("v" + random.nextInt(4)));
                }
            } catch (Crash crash) {
                writesUntilCrash = Integer.MAX_VALUE;
            }
            if (random.nextInt(10) == 0) {
                takeOver();
                feedLedger();
            }
        }
        takeOver();
        feedLedger();

        assertThat(ledger.totals().extensions()).as("seed %d", seed).isEqualTo(extensions);
        assertThat(ledger.totals().holes()).as("seed %d", seed).isZero();
        sizes.forEach((volume, size) ->
                assertThat(ledger.volumes().get(volume).size()).isEqualTo(size));
    }

    @Test
    void aTakeoverThatCrashesAgainAndAgainUsesUpNothing() {
        takeOver();
        extend(VOLUME);
        for (int i = 0; i < 50; i++) {
            writesUntilCrash = 1;
            crashing(this::takeOver);
        }
        takeOver();
        extend(VOLUME);
        feedLedger();

        assertThat(ledger.totals().extensions()).isEqualTo(2);
        assertThat(ledger.totals().holes()).isZero();
    }

    @Test
    void theSealsOfEpochsThatTheLedgerIsPastAreForgotten() {
        for (int i = 0; i < 100; i++) {
            writesUntilCrash = 1;
            crashing(this::takeOver);
        }
        takeOver();
        feedLedger();
        takeOver();

        assertThat(sealsOf(epoch)).hasSizeLessThanOrEqualTo(segments);
    }

    @Test
    void moreAbandonedTakeoversThanOneRecordCanSeal_endInANamedHole() {
        takeOver();
        extend(VOLUME);
        for (int i = 0; i < 300; i++) {
            writesUntilCrash = 1;
            crashing(this::takeOver);
        }
        takeOver();

        assertThat(sealsOf(epoch)).hasSize(PoolEvent.TakeoverIntended.MAX_SEALS);
        feedLedger();
        assertThat(ledger.totals().extensions()).isEqualTo(1);
        assertThat(ledger.totals().holes()).isEqualTo(1);
    }

    @Test
    void anAbandonedTakeoverWhoseFirstEntryIsTorn_leavesNoHole() {
        segments = 2;
        takeOver();
        writesUntilCrash = 1;
        crashing(this::takeOver);
        writesUntilCrash = 0;
        tearsWhenItCrashes = true;
        crashing(this::takeOver);
        writesUntilCrash = Integer.MAX_VALUE;
        takeOver();
        feedLedger();

        assertThat(sealsOf(epoch)).contains(new PoolEvent.Seal(new Epoch(2), 0));
        assertThat(ledger.totals().holes()).isZero();
    }

    @Test
    void anEpochThatServedAndLeftNoTrace_isAHole() {
        takeOver();
        feedLedger();
        takeOver();
        extend(VOLUME);
        storage.values().removeIf(entry -> entry.epoch().equals(epoch));
        takeOver();
        feedLedger();

        assertThat(ledger.totals().holes()).isEqualTo(1);
    }

    // Damage.

    @Test
    void aDamagedEntryIsAHoleAndNothingElse() {
        takeOver();
        extend(VOLUME);
        extend(VOLUME);
        storage.remove(new PoolLog.Place(0, 3));
        book = read();

        assertThat(book.entries()).hasSize(5);
        feedLedger();
        assertThat(ledger.totals().holes()).isEqualTo(1);
        assertThat(ledger.totals().extensions()).isEqualTo(1);
    }

    @Test
    void aDamagedLastEntryEndsItsEpoch() {
        takeOver();
        extend(VOLUME);
        storage.remove(new PoolLog.Place(0, 3));

        beginTakeOver();

        assertThat(sealsOf(epoch)).containsExactly(new PoolEvent.Seal(new Epoch(1), 3));
        assertThat(book.openIntents()).hasSize(1);
    }

    // What an SPM does, as Spm and Serving do it.

    private void takeOver() {
        beginTakeOver();
        endTakeOver();
    }

    private void beginTakeOver() {
        book = read();
        epoch = tagged.max(book.highest()).next();
        write(new PoolEvent.TakeoverIntended(SPM, book.open(epoch, announced)));
        tagged = epoch;
    }

    private void endTakeOver() {
        makeRoom();
        write(new PoolEvent.TakenOver(SPM, Duration.ZERO));
        announced = epoch;
    }

    private void extend(VolumeId volume) {
        makeRoom();
        Bytes from = sizes.getOrDefault(volume, Bytes.gibi(1));
        Bytes to = from.plus(Bytes.gibi(1));
        write(intended(volume, to));
        write(extended(volume, from, to));
        sizes.put(volume, to);
        extensions++;
    }

    private void carry(String name) {
        makeRoom();
        write(new PoolEvent.OrderIntended(creation(name), "root"));
        write(new PoolEvent.OrderCarried(
                creation(name), Optional.of(new VolumeId("id-" + name)), "root", epoch, Duration.ZERO));
    }

    private static Deed creation(String name) {
        return new Deed.Creation(name, Bytes.gibi(1), Bytes.gibi(20));
    }

    private void makeRoom() {
        int rounds = 0;
        for (List<PoolEvent> records = book.coalesce(); !records.isEmpty(); records = book.coalesce()) {
            records.forEach(this::write);
            assertThat(++rounds).as("it ends").isLessThan(100);
        }
    }

    private void write(PoolEvent event) {
        PoolLog.Placed placed = book.next(AT, event);
        if (writesUntilCrash-- == 0) {
            if (tearsWhenItCrashes) {
                storage.remove(placed.place());
            }
            throw new Crash();
        }
        storage.put(placed.place(), placed.entry());
        book.written(placed.entry());
    }

    private void feedLedger() {
        List<LogEntry> wanted = ledger.progress().wanted(book.owed(), Integer.MAX_VALUE);
        for (LedgerEvent event : ledger.take(wanted)) {
            ledger = ledger.after(event);
        }
        book.ledgered(ledger.progress().position());
    }

    private static void crashing(Runnable takeover) {
        assertThat(catchThrowable(takeover::run)).isInstanceOf(Crash.class);
    }

    private LogBook read() {
        return LogBook.read(contents(), ledger.progress().position());
    }

    private PoolLog.Contents contents() {
        List<PoolLog.Placed> placed = new ArrayList<>();
        storage.forEach((place, entry) -> placed.add(new PoolLog.Placed(place, entry)));
        return new PoolLog.Contents(segments, places, placed, List.of());
    }

    private List<PoolEvent.Seal> sealsOf(Epoch of) {
        LogEntry first = storage.values().stream()
                .filter(entry -> entry.epoch().equals(of) && entry.sequence() == 1)
                .findFirst()
                .orElseThrow();
        return ((PoolEvent.TakeoverIntended) first.event()).seals();
    }

    private int segmentOf(Epoch of) {
        return storage.entrySet().stream()
                .filter(placed -> placed.getValue().epoch().equals(of))
                .findFirst()
                .orElseThrow()
                .getKey()
                .segment();
    }

    private PoolEvent.Asked asked(VolumeId volume) {
        return new PoolEvent.Asked(
                new HostId(7), new VmName("vm1"), volume, new Ticket(++ticket), Bytes.gibi(9), Why.THRESHOLD, false);
    }

    private PoolEvent intended(VolumeId volume, Bytes to) {
        return new PoolEvent.ExtensionIntended(asked(volume), Bytes.gibi(1), to);
    }

    private PoolEvent extended(VolumeId volume, Bytes from, Bytes to) {
        return new PoolEvent.VolumeExtended(asked(volume), from, to, Duration.ZERO, Duration.ZERO);
    }
}
