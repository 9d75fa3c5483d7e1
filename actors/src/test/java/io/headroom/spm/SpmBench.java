package io.headroom.spm;

import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Slot;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.Moment;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.HeaderStore;
import io.headroom.port.PoolLease;
import io.headroom.port.PoolLog;
import io.headroom.port.SpmMail;
import io.headroom.port.Tenure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** A pool's storage in memory, and SPMs that work on it step by step under the test's hand. */
final class SpmBench {
    static final PoolId POOL = new PoolId("pool");
    static final HostId SPM = new HostId(1);
    static final Duration SCAN = Duration.ofSeconds(2);
    static final Incarnation LIFE = new Incarnation(3, 0xcafe);

    /** More than a thousand requests take that come at once. */
    private static final int MOST_STEPS = 100_000;

    private static final Spm.Timing TIMING = new Spm.Timing(Duration.ofSeconds(1), SCAN, Duration.ofMillis(200));

    // The storage.
    Optional<Header> header = Optional.empty();
    final Map<PoolLog.Place, LogEntry> log =
            new TreeMap<>(Comparator.comparing(PoolLog.Place::segment).thenComparing(PoolLog.Place::slot));
    final Map<VolumeId, Tenure.Volume> volumes = new TreeMap<>();
    final Map<HostId, OutgoingBlock> outgoing = new TreeMap<>();
    final Map<HostId, IncomingBlock> incoming = new TreeMap<>();
    final List<Tenure.Lun> luns = new ArrayList<>();
    Bytes free = Bytes.gibi(100);
    /** Of what is free, as of a LUN from which nothing may be allocated. */
    Bytes barred = Bytes.ZERO;

    Epoch tag = Epoch.NONE;
    boolean leaseIsBusy;
    long bell;

    // What happened.
    final List<Spm.Effect> effects = new ArrayList<>();
    final List<String> notes = new ArrayList<>();

    Spm spm = new Spm(POOL, SPM, "host1:7355", TIMING, Levels.Limits.NONE);
    private final Set<OutgoingBlock> returned = new HashSet<>();
    private final Deque<Spm.Step> underway = new ArrayDeque<>();
    private Predicate<Spm.Step> stopsBefore = step -> false;
    private Predicate<Spm.Step> failsBefore = step -> false;
    private Predicate<Spm.Step> failsAfter = step -> false;
    private Predicate<Tenure.Change> refuses = change -> false;
    private long orders;
    private int made;
    private long millis;
    private long ticket;

    SpmBench() {
        volume("v1", Bytes.gibi(1));
        volume("v2", Bytes.gibi(1));
        volume("v3", Bytes.gibi(1));
    }

    // The storage's side.

    void volume(String id, Bytes size) {
        VolumeId volume = new VolumeId(id);
        volumes.put(volume, Tenure.Volume.ready(volume, "disk-" + id, size, Bytes.gibi(50), Bytes.gibi(51)));
    }

    Bytes size(String id) {
        return volumes.get(new VolumeId(id)).size();
    }

    List<LogEntry> entries() {
        return log.values().stream()
                .sorted(Comparator.comparing(LogEntry::position))
                .toList();
    }

    List<String> events() {
        return entries().stream()
                .map(entry -> entry.event().getClass().getSimpleName())
                .toList();
    }

    <E extends PoolEvent> List<E> events(Class<E> kind) {
        return entries().stream()
                .map(LogEntry::event)
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }

    // The hosts' side: slot n of host h is for volume vn.

    Ticket post(int host, Slot... slots) {
        return post(host, LIFE, slots);
    }

    /** The host's next life posts. */
    Ticket comesBack(int host, Slot... slots) {
        return post(host, new Incarnation(LIFE.number() + 1, 0xbeef), slots);
    }

    private Ticket post(int host, Incarnation life, Slot... slots) {
        List<Slot> all = new ArrayList<>(Collections.nCopies(Limits.SLOTS_PER_BLOCK, Slot.FREE));
        for (int slot = 0; slot < slots.length; slot++) {
            all.set(slot, slots[slot]);
        }
        Epoch seen = header.map(Header::epoch).orElse(Epoch.NONE);
        HostId id = new HostId(host);
        outgoing.put(id, new OutgoingBlock(POOL, id, 0, 1, life, ++ticket, seen, "", all));
        return new Ticket(ticket);
    }

    Slot asks(String volume, Bytes size, Urgency urgency) {
        VolumeId id = new VolumeId(volume);
        Request request = new Request(new Ticket(++ticket), id, new VmName("vm1"), size, Why.THRESHOLD, urgency);
        return new Slot(Optional.of(id), Optional.of(request), Optional.empty());
    }

