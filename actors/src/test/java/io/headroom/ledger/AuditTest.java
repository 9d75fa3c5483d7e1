package io.headroom.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.ledger.Audit.Query;
import io.headroom.ledger.LedgerEvent.Hole;
import io.headroom.ledger.LedgerEvent.JournalOpened;
import io.headroom.ledger.LedgerEvent.Recorded;
import io.headroom.ledger.LedgerEvent.Voided;
import io.headroom.ledger.PoolEvent.Asked;
import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AuditTest {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
    private static final VolumeId DATA = new VolumeId("volume-data");
    private static final VolumeId ROOT = new VolumeId("volume-root");
    private static final Map<VolumeId, String> NAMES = Map.of(DATA, "data");
    private static final Duration STEP = Duration.ofMillis(5);

    private static final Deed CREATION = new Deed.Creation("data", Bytes.gibi(1), Bytes.gibi(20));

    private final List<LedgerEvent> journal = new ArrayList<>();

    @Test
    void extension_isJoinedWithTheReportOfItsHost() {
        log(extended(7, DATA, 1));
        log(extended(7, ROOT, 1));
        log(finished(7, DATA, 1, STEP));

        List<AuditLine> lines = read(Query.newest(10)).lines();

        assertThat(lines).hasSize(2);
        assertThat(lines.get(0).armed()).isEmpty();
        AuditLine line = lines.get(1);
        assertThat(line)
                .usingRecursiveComparison()
                .isEqualTo(new AuditLine(
                        1,
                        START,
                        "extended",
                        Optional.of(7),
                        Optional.of("vm-7"),
                        Optional.of("volume-data"),
                        Optional.of("data"),
                        Optional.of("past-threshold"),
                        false,
                        Optional.of(Bytes.gibi(1).value()),
                        Optional.of(Bytes.gibi(2).value()),
                        3,
                        1,
                        Optional.of(1L),
                        Optional.of(Duration.ofMillis(1)),
                        Optional.of(Duration.ofMillis(80)),
                        Optional.of(STEP),
                        Optional.of(STEP),
                        Optional.of(STEP),
                        Optional.of(STEP),
                        ""));
    }

    @Test
    void ticketOfALaterIncarnation_isReportedForItsOwnExtension() {
        log(extended(7, DATA, 1));
        log(finished(7, DATA, 1, Duration.ofMillis(1)));
        log(extended(7, DATA, 1));
        log(finished(7, DATA, 1, Duration.ofMillis(2)));

        assertThat(read(Query.newest(10)).lines())
                .extracting(line -> line.armed().orElseThrow())
                .containsExactly(Duration.ofMillis(2), Duration.ofMillis(1));
    }

    @Test
    void everyKindOfEvent_isTold() {
        journal.add(new JournalOpened("journal-1", START));
        log(new PoolEvent.PoolCreated(new PoolId("pool-1"), Bytes.gibi(100), Bytes.mebi(4)));
        log(new PoolEvent.VolumeCreated(DATA, "data", Bytes.gibi(1), Bytes.gibi(20)));
        log(new PoolEvent.TakeoverIntended(new HostId(7), List.of()));
        log(new PoolEvent.TakenOver(new HostId(7), Duration.ofMillis(120)));
        log(new PoolEvent.ExtensionIntended(asked(7, DATA, 1), Bytes.gibi(1), Bytes.gibi(2)));
        log(extended(7, DATA, 1));
        log(new PoolEvent.ExtensionFoundDone(asked(7, DATA, 2), Bytes.gibi(2), Bytes.gibi(3), new Epoch(2)));
        log(new PoolEvent.ExtensionAbandoned(asked(7, DATA, 3), Bytes.gibi(3), Bytes.gibi(4), new Epoch(2), "no"));
        log(new PoolEvent.RequestHeld(asked(7, DATA, 4), Bytes.gibi(3), "no space"));
        log(finished(7, DATA, 1, STEP));
        log(new PoolEvent.SizeFound(DATA, Bytes.gibi(3), Bytes.gibi(4)));
        log(new PoolEvent.LunLost("lun-1", "/dev/sdx", "it is gone"));
        log(new PoolEvent.LunRecovered("lun-1", "/dev/sdx"));
        log(new PoolEvent.JournalReplaced("a", 9, "b", 1));
        log(new PoolEvent.Coalesced(new Epoch(2), 4, 9, PoolHistory.at(2, 3), 1, 1, List.of()));
        log(new PoolEvent.OrderIntended(CREATION, "root"));
        log(carried(CREATION, Optional.of(DATA)));
        log(carried(new Deed.Deletion(DATA, "data", Bytes.gibi(1), true), Optional.empty()));
        log(carried(new Deed.Resize(DATA, Bytes.gibi(20), Bytes.gibi(40)), Optional.empty()));
        log(carried(new Deed.Assignment(DATA, List.of(), List.of(new HostId(7))), Optional.empty()));
        log(carried(new Deed.NewLun("/dev/sdx", Bytes.ZERO, true), Optional.empty()));
        log(carried(new Deed.LargerLun("/dev/sdx", Bytes.ZERO), Optional.empty()));
        log(new PoolEvent.OrderAbandoned(CREATION, "root", new Epoch(2), "no"));
        log(new PoolEvent.OrderRecalled(new Epoch(2), 5, START, carried(CREATION, Optional.of(DATA))));
        log(new PoolEvent.SteppedDown(new HostId(7), "the node stops"));
        journal.add(new Hole(PoolHistory.at(2, 1), PoolHistory.at(2, 4), "lost", START));
        journal.add(new Voided(PoolHistory.at(2, 1), PoolHistory.at(2, 4), START));

        assertThat(read(Query.newest(100)).lines())
                .extracting(AuditLine::kind)
                .containsExactly(
                        "voided",
                        "hole",
                        "stepped-down",
                        "volume-created",
                        "order-abandoned",
                        "lun-grown",
                        "lun-added",
                        "volume-assigned",
                        "volume-resized",
                        "volume-deleted",
                        "volume-created",
                        "coalesced",
                        "journal-replaced",
                        "lun-recovered",
                        "lun-lost",
                        "size-found",
                        "held",
                        "abandoned",
                        "found-done",
                        "extended",
                        "taken-over",
                        "volume-created",
                        "pool-created",
                        "journal-opened");
    }

    @Test
    void order_isToldWithWhoGaveIt_andWhatItDid() {
        log(carried(new Deed.Deletion(DATA, "data", Bytes.gibi(1), true), Optional.empty()));

        AuditLine line = read(Query.newest(1)).lines().get(0);

        assertThat(line.volume()).contains("volume-data");
        assertThat(line.name()).contains("data");
        assertThat(line.from()).contains(Bytes.gibi(1).value());
        assertThat(line.extended()).contains(Duration.ofMillis(300));
        assertThat(line.text()).isEqualTo("data, wiped, by root");
    }

    @Test
    void orderThatWasFoundDone_saysWhoseIntentItWas() {
        log(new PoolEvent.OrderCarried(CREATION, Optional.of(DATA), "root", new Epoch(2), Duration.ZERO));

        assertThat(read(Query.newest(1)).lines().get(0).text())
                .isEqualTo("data, virtual size 20 GiB, by root; intended in epoch 2 and found done");
    }

    @Test
    void orderThatIsToldAgain_namesItsOwnRecord() {
        log(new PoolEvent.OrderRecalled(new Epoch(2), 5, START, carried(CREATION, Optional.of(DATA))));

        assertThat(read(Query.newest(1)).lines().get(0).text())
                .isEqualTo("data, virtual size 20 GiB, by root; told again for the record 2.5 of 2026-03-01T12:00:00Z");
    }

    @Test
    void filters_leaveTheRestOut() {
        log(extended(7, DATA, 1));
        log(extended(8, ROOT, 1));
        log(new PoolEvent.TakenOver(new HostId(8), Duration.ZERO));

        assertThat(tickets(new Query(
                        Optional.of("data"), Optional.empty(), Optional.empty(), Optional.empty(), 9, Query.NEWEST)))
                .containsExactly(1L);
        assertThat(tickets(new Query(
                        Optional.of("volume-root"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        9,
                        Query.NEWEST)))
                .containsExactly(2L);
        assertThat(tickets(new Query(
                        Optional.empty(), Optional.of("vm-7"), Optional.empty(), Optional.empty(), 9, Query.NEWEST)))
                .containsExactly(1L);
        assertThat(tickets(new Query(
                        Optional.empty(), Optional.empty(), Optional.of(8), Optional.empty(), 9, Query.NEWEST)))
                .containsExactly(3L, 2L);
        assertThat(tickets(new Query(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(START.plusSeconds(1)),
                        9,
                        Query.NEWEST)))
                .containsExactly(3L, 2L);
    }

    @Test
    void pages_tellEveryLineOnceAndFindReportsOfTheNewerPage() {
        for (int i = 1; i <= 25; i++) {
            log(extended(7, DATA, i));
            log(finished(7, DATA, i, STEP));
        }
        List<AuditLine> all = new ArrayList<>();
        long before = Query.NEWEST;
        do {
            Audit.Page page =
                    read(new Query(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), 4, before));
            all.addAll(page.lines());
            before = page.next();
        } while (before != 0);

        assertThat(all).hasSize(25).allMatch(line -> line.armed().isPresent());
        assertThat(all)
                .extracting(AuditLine::number)
                .doesNotHaveDuplicates()
                .isSortedAccordingTo((a, b) -> Long.compare(b, a));
    }

    @Test
    void oldEnough_endsTheReading() {
        log(extended(7, DATA, 1));
        Audit audit = new Audit(
                new Query(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(START.plus(Duration.ofHours(2))),
                        10,
                        Query.NEWEST),
                NAMES,
                1,
                Optional.empty());

        audit.show(1, journal.get(0));

        assertThat(audit.isOpen()).isFalse();
        assertThat(audit.page()).isEqualTo(new Audit.Page(List.of(), 0, Optional.empty()));
    }

    @Test
    void emptyJournal_isAnEmptyPage() {
        assertThat(read(Query.newest(10))).isEqualTo(new Audit.Page(List.of(), 0, Optional.empty()));
    }

    @Test
    void limitsOutOfRange_areRefused() {
        assertThatThrownBy(() -> Query.newest(0)).hasMessageContaining("allowed is 1 to 10000");
        assertThatThrownBy(() -> Query.newest(10_001)).hasMessageContaining("allowed is 1 to 10000");
        assertThatThrownBy(
                        () -> new Query(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), 1, 0))
                .hasMessageContaining("not a number of an event: 0");
    }

    private List<Long> tickets(Query query) {
        return read(query).lines().stream().map(AuditLine::number).toList();
    }

    private Audit.Page read(Query query) {
        Audit audit = new Audit(query, NAMES, journal.size(), Optional.empty());
        for (long number = audit.newest(); number >= 1 && audit.isOpen(); number--) {
            audit.show(number, journal.get((int) number - 1));
            if (number == 1) {
                audit.end();
            }
        }
        if (journal.isEmpty()) {
            audit.end();
        }
        return audit.page();
    }

    private void log(PoolEvent event) {
        long sequence = journal.size() + 1L;
        journal.add(new Recorded(new LogEntry(new Epoch(3), sequence, START.plusSeconds(sequence - 1), event), 0));
    }

    private static Asked asked(int host, VolumeId volume, long ticket) {
        return new Asked(
                new HostId(host),
                new VmName("vm-" + host),
                volume,
                new Ticket(ticket),
                Bytes.gibi(2),
                Why.PAST_THRESHOLD,
                false);
    }

    private static PoolEvent extended(int host, VolumeId volume, long ticket) {
        return new PoolEvent.VolumeExtended(
                asked(host, volume, ticket), Bytes.gibi(1), Bytes.gibi(2), Duration.ofMillis(1), Duration.ofMillis(80));
    }

    private static PoolEvent finished(int host, VolumeId volume, long ticket, Duration step) {
        return new PoolEvent.HostFinished(
                new HostId(host),
                volume,
                new LastDone(new Ticket(ticket), Bytes.gibi(2), new LastDone.Steps(step, step, step, step)));
    }

    private static PoolEvent.OrderCarried carried(Deed deed, Optional<VolumeId> created) {
        return new PoolEvent.OrderCarried(deed, created, "root", new Epoch(3), Duration.ofMillis(300));
    }
}
