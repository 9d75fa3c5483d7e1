package io.headroom.store.journal;

import io.headroom.ledger.LedgerActor.Demand;
import io.headroom.ledger.LedgerActor.Feed;
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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The SPM as the ledger sees it: it has the pool log, and answers demands with it. Outlives the ledger's node. */
final class PoolWriter {
    static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
    static final VolumeId VOLUME = new VolumeId("5e7b0f3c-2a4d-4c7e-9d51-0c1f6a1d2b3e");

    private final List<LogEntry> log = new ArrayList<>();
    private Demand demand;
    private boolean answered;
    private int demands;
    private int failures;
    private LogPosition recovered = LogPosition.START;
    private long ticket;

    PoolWriter() {
        write(new PoolEvent.TakeoverIntended(new HostId(1), List.of()));
    }

    synchronized void write(PoolEvent event) {
        log.add(new LogEntry(new Epoch(1), log.size() + 1L, START.plusMillis(log.size()), event));
        answer();
    }

    /** Writes so many extensions of one volume, by one GiB each. */
    synchronized void extend(int times) {
        for (int i = 0; i < times; i++) {
            ticket++;
            PoolEvent.Asked asked = new PoolEvent.Asked(
                    new HostId(7),
                    new VmName("web-1"),
                    VOLUME,
                    new Ticket(ticket),
                    Bytes.gibi(ticket + 1),
                    Why.THRESHOLD,
                    false);
            write(new PoolEvent.VolumeExtended(
                    asked, Bytes.gibi(ticket), Bytes.gibi(ticket + 1), Duration.ofMillis(1), Duration.ofMillis(80)));
        }
    }

    synchronized void demanded(Demand made) {
        if (demand == null) {
            recovered = made.progress().position();
        }
        demand = made;
        answered = false;
        demands++;
        failures = 0;
        answer();
    }

    synchronized void toldAway() {
        failures++;
    }

    /** The ledger's node is gone, and its last demand with it. */
    synchronized void forget() {
        demand = null;
        demands = 0;
        failures = 0;
    }

    synchronized Demand demand() {
        return demand;
    }

    synchronized int demands() {
        return demands;
    }

    /** How often the ledger has said that its journal is away, since its last demand. */
    synchronized int failures() {
        return failures;
    }

    /** Up to where the ledger had everything at this node's first demand. */
    synchronized LogPosition recovered() {
        return recovered;
    }

    /** Up to where the ledger of this node said that it has everything. */
    synchronized LogPosition acknowledged() {
        return demand == null ? LogPosition.START : demand.progress().position();
    }

    synchronized LogPosition last() {
        return log.get(log.size() - 1).position();
    }

    synchronized List<LogEntry> log() {
        return List.copyOf(log);
    }

    private void answer() {
        if (demand != null && !answered) {
            List<LogEntry> wanted = demand.progress().wanted(unacknowledged(), demand.limit());
            if (!wanted.isEmpty()) {
                answered = true;
                demand.ledger().tell(new Feed(demand.events(), wanted));
            }
        }
    }

    /** As the pool log: what the ledger holds may be overwritten. */
    private List<LogEntry> unacknowledged() {
        int known = Math.toIntExact(demand.progress().position().sequence());
        return log.subList(Math.min(known, log.size()), Math.min(log.size(), known + 1_000));
    }
}
