package io.headroom.ledger;

import io.headroom.ledger.LedgerEvent.Hole;
import io.headroom.ledger.LedgerEvent.JournalOpened;
import io.headroom.ledger.LedgerEvent.Recorded;
import io.headroom.ledger.LedgerEvent.Voided;
import io.headroom.ledger.PoolEvent.Growth;
import io.headroom.model.Bytes;
import io.headroom.model.LogPosition;
import io.headroom.model.VolumeId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The ledger: how far it has come, and what the pool's history adds up to.
 *
 * @param journal the journal's identity; empty until it is opened
 * @param events how many events made this; compared with the journal's last sequence number, because a journal with a
 *     hole in its rows replays without complaint
 */
public record Ledger(String journal, long events, Progress progress, Totals totals, Map<VolumeId, Volume> volumes) {
    public static final Ledger EMPTY = new Ledger("", 0, Progress.START, Totals.NONE, Map.of());

    private static final String LOST = "the pool log no longer has these records";

    /**
     * @param extensions that are known to have happened
     * @param grown by how much the volumes grew in them
     * @param held requests that were answered without a change
     * @param abandoned intents that came to nothing
     * @param holes places where the history is incomplete, or where what was taken is void
     */
    public record Totals(long extensions, Bytes grown, long held, long abandoned, long holes) {
        static final Totals NONE = new Totals(0, Bytes.ZERO, 0, 0, 0);

        private Totals extended(long more, Bytes by) {
            return new Totals(extensions + more, grown.plus(by), held, abandoned, holes);
        }

        private Totals oneHeld() {
            return new Totals(extensions, grown, held + 1, abandoned, holes);
        }

        private Totals oneAbandoned() {
            return new Totals(extensions, grown, held, abandoned + 1, holes);
        }

        private Totals oneHole() {
            return new Totals(extensions, grown, held, abandoned, holes + 1);
        }
    }

    /**
     * @param name empty while the history does not tell it
     * @param size the last one that the history tells
     * @param extended when the volume last grew; of a coalesced growth, when it was coalesced
     */
    public record Volume(String name, Bytes size, long extensions, Optional<Instant> extended) {
        static final Volume UNKNOWN = new Volume("", Bytes.ZERO, 0, Optional.empty());
    }

    public Ledger {
        volumes = Map.copyOf(volumes);
    }

    /**
     * Decides what to keep of the records that the pool log offers: each one once, in order, with every hole named.
     *
     * @param feed from {@link Progress#wanted}: nothing that is missing between two of them will ever come
     */
    public List<LedgerEvent> take(List<LogEntry> feed) {
        List<LedgerEvent> taken = new ArrayList<>();
        Progress reached = progress;
        for (LogEntry entry : feed) {
            for (LedgerEvent event : take(reached, entry)) {
                taken.add(event);
                reached = reached.after(event);
            }
        }
        return taken;
    }

    private static List<LedgerEvent> take(Progress reached, LogEntry entry) {
        List<LedgerEvent> taken = new ArrayList<>();
        LogPosition position = reached.position();
        reached.sealedBelow(entry)
                .ifPresent(
                        last -> taken.add(new Voided(new LogPosition(position.epoch(), last), position, entry.at())));
        Progress.Verdict verdict = reached.take(entry);
        if (verdict instanceof Progress.Verdict.Gap gap) {
            Hole hole = hole(gap, entry);
            taken.add(hole);
            verdict = reached.after(hole).take(entry);
        }
        if (verdict instanceof Progress.Verdict.Taken done) {
            taken.add(new Recorded(entry, done.known()));
        } else if (!(verdict instanceof Progress.Verdict.Skipped)) {
            throw new AssertionError("unhandled " + verdict + " of " + entry.position() + " after " + taken);
        }
        return taken;
    }

    private static Hole hole(Progress.Verdict.Gap gap, LogEntry shownBy) {
        return new Hole(gap.after(), gap.before(), LOST, shownBy.at());
    }