    Slot asks(String volume, Bytes size) {
        return asks(volume, size, Urgency.within(Duration.ofSeconds(30)));
    }

    /** The block as it stands, now with the header's epoch. */
    void echo(int host) {
        OutgoingBlock old = outgoing.get(new HostId(host));
        post(host, old.slots().toArray(Slot[]::new));
    }

    Reply reply(int host, int slot) {
        return incoming.get(new HostId(host)).replies().get(slot).orElseThrow();
    }

    // The SPM's side.

    /** A new process: nothing is known but what the storage has. */
    void restart() {
        spm = new Spm(POOL, SPM, "host1:7355", TIMING, Levels.Limits.NONE);
        returned.clear();
        underway.clear();
        effects.clear();
        stopsBefore = step -> false;
        failsBefore = step -> false;
        failsAfter = step -> false;
    }

    void serve() {
        tick();
    }

    void tick() {
        on(new Spm.Tick());
    }

    void pass(Duration time) {
        millis += time.toMillis();
        tick();
    }

    /** Passes {@code time} in steps of the SPM's tick. */
    void live(Duration time) {
        for (long end = millis + time.toMillis(); millis < end; ) {
            pass(Duration.ofMillis(100));
        }
    }

    void on(Spm.Input input) {
        take(input);
        for (int count = 1; !underway.isEmpty() && !stopsBefore.test(underway.peek()); count++) {
            if (count > MOST_STEPS) {
                throw new AssertionError("the SPM does not come to rest; it is at " + underway.peek());
            }
            Spm.Step step = underway.remove();
            if (failsBefore.test(step)) {
                take(new Spm.Failed(step, "broken"));
            } else {
                Object answer = perform(step);
                take(failsAfter.test(step) ? new Spm.Failed(step, "broken") : new Spm.Done(step, answer));
            }
        }
    }

    /** The SPM is frozen, or dead, just before such a step. */
    void stopBefore(Class<? extends Spm.Step> kind) {
        stopBefore((Spm.Step step) -> kind.isInstance(step));
    }

    void goOn() {
        stopsBefore = step -> false;
        tick();
    }

    void stopBefore(Predicate<Spm.Step> steps) {
        stopsBefore = steps;
    }

    /** The storage says no to such a change. */
    void refuse(Predicate<Tenure.Change> changes) {
        refuses = changes;
    }

    /** Gives an order. @return its ticket */
    long give(Order order) {
        on(new Spm.Ordered(++orders, order, "root", false));
        return orders;
    }

    /** Has the order carried out, as far as that goes without time passing. */
    Order.Answer carry(Order order) {
        return answer(give(order)).orElseThrow();
    }

    Order.Answer pretend(Order order) {
        on(new Spm.Ordered(++orders, order, "root", true));
        return answer(orders).orElseThrow();
    }

    Optional<Order.Answer> answer(long to) {
        return effects.stream()
                .filter(effect -> effect instanceof Spm.Respond respond && respond.ticket() == to)
                .map(effect -> ((Spm.Respond) effect).answer())
                .findFirst();
    }

    Optional<Tenure.Volume> named(String name) {
        return volumes.values().stream()
                .filter(volume -> volume.name().equals(name))
                .findFirst();
    }

    void failBefore(Predicate<Spm.Step> steps) {
        failsBefore = steps;
    }

    void failAfter(Predicate<Spm.Step> steps) {
        failsAfter = steps;
    }

    List<Spm.Step> steps() {
        return effects.stream()
                .filter(Spm.Step.class::isInstance)
                .map(Spm.Step.class::cast)
                .toList();
    }

    /** Names of the steps since, but for those that only read. */
    List<String> changes() {
        return steps().stream()
                .filter(step -> step instanceof Spm.Append
                        || step instanceof Spm.Change
                        || step instanceof Spm.Answer
                        || step instanceof Spm.Release
                        || step instanceof Spm.Tag
                        || step instanceof Spm.WriteHeader)
                .map(SpmBench::nameOf)
                .toList();
    }

    private static String nameOf(Spm.Step step) {
        Object named = step;
        if (step instanceof Spm.Append append) {
            named = append.placed().entry().event();
        } else if (step instanceof Spm.Change change) {
            named = change.to();
        }
        return named.getClass().getSimpleName();
    }

    Instant wall() {
        return Instant.parse("2026-03-01T12:00:00Z").plusMillis(millis);
    }

    private void take(Spm.Input input) {
        for (Spm.Effect effect :
                spm.on(input, new Moment(Duration.ofMillis(millis).toNanos()), wall())) {
            effects.add(effect);
            if (effect instanceof Spm.Step step) {
                underway.add(step);
            } else if (effect instanceof Spm.Note note) {
                notes.add(note.text());
            }
        }
    }

