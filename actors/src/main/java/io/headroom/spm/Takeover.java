package io.headroom.spm;

import io.headroom.ledger.Deed;
import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Header;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolLevel;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a new SPM makes of what it finds: its epoch, and what has to be settled before it serves. */
final class Takeover {
    private final Spm.Truth truth;
    private final Levels.Limits limits;
    private final Optional<Header> header;
    private final LogBook book;

    Takeover(Spm.Truth truth, Levels.Limits limits) {
        this.truth = truth;
        this.limits = limits;
        this.header = truth.header().header();
        this.book = LogBook.read(truth.log(), header.map(Header::ledgered).orElse(LogPosition.START));
    }

    LogBook book() {
        return book;
    }

    Pool pool() {
        Pool pool = new Pool(new Levels(limits, level()));
        pool.learn(truth.inventory());
        return pool;
    }

    /** What the log knows last; where it does not any more, a level that still holds is told once again. */
    private PoolLevel level() {
        PoolLevel level = PoolLevel.NORMAL;
        for (LogEntry entry : book.entries()) {
            if (entry.event() instanceof PoolEvent.LevelChanged changed) {
                level = changed.to();
            }
        }
        return level;
    }

    Journal journal() {
        return new Journal(book, header);
    }

    /** One more than the highest that the header, the metadata's tag or the log tell of. */
    Epoch epoch() {
        Epoch inHeader = header.map(Header::epoch).orElse(Epoch.NONE);
        return inHeader.max(truth.inventory().tag()).max(book.highest()).next();
    }

    /** The last epoch whose takeover is known to have been over: only then it is told in the header. */
    Epoch announced() {
        boolean isUnknown = header.isEmpty() && truth.header().damage().isPresent();
        return isUnknown ? epoch() : header.map(Header::epoch).orElse(Epoch.NONE);
    }

    /** Open intents settled by looking, never by doing them again; and sizes that the log does not explain. */
    List<PoolEvent> settlements() {
        Map<VolumeId, Bytes> sizes = new TreeMap<>();
        truth.inventory().volumes().forEach(volume -> sizes.put(volume.id(), volume.size()));
        Map<VolumeId, Bytes> explained = explained();
        List<PoolEvent> events = new ArrayList<>();
        for (LogEntry open : book.openIntents()) {
            PoolEvent settled = settled(open, sizes);
            explain(explained, settled);
            events.add(settled);
        }
        explained.forEach((volume, known) -> {
            Bytes found = sizes.get(volume);
            if (found != null && !found.equals(known)) {
                events.add(new PoolEvent.SizeFound(volume, known, found));
            }
        });
        return events;
    }

    /** What the log says of sizes, from its last gap on: a later growth may have stood in the gap. */
    private Map<VolumeId, Bytes> explained() {
        Map<VolumeId, Bytes> sizes = new TreeMap<>();
        LogPosition before = LogPosition.START;
        Epoch since = Epoch.NONE;
        for (LogEntry entry : book.entries()) {
            boolean follows = entry.epoch().equals(before.epoch())
                    ? entry.sequence() == before.sequence() + 1
                    : entry.sequence() == 1
                            && entry.epoch().equals(before.epoch().next());
            if (!follows) {
                sizes.clear();
                since = entry.epoch();
            }
            before = entry.position();
            boolean isOlder = entry.event() instanceof PoolEvent.Coalesced of && since.isAfter(of.epoch());
            if (!isOlder) {
                explain(sizes, entry.event());
            }
        }
        return sizes;
    }

    private PoolEvent settled(LogEntry open, Map<VolumeId, Bytes> sizes) {
        if (open.event() instanceof PoolEvent.ExtensionIntended intent) {
            return settled(open.epoch(), intent, sizes.get(intent.asked().volume()));
        } else if (open.event() instanceof PoolEvent.OrderIntended intent) {
            return settled(open.epoch(), intent);
        }
        throw new AssertionError("unhandled " + open);
    }

    /** A deletion that was begun stays intended: it goes on as it was ordered. */
    private PoolEvent settled(Epoch in, PoolEvent.OrderIntended intent) {
        Deed deed = intent.deed();
        if (Deeds.isDone(deed, truth.inventory())) {
            Optional<VolumeId> created = deed instanceof Deed.Creation of
                    ? Deeds.named(truth.inventory(), of.name()).map(Tenure.Volume::id)
                    : Optional.empty();
            return new PoolEvent.OrderCarried(deed, created, intent.by(), in, Duration.ZERO);
        }
        boolean goesOn = deed instanceof Deed.Deletion of
                && truth.inventory().volumes().stream()
                        .anyMatch(volume -> volume.id().equals(of.volume()) && volume.state() != Tenure.State.READY);
        return goesOn ? intent : new PoolEvent.OrderAbandoned(deed, intent.by(), in, "the storage does not show it");
    }

    private static PoolEvent settled(Epoch in, PoolEvent.ExtensionIntended intent, Bytes found) {
        if (found != null && found.isAtLeast(intent.to())) {
            return new PoolEvent.ExtensionFoundDone(intent.asked(), intent.from(), intent.to(), in);
        }
        String cause = found == null ? "the volume is gone" : "the volume has " + found;
        return new PoolEvent.ExtensionAbandoned(intent.asked(), intent.from(), intent.to(), in, cause);
    }

    private static void explain(Map<VolumeId, Bytes> sizes, PoolEvent event) {
        if (event instanceof PoolEvent.VolumeCreated created) {
            sizes.put(created.volume(), created.size());
        } else if (event instanceof PoolEvent.OrderCarried carried
                && carried.created().isPresent()) {
            sizes.put(carried.created().get(), ((Deed.Creation) carried.deed()).size());
        } else if (event instanceof PoolEvent.OrderRecalled recalled
                && recalled.order().created().isPresent()) {
            Bytes first = ((Deed.Creation) recalled.order().deed()).size();
            sizes.putIfAbsent(recalled.order().created().get(), first);
        } else if (event instanceof PoolEvent.VolumeExtended extended) {
            sizes.put(extended.asked().volume(), extended.to());
        } else if (event instanceof PoolEvent.ExtensionFoundDone done) {
            sizes.put(done.asked().volume(), done.to());
        } else if (event instanceof PoolEvent.SizeFound found) {
            sizes.put(found.volume(), found.found());
        } else if (event instanceof PoolEvent.Coalesced coalesced) {
            coalesced.growths().forEach(growth -> sizes.merge(growth.volume(), growth.to(), Bytes::max));
        }
    }

    /** Extensions whose host had not yet told how it went: its next word of them is news. */
    void tellWhoIsAwaited(Inbox inbox) {
        for (LogEntry entry : book.entries()) {
            if (entry.event() instanceof PoolEvent.VolumeExtended extended) {
                PoolEvent.Asked asked = extended.asked();
                inbox.expectWordOf(asked.host(), asked.volume(), asked.ticket());
            } else if (entry.event() instanceof PoolEvent.HostFinished finished) {
                inbox.heardOf(finished.host(), finished.volume());
            }
        }
    }
}
