package io.headroom.simulation;

import io.headroom.ledger.Deed;
import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Slot;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.LogPosition;
import io.headroom.model.Moment;
import io.headroom.model.Ticket;
import io.headroom.model.VolumeId;
import io.headroom.port.PoolLog;
import io.headroom.port.Tenure;
import io.headroom.spm.Spm;
import io.headroom.store.event.PoolEventCodec;
import io.headroom.store.mailbox.MailboxArea;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What must hold at every moment, whatever fails. A breach is an {@link AssertionError}. */
final class Invariants implements SimPool.Auditor {
    /** How long a request may stand unanswered while nothing fails: three of the SPM's scans. */
    private static final Duration ANSWERED_WITHIN = Duration.ofSeconds(6);

    private record Asked(HostId host, Incarnation incarnation, Ticket ticket) {}

    private record Open(VolumeId volume, int index, Moment since) {}

    private final Timeline timeline;
    private final SimPool pool;
    private final PoolLog newsOfLog;
    private final Iterable<SimGuest> guests;
    private final Map<Asked, VolumeId> volumes = new HashMap<>();
    private final Map<Asked, Open> open = new HashMap<>();
    private final NavigableMap<LogPosition, LogEntry> logged = new TreeMap<>();
    private final Map<PoolLog.Place, LogEntry> standing = new HashMap<>();
    private final Map<VolumeId, Bytes> facts = new HashMap<>();
    private Optional<Moment> calmSince = Optional.empty();
    private int destroyed;

    /** @param news the mailbox area, where only what is new can be read */
    Invariants(Timeline timeline, SimPool pool, MailboxArea news, Iterable<SimGuest> guests) {
        this.timeline = timeline;
        this.pool = pool;
        this.newsOfLog = news.poolLog(new PoolEventCodec());
        this.guests = guests;
    }

    /** From now on everything works, and requests are answered in time. */
    void calm() {
        calmSince = Optional.of(timeline.now());
    }

    /** How many records of the pool log a former SPM has destroyed by writing into a segment that is no longer its own. */
    int destroyed() {
        return destroyed;
    }

    /** A host is about to write a block. */
    void posting(Incarnation incarnation, OutgoingBlock block) {
        Set<Asked> stands = new HashSet<>();
        for (Slot slot : block.slots()) {
            slot.request().ifPresent(request -> {
                Asked asked = new Asked(block.host(), incarnation, request.ticket());
                stands.add(asked);
                if (volumes.put(asked, request.volume()) == null) {
                    open.put(asked, new Open(request.volume(), block.index(), timeline.now()));
                }
            });
        }
        open.entrySet()
                .removeIf(of -> of.getKey().host().equals(block.host())
                        && of.getValue().index() == block.index()
                        && !stands.contains(of.getKey()));
    }

    /** Something of the pool log has reached the LUN. */
    void logLanded(Life writer) {
        PoolLog.Contents news = newsOfLog.read().toCompletableFuture().join();
        for (PoolLog.Placed placed : news.entries()) {
            LogEntry entry = placed.entry();
            LogEntry before = standing.put(placed.place(), entry);
            if (before != null && before.epoch().isAfter(entry.epoch())) {
                destroyed++;
            }
            logged.put(entry.position(), entry);
            fact(entry.event());
        }
        if (!news.damages().isEmpty() && !pool.isHeldBy(writer)) {
            destroyed++;
        }
    }

    /** Where the pool log told of it. */
    List<LogPosition> recordsOf(SimPool.Growth growth) {
        return logged.values().stream()
                .filter(entry -> tells(entry.event(), growth))
                .map(LogEntry::position)
                .toList();
    }

    private static boolean tells(PoolEvent event, SimPool.Growth growth) {
        if (event instanceof PoolEvent.VolumeExtended of) {
            return growth.equals(new SimPool.Growth(of.asked().volume(), of.from(), of.to()));
        }
        return event instanceof PoolEvent.ExtensionFoundDone of
                && growth.equals(new SimPool.Growth(of.asked().volume(), of.from(), of.to()));
    }

    private void fact(PoolEvent event) {
        if (event instanceof PoolEvent.VolumeExtended extended) {
            facts.merge(extended.asked().volume(), extended.to(), Bytes::max);
        } else if (event instanceof PoolEvent.ExtensionFoundDone done) {
            facts.merge(done.asked().volume(), done.to(), Bytes::max);
        } else if (event instanceof PoolEvent.SizeFound found) {
            facts.merge(found.volume(), found.found(), Bytes::max);
        }
    }

    @Override
    public void growing(Epoch epoch, SimPool.Growth growth) {
        require(
                epoch.equals(pool.tag()),
                () -> "epoch " + epoch + " changes a pool of epoch " + pool.tag() + ": " + growth);
        require(growth.to().isOver(growth.from()), () -> "a volume shrinks: " + growth);
        Bytes limit = pool.volumes().get(growth.volume()).limit().roundedUpTo(SimPool.EXTENT);
        require(!growth.to().isOver(limit), () -> "granted beyond the limit " + limit + ": " + growth);
        LogEntry last =
                logged.floorEntry(new LogPosition(epoch, Long.MAX_VALUE)).getValue();
        boolean isIntended = last.epoch().equals(epoch)
                && last.event() instanceof PoolEvent.ExtensionIntended intended
                && intended.asked().volume().equals(growth.volume())
                && intended.to().equals(growth.to());
        require(isIntended, () -> "no intent stands in the log for " + growth + "; the last entry is " + last);
    }

