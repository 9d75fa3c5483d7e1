package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.ledger.Deed;
import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.Slot;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.model.Moment;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.HeaderStore;
import io.headroom.port.PoolLog;
import io.headroom.port.Tenure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TakeoverTest {
    private static final HostId SPM = new HostId(1);
    private static final HostId HOST = new HostId(7);
    private static final Epoch OLD = new Epoch(4);
    private static final VolumeId VOLUME = new VolumeId("v1");
    private static final PoolEvent.Asked ASKED =
            new PoolEvent.Asked(HOST, new VmName("vm1"), VOLUME, new Ticket(9), Bytes.gibi(4), Why.THRESHOLD, false);

    private final List<PoolLog.Placed> log = new ArrayList<>();
    private final List<Tenure.Volume> volumes = new ArrayList<>();
    private Optional<Header> header = Optional.empty();
    private Epoch tag = Epoch.NONE;

    @Test
    void theEpochIsOneMoreThanTheHighestThatAnythingTells() {
        assertThat(takeover().epoch()).isEqualTo(new Epoch(1));

        wrote(new PoolEvent.TakeoverIntended(SPM, List.of()));
        assertThat(takeover().epoch()).as("log").isEqualTo(OLD.next());

        tag = new Epoch(8);
        assertThat(takeover().epoch()).as("tag").isEqualTo(new Epoch(9));

        header(new Epoch(11), LogPosition.START);
        assertThat(takeover().epoch()).as("header").isEqualTo(new Epoch(12));

        header(new Epoch(11), new LogPosition(new Epoch(20), 1));
        assertThat(takeover().epoch()).as("ledger").isEqualTo(new Epoch(21));
    }

    @Test
    void anOpenIntentWhoseVolumeHasTheSizeIsFoundDone() {
        wrote(new PoolEvent.ExtensionIntended(ASKED, Bytes.gibi(1), Bytes.gibi(4)));
        volume(Bytes.gibi(4));

        assertThat(takeover().settlements())
                .containsExactly(new PoolEvent.ExtensionFoundDone(ASKED, Bytes.gibi(1), Bytes.gibi(4), OLD));
    }

    @Test
    void anOpenIntentWhoseVolumeHasNotTheSizeIsAbandoned() {
        wrote(new PoolEvent.ExtensionIntended(ASKED, Bytes.gibi(1), Bytes.gibi(4)));
        volume(Bytes.gibi(1));

        assertThat(takeover().settlements())
                .containsExactly(new PoolEvent.ExtensionAbandoned(
                        ASKED, Bytes.gibi(1), Bytes.gibi(4), OLD, "the volume has 1 GiB"));
    }

    @Test
    void anOpenIntentWhoseVolumeIsGoneIsAbandoned() {
        wrote(new PoolEvent.ExtensionIntended(ASKED, Bytes.gibi(1), Bytes.gibi(4)));

        assertThat(takeover().settlements())
                .containsExactly(new PoolEvent.ExtensionAbandoned(
                        ASKED, Bytes.gibi(1), Bytes.gibi(4), OLD, "the volume is gone"));
    }

    @Test
    void aSizeThatTheLogDoesNotExplainIsRecorded() {
        wrote(extended(Bytes.gibi(4)));
        volume(Bytes.gibi(7));

        assertThat(takeover().settlements())
                .containsExactly(new PoolEvent.SizeFound(VOLUME, Bytes.gibi(4), Bytes.gibi(7)));
    }

    @Test
    void anIntentThatGrewFurtherThanIntendedIsBoth() {
        wrote(new PoolEvent.ExtensionIntended(ASKED, Bytes.gibi(1), Bytes.gibi(4)));
        volume(Bytes.gibi(7));

        assertThat(takeover().settlements())
                .containsExactly(
                        new PoolEvent.ExtensionFoundDone(ASKED, Bytes.gibi(1), Bytes.gibi(4), OLD),
                        new PoolEvent.SizeFound(VOLUME, Bytes.gibi(4), Bytes.gibi(7)));
    }

    @Test
    void whatIsAsTheLogSaysNeedsNothing() {
        wrote(extended(Bytes.gibi(4)));
        wrote(new PoolEvent.SizeFound(VOLUME, Bytes.gibi(4), Bytes.gibi(5)));
        volume(Bytes.gibi(5));

        assertThat(takeover().settlements()).isEmpty();
    }

    @Test
    void aVolumeThatTheLogDoesNotKnowNeedsNoExplanation() {
        wrote(new PoolEvent.TakeoverIntended(SPM, List.of()));
        volume(Bytes.gibi(5));

        assertThat(takeover().settlements()).isEmpty();
    }

    @Test
    void aVolumeThatWasRemovedNeedsNoExplanation() {
        wrote(extended(Bytes.gibi(4)));

        assertThat(takeover().settlements()).isEmpty();
    }

    @Test
    void aVolumeThatAnOrderMadeExplainsItsSize_alsoWhereItIsToldAgain() {
        PoolEvent.OrderCarried made = new PoolEvent.OrderCarried(
                new Deed.Creation("disk-1", Bytes.gibi(1), Bytes.gibi(50)),
                Optional.of(VOLUME),
                "root",
                OLD,
                Duration.ZERO);
        wrote(made);
        wrote(extended(Bytes.gibi(4)));
        wrote(new PoolEvent.OrderRecalled(OLD, 1, Instant.EPOCH, made));
        volume(Bytes.gibi(4));
        assertThat(takeover().settlements()).isEmpty();

        volumes.clear();
        volume(Bytes.gibi(5));
        assertThat(takeover().settlements())
                .containsExactly(new PoolEvent.SizeFound(VOLUME, Bytes.gibi(4), Bytes.gibi(5)));
    }

    @Test
    void aHeaderThatCannotBeBelievedIsDoneWithout() {
        wrote(extended(Bytes.gibi(4)));
        volume(Bytes.gibi(4));

        Takeover takeover = takeover();

        assertThat(takeover.epoch()).isEqualTo(OLD.next());
        assertThat(takeover.book().owed()).hasSize(1);
    }

    @Test
    void whatTheHeaderSaysTheLedgerHasIsNotOwed() {
        wrote(extended(Bytes.gibi(4)));
        wrote(extended(Bytes.gibi(5)));
        header(OLD, new LogPosition(OLD, 1));

        assertThat(takeover().book().owed()).extracting(LogEntry::sequence).containsExactly(2L);
    }

    @Test
    void theWordOfAHostIsAwaitedUntilItWasRecorded() {
        wrote(extended(Bytes.gibi(4)));
        assertThat(isAwaited()).isTrue();

        wrote(new PoolEvent.HostFinished(
                HOST, VOLUME, new LastDone(new Ticket(9), Bytes.gibi(4), LastDone.Steps.NONE)));
        assertThat(isAwaited()).isFalse();
    }

    private boolean isAwaited() {
        SpmBench bench = new SpmBench();
        bench.header = Optional.of(new Header(SpmBench.POOL, takeover().epoch(), 1, SPM, "", "", 0, LogPosition.START));
        Inbox inbox = new Inbox(SpmBench.POOL, takeover().epoch());
        takeover().tellWhoIsAwaited(inbox);
        bench.post(
                HOST.value(),
                new Slot(
                        Optional.of(VOLUME),
                        Optional.empty(),
                        Optional.of(new LastDone(new Ticket(9), Bytes.gibi(4), LastDone.Steps.NONE))));
        return !inbox.take(bench.outgoing.get(HOST), new Moment(0)).isEmpty();
    }

    private Takeover takeover() {
        Tenure.Inventory inventory =
                new Tenure.Inventory(Bytes.gibi(100), Bytes.gibi(50), Bytes.mebi(4), tag, volumes, List.of());
        return new Takeover(
                new Spm.Truth(
                        new HeaderStore.Found(header, Optional.empty()),
                        new PoolLog.Contents(4, 16, log, List.of()),
                        inventory),
                Levels.Limits.NONE);
    }

    private void wrote(PoolEvent event) {
        int sequence = log.size() + 1;
        log.add(new PoolLog.Placed(
                new PoolLog.Place(0, sequence - 1),
                new LogEntry(OLD, sequence, Instant.parse("2026-03-01T12:00:00Z"), event)));
    }

    private void volume(Bytes size) {
        volumes.add(Tenure.Volume.ready(VOLUME, "disk-1", size, Bytes.gibi(50), Bytes.gibi(51)));
    }

    private void header(Epoch epoch, LogPosition ledgered) {
        header = Optional.of(new Header(new PoolId("pool"), epoch, 1, SPM, "", "", 0, ledgered));
    }

    private static PoolEvent extended(Bytes to) {
        return new PoolEvent.VolumeExtended(ASKED, Bytes.gibi(1), to, Duration.ZERO, Duration.ZERO);
    }
}
