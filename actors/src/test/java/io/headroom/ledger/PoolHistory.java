package io.headroom.ledger;

import io.headroom.ledger.PoolEvent.Asked;
import io.headroom.ledger.PoolEvent.Coalesced;
import io.headroom.ledger.PoolEvent.Growth;
import io.headroom.ledger.PoolEvent.Seal;
import io.headroom.ledger.PoolEvent.TakeoverIntended;
import io.headroom.ledger.PoolEvent.VolumeExtended;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A pool log as SPMs write it, one after the other: what they wrote, and what the log still holds of it. */
final class PoolHistory {
    static final VolumeId VOLUME = new VolumeId("volume-1");
    static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final TreeMap<LogPosition, LogEntry> written = new TreeMap<>();
    private final TreeMap<LogPosition, LogEntry> log = new TreeMap<>();
    private final Map<Epoch, Long> ends = new TreeMap<>();
    private final Set<LogPosition> lost = new HashSet<>();
    private Epoch epoch = Epoch.NONE;
    private long ticket;

    /** A new SPM seals what the log shows of each earlier epoch. */
    LogEntry takeOver() {
        List<Seal> seals = new ArrayList<>();
        ends.forEach((old, last) -> seals.add(new Seal(old, last)));
        epoch = epoch.next();
        return write(new TakeoverIntended(new HostId(1), seals));
    }

    LogEntry extend() {
        ticket++;
        Asked asked = new Asked(
                new HostId(1),
                new VmName("vm-1"),
                VOLUME,
                new Ticket(ticket),
                Bytes.gibi(ticket + 1),
                Why.THRESHOLD,
                false);
        return write(new VolumeExtended(
                asked, Bytes.gibi(ticket), Bytes.gibi(ticket + 1), Duration.ofMillis(1), Duration.ofMillis(80)));
    }

    LogEntry write(PoolEvent event) {
        long sequence = ends.merge(epoch, 1L, Long::sum);
        LogEntry entry = new LogEntry(epoch, sequence, START.plusSeconds(written.size()), event);
        written.put(entry.position(), entry);
        log.put(entry.position(), entry);
        return entry;
    }

    /** Writes what stands for the records from one to the other, in so many parts, and then drops them. */
    List<LogEntry> coalesce(LogPosition first, LogPosition last, int parts) {
        List<Growth> growths = written.subMap(first, true, last, true).values().stream()
                .filter(entry -> !lost.contains(entry.position()))
                .map(LogEntry::event)
                .filter(VolumeExtended.class::isInstance)
                .map(VolumeExtended.class::cast)
                .map(done -> new Growth(done.asked().volume(), 1, done.from(), done.to()))
                .toList();
        List<LogEntry> standIns = new ArrayList<>();
        for (int part = 1; part <= parts; part++) {
            standIns.add(write(new Coalesced(
                    first.epoch(),
                    first.sequence(),
                    last.sequence(),
                    written.get(first).after(),
                    part,
                    parts,
                    part == 1 ? total(growths) : List.of())));
        }
        log.subMap(first, true, last, true)
                .values()
                .removeIf(entry -> !(entry.event() instanceof Coalesced older) || isWithin(older, first, last));
        return standIns;
    }

    /** Everything from there to the epoch's end, what stands for parts of it included. */
    void coalesceFrom(LogPosition first, int parts) {
        coalesce(first, new LogPosition(first.epoch(), ends.get(first.epoch())), parts);
    }

    private static boolean isWithin(Coalesced range, LogPosition first, LogPosition last) {
        return range.epoch().equals(first.epoch())
                && range.first() >= first.sequence()
                && range.last() <= last.sequence();
    }

    private static List<Growth> total(List<Growth> growths) {
        return growths.stream()
                .reduce((a, b) -> new Growth(a.volume(), a.extensions() + b.extensions(), a.from(), b.to()))
                .map(List::of)
                .orElse(List.of());
    }

    void lose(LogPosition position) {
        lost.add(position);
        log.remove(position);
    }

    /** What the log holds now. */
    List<LogEntry> log() {
        return List.copyOf(log.values());
    }

    /** Everything that was ever written, in order. */
    List<LogEntry> written() {
        return List.copyOf(written.values());
    }

    static LogPosition at(long epoch, long sequence) {
        return new LogPosition(new Epoch(epoch), sequence);
    }
}