    @Override
    public void changing(Epoch epoch, Tenure.Change change) {
        require(
                epoch.equals(pool.tag()),
                () -> "epoch " + epoch + " changes a pool of epoch " + pool.tag() + ": " + change);
        List<Deed> open = openDeeds(epoch);
        require(
                open.stream().anyMatch(deed -> isPartOf(change, deed)),
                () -> "no intent stands in the log for " + change + "; open are " + open);
        if (change instanceof Tenure.Change.Condemn condemn) {
            Tenure.Volume volume = pool.volumes().get(condemn.volume());
            require(volume == null || volume.hosts().isEmpty(), () -> "what is in use is deleted: " + volume);
        } else if (change instanceof Tenure.Change.Remove remove) {
            Tenure.Volume volume = pool.volumes().get(remove.volume());
            boolean isToBeWiped = volume != null
                    && open.stream().anyMatch(deed -> isPartOf(change, deed) && ((Deed.Deletion) deed).wipe());
            require(!isToBeWiped || pool.isWiped(volume), () -> "removed before it was wiped: " + volume);
        }
    }

    /** Of this epoch: whoever takes over writes down anew what goes on. */
    private List<Deed> openDeeds(Epoch epoch) {
        List<Deed> open = new ArrayList<>();
        logged.subMap(new LogPosition(epoch, 0), new LogPosition(epoch.next(), 0)).values().stream()
                .map(LogEntry::event)
                .forEach(event -> {
                    if (event instanceof PoolEvent.OrderIntended intended) {
                        open.add(intended.deed());
                    } else if (event instanceof PoolEvent.OrderCarried carried) {
                        open.remove(carried.deed());
                    } else if (event instanceof PoolEvent.OrderAbandoned abandoned) {
                        open.remove(abandoned.deed());
                    }
                });
        return open;
    }

    private static boolean isPartOf(Tenure.Change change, Deed deed) {
        if (change instanceof Tenure.Change.Create of) {
            return deed.equals(new Deed.Creation(of.name(), of.size(), of.virtualSize()));
        } else if (change instanceof Tenure.Change.Resize of) {
            return deed instanceof Deed.Resize resize && resize.volume().equals(of.volume());
        } else if (change instanceof Tenure.Change.Assign of) {
            return deed instanceof Deed.Assignment assignment
                    && assignment.volume().equals(of.volume());
        } else if (change instanceof Tenure.Change.Condemn of) {
            return isDeletionOf(of.volume(), deed);
        } else if (change instanceof Tenure.Change.Wipe of) {
            return isDeletionOf(of.volume(), deed);
        } else if (change instanceof Tenure.Change.Remove of) {
            return isDeletionOf(of.volume(), deed);
        } else if (change instanceof Tenure.Change.AddLun of) {
            return deed.equals(new Deed.NewLun(of.device(), of.size(), of.force()));
        }
        throw new AssertionError("unhandled " + change);
    }

    private static boolean isDeletionOf(VolumeId volume, Deed deed) {
        return deed instanceof Deed.Deletion deletion && deletion.volume().equals(volume);
    }

    /** An SPM is about to do something. */
    void performing(Spm.Step step) {
        if (step instanceof Spm.Answer answer) {
            answering(answer.block());
        }
    }

    private void answering(IncomingBlock block) {
        for (Optional<Reply> said : block.replies()) {
            if (said.isPresent()) {
                Asked asked =
                        new Asked(block.host(), block.answers(), said.get().ticket());
                open.remove(asked);
                VolumeId volume = volumes.get(asked);
                if (said.get().status().isGrant()) {
                    granted(volume, said.get());
                }
            }
        }
    }

    private void granted(VolumeId volume, Reply reply) {
        Bytes size = pool.size(volume);
        require(size.isAtLeast(reply.size()), () -> "volume " + volume + " has only " + size + ", but " + reply);
        Bytes told = facts.getOrDefault(volume, Bytes.ZERO).max(pool.initial(volume));
        require(
                told.isAtLeast(reply.size()),
                () -> "the log tells of " + told + " of volume " + volume + ", but " + reply);
    }

    /** After every event. */
    void check() {
        require(!pool.allocated().isOver(pool.capacity()), () -> "more is allocated than the pool has");
        Set<String> names = new HashSet<>();
        pool.volumes()
                .values()
                .forEach(volume -> require(names.add(volume.name()), () -> "there are two of " + volume));
        for (SimGuest guest : guests) {
            for (SimGuest.Image image : guest.images()) {
                boolean holds = pool.size(image.volume()).isAtLeast(image.device())
                        && image.device().isAtLeast(image.end());
                require(
                        holds,
                        () -> "the guest wrote beyond its device: " + image + " of " + pool.size(image.volume()));
            }
        }
        calmSince.ifPresent(since -> open.forEach((asked, of) -> {
            Moment from = of.since().isBefore(since) ? since : of.since();
            require(
                    timeline.now().since(from).compareTo(ANSWERED_WITHIN) <= 0,
                    () -> "all works, yet nobody has answered " + asked + " for " + of);
        }));
    }

    static void require(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise.get());
        }
    }
}