    /** The state after an event that was decided here; it never refuses one. */
    public Ledger after(LedgerEvent event) {
        if (event instanceof JournalOpened opened) {
            return new Ledger(opened.journal(), events + 1, progress, totals, volumes);
        }
        Progress reached = progress.after(event);
        if (event instanceof Hole || event instanceof Voided) {
            return new Ledger(journal, events + 1, reached, totals.oneHole(), volumes);
        }
        if (event instanceof Recorded recorded) {
            Ledger told = told(recorded);
            return new Ledger(journal, events + 1, reached, told.totals, told.volumes);
        }
        throw new AssertionError("unhandled " + event);
    }

    /** The names of the volumes whose creation the history tells. */
    public Map<VolumeId, String> names() {
        Map<VolumeId, String> names = new HashMap<>();
        volumes.forEach((id, volume) -> {
            if (!volume.name().isEmpty()) {
                names.put(id, volume.name());
            }
        });
        return names;
    }

    private Ledger told(Recorded recorded) {
        PoolEvent event = recorded.entry().event();
        Instant at = recorded.entry().at();
        if (event instanceof PoolEvent.VolumeCreated created) {
            return with(created.volume(), new Volume(created.name(), created.size(), 0, Optional.empty()));
        }
        if (event instanceof PoolEvent.OrderCarried carried) {
            return created(carried);
        }
        if (event instanceof PoolEvent.OrderRecalled recalled) {
            return created(recalled.order());
        }
        if (event instanceof PoolEvent.VolumeExtended extended) {
            return grown(new Growth(extended.asked().volume(), 1, extended.from(), extended.to()), at);
        }
        if (event instanceof PoolEvent.ExtensionFoundDone found) {
            return grown(new Growth(found.asked().volume(), 1, found.from(), found.to()), at);
        }
        if (event instanceof PoolEvent.SizeFound found) {
            return sized(found.volume(), found.found());
        }
        if (event instanceof PoolEvent.RequestHeld) {
            return with(totals.oneHeld());
        }
        if (event instanceof PoolEvent.ExtensionAbandoned) {
            return with(totals.oneAbandoned());
        }
        if (event instanceof PoolEvent.Coalesced coalesced) {
            Ledger told = this;
            for (Growth growth : coalesced.growths()) {
                told = told.coalesced(growth, coalesced, recorded.known(), at);
            }
            return told;
        }
        return this;
    }

    /** A volume that is deleted stays: the history goes on to name it. */
    private Ledger created(PoolEvent.OrderCarried order) {
        if (order.created().isEmpty() || !(order.deed() instanceof Deed.Creation creation)) {
            return this;
        }
        Volume known = volume(order.created().get());
        return with(
                order.created().get(),
                new Volume(creation.name(), known.size().max(creation.size()), known.extensions(), known.extended()));
    }

    /** A growth that is partly known already is not counted again; only its end is news. */
    private Ledger coalesced(Growth growth, PoolEvent.Coalesced range, long known, Instant at) {
        if (known == 0) {
            return grown(growth, at);
        }
        return known > range.last() - range.first() ? this : sized(growth.volume(), growth.to());
    }

    private Ledger sized(VolumeId id, Bytes size) {
        Volume known = volume(id);
        return with(id, new Volume(known.name(), size, known.extensions(), known.extended()));
    }

    private Ledger grown(Growth growth, Instant at) {
        Volume known = volume(growth.volume());
        return with(totals.extended(growth.extensions(), growth.to().minusOrZero(growth.from())))
                .with(
                        growth.volume(),
                        new Volume(
                                known.name(), growth.to(), known.extensions() + growth.extensions(), Optional.of(at)));
    }

    private Volume volume(VolumeId id) {
        return volumes.getOrDefault(id, Volume.UNKNOWN);
    }

    private Ledger with(Totals changed) {
        return new Ledger(journal, events, progress, changed, volumes);
    }

    private Ledger with(VolumeId id, Volume volume) {
        Map<VolumeId, Volume> changed = new HashMap<>(volumes);
        changed.put(id, volume);
        return new Ledger(journal, events, progress, totals, changed);
    }
}
