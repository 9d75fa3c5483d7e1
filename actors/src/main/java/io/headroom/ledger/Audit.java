package io.headroom.ledger;

import io.headroom.ledger.LedgerEvent.Recorded;
import io.headroom.mailbox.LastDone;
import io.headroom.model.HostId;
import io.headroom.model.Ticket;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One reading of the ledger, newest first. Whoever has the journal shows it event by event, backwards from
 * {@link #newest()}, for as long as {@link #isOpen()}; what the hosts reported later is thus known when the extension
 * itself comes. Used by one thread at a time.
 */
public final class Audit {
    /** The most events that one reading looks at; a page that ends there says where to go on. */
    public static final int MOST_EVENTS = 100_000;

    /** How many events after a page's end are searched for what the hosts reported later. */
    static final int REPORT_WITHIN = 500;

    /** Clocks of two hosts that were SPM one after the other may differ by this much. */
    static final Duration CLOCKS_DIFFER = Duration.ofHours(1);

    private static final int MOST_REPORTS = 10_000;

    private final Query query;
    private final Map<VolumeId, String> names;
    private final long last;
    private final Optional<String> warning;
    private final List<AuditLine> lines = new ArrayList<>();
    private final Map<Report, LastDone.Steps> reports = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Report, LastDone.Steps> eldest) {
            return size() > MOST_REPORTS;
        }
    };

    private int seen;
    private long reached;
    private boolean ended;

    /**
     * @param names of the volumes, as far as the history tells them
     * @param last the newest event's number in the journal; 0 where it is empty
     * @param warning why the answer may be incomplete
     */
    public Audit(Query query, Map<VolumeId, String> names, long last, Optional<String> warning) {
        this.query = query;
        this.names = Map.copyOf(names);
        this.last = last;
        this.warning = warning;
        this.reached = Math.min(last + 1, query.before());
    }

    /**
     * What is asked for.
     *
     * @param volume its id or its name
     * @param vm only what concerns this VM
     * @param host only what concerns this host
     * @param since nothing older
     * @param limit lines, 1 to {@link #MOST_LINES}
     * @param before only events with a lower number: {@link Page#next} of the page before, or {@link #NEWEST}
     */
    public record Query(
            Optional<String> volume,
            Optional<String> vm,
            Optional<Integer> host,
            Optional<Instant> since,
            int limit,
            long before) {
        public static final int MOST_LINES = 10_000;
        public static final int USUAL_LINES = 50;
        public static final long NEWEST = Long.MAX_VALUE;

        public Query {
            if (limit < 1 || limit > MOST_LINES) {
                throw new IllegalArgumentException(
                        "not a number of audit lines: " + limit + "; allowed is 1 to " + MOST_LINES);
            }
            if (before < 1) {
                throw new IllegalArgumentException(
                        "not a number of an event: " + before + "; allowed is 1 and up, as the last page said");
            }
        }

        /** The newest lines about everything. */
        public static Query newest(int limit) {
            return new Query(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), limit, NEWEST);
        }
    }

    /**
     * The answer, newest first.
     *
     * @param next where older lines go on ({@link Query#before}); 0 where there are none
     * @param warning why the answer may be incomplete
     */
    public record Page(List<AuditLine> lines, long next, Optional<String> warning) {
        public Page {
            lines = List.copyOf(lines);
        }
    }

    private record Report(HostId host, VolumeId volume, Ticket ticket) {}

    /** The number of the first event to show; 0 where the journal is empty. */
    public long newest() {
        return Math.min(last, reached - 1 + REPORT_WITHIN);
    }

    /** Whether older events are wanted. */
    public boolean isOpen() {
        return !ended && lines.size() < query.limit() && seen < MOST_EVENTS;
    }

    /** Shows the next older event; ignored once the reading is no longer open. */
    public void show(long number, LedgerEvent event) {
        if (!isOpen()) {
            return;
        }
        seen++;
        if (event instanceof Recorded recorded && recorded.entry().event() instanceof PoolEvent.HostFinished finished) {
            reports.put(
                    new Report(
                            finished.host(), finished.volume(), finished.done().ticket()),
                    finished.done().steps());
        }
        if (number >= reached) {
            return;
        }
        reached = number;
        AuditLines.of(
                        number,
                        event,
                        names,
                        asked -> Optional.ofNullable(
                                reports.remove(new Report(asked.host(), asked.volume(), asked.ticket()))))
                .ifPresent(this::consider);
    }

    /** Says that the journal holds nothing older than what was shown. */
    public void end() {
        ended = true;
    }

    public Page page() {
        return new Page(lines, ended ? 0 : reached, warning);
    }

    private void consider(AuditLine line) {
        if (query.since().isPresent() && line.at().isBefore(query.since().get())) {
            ended = line.at().isBefore(query.since().get().minus(CLOCKS_DIFFER));
            return;
        }
        if (wanted(query.volume(), line.volume(), line.name())
                && wanted(query.vm(), line.vm(), Optional.empty())
                && wanted(query.host(), line.host(), Optional.empty())) {
            lines.add(line);
        }
    }

    private static <T> boolean wanted(Optional<T> filter, Optional<T> value, Optional<T> otherName) {
        return filter.isEmpty() || filter.equals(value) || filter.equals(otherName);
    }
}