    private Object perform(Spm.Step step) {
        if (step instanceof Spm.Acquire) {
            return leaseIsBusy ? new PoolLease.Acquisition.Busy("host 2") : new PoolLease.Acquisition.Taken(null);
        } else if (step instanceof Spm.ReadTruth) {
            return new Spm.Truth(new HeaderStore.Found(header, Optional.empty()), contents(), inventory());
        } else if (step instanceof Spm.Append append) {
            log.put(append.placed().place(), append.placed().entry());
        } else if (step instanceof Spm.Tag mark) {
            tag = mark.epoch();
        } else if (step instanceof Spm.ReadHeader) {
            return new HeaderStore.Found(header, Optional.empty());
        } else if (step instanceof Spm.WriteHeader write) {
            header = Optional.of(write.header());
        } else if (step instanceof Spm.Scan) {
            return collected(outgoing.values().stream().toList());
        } else if (step instanceof Spm.Collect collect) {
            return collected(
                    Optional.ofNullable(outgoing.get(collect.host())).stream().toList());
        } else if (step instanceof Spm.ReadBell) {
            return bell;
        } else if (step instanceof Spm.Change change) {
            return change(change.to());
        } else if (step instanceof Spm.Inspect) {
            return inventory();
        } else if (step instanceof Spm.Answer answer) {
            incoming.put(answer.block().host(), answer.block());
        } else if (step instanceof Spm.ReadStanding standing) {
            return Optional.ofNullable(incoming.get(standing.host()));
        }
        return "done";
    }

    PoolLog.Contents contents() {
        List<PoolLog.Placed> placed = new ArrayList<>();
        log.forEach((place, entry) -> placed.add(new PoolLog.Placed(place, entry)));
        return new PoolLog.Contents(4, 64, placed, List.of());
    }

    private SpmMail.Collected collected(List<OutgoingBlock> blocks) {
        return new SpmMail.Collected(blocks.stream().filter(returned::add).toList(), List.of());
    }

    private Tenure.Inventory inventory() {
        return new Tenure.Inventory(Bytes.gibi(500), free, Bytes.mebi(128), tag, List.copyOf(volumes.values()), luns);
    }

    private Tenure.Outcome change(Tenure.Change change) {
        if (refuses.test(change)) {
            return new Tenure.Outcome.Refused("the storage says no");
        }
        if (change instanceof Tenure.Change.Extend of) {
            return extend(of.volume(), of.size());
        } else if (change instanceof Tenure.Change.Create of) {
            VolumeId id = named(of.name()).map(Tenure.Volume::id).orElse(new VolumeId("id-" + ++made));
            free = volumes.containsKey(id) ? free : free.minus(of.size());
            volumes.put(id, Tenure.Volume.ready(id, of.name(), of.size(), of.virtualSize(), of.virtualSize()));
        } else if (change instanceof Tenure.Change.Resize of) {
            return of(of.volume(), volume -> volume.withVirtualSize(of.virtualSize(), of.virtualSize()));
        } else if (change instanceof Tenure.Change.Assign of) {
            return of(of.volume(), volume -> volume.withHosts(of.hosts()));
        } else if (change instanceof Tenure.Change.Condemn of) {
            return of(of.volume(), volume -> volume.withState(Tenure.State.CONDEMNED));
        } else if (change instanceof Tenure.Change.Remove of) {
            Optional.ofNullable(volumes.remove(of.volume())).ifPresent(gone -> free = free.plus(gone.size()));
        } else if (change instanceof Tenure.Change.AddLun of) {
            luns.add(new Tenure.Lun("lun-" + luns.size(), of.device(), of.size(), of.size(), ""));
            free = free.plus(of.size());
        } else if (!(change instanceof Tenure.Change.Wipe)) {
            throw new AssertionError("unhandled " + change);
        }
        return new Tenure.Outcome.Done();
    }

    private Tenure.Outcome of(VolumeId id, UnaryOperator<Tenure.Volume> changed) {
        return volumes.computeIfPresent(id, (of, volume) -> changed.apply(volume)) == null
                ? new Tenure.Outcome.UnknownVolume()
                : new Tenure.Outcome.Done();
    }

    private Tenure.Outcome extend(VolumeId id, Bytes size) {
        Tenure.Volume volume = volumes.get(id);
        if (volume == null) {
            return new Tenure.Outcome.UnknownVolume();
        }
        Bytes more = size.minusOrZero(volume.size());
        Bytes usable = free.minusOrZero(barred);
        if (more.isOver(usable)) {
            return new Tenure.Outcome.NoSpace(usable);
        }
        free = free.minus(more);
        volumes.put(id, volume.withSize(size.max(volume.size())));
        return new Tenure.Outcome.Extended(size.max(volume.size()));
    }
}
