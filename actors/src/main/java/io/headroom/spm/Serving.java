package io.headroom.spm;

import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Damage;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Moment;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import io.headroom.port.HeaderStore;
import io.headroom.port.PoolLog;
import io.headroom.port.SpmMail;
import io.headroom.port.Tenure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** One tenure of the SPM, from its epoch on: reads the mail, decides, changes the pool, answers, keeps its books. */
final class Serving {
    /** Who serves, and how often he looks. */
    record Role(PoolId pool, HostId host, String address, Spm.Timing timing) {}

    private final Role role;
    private final Steps steps;
    private final Consumer<String> release;
    private final Epoch epoch;
    private final List<PoolEvent.Seal> seals;
    private final Pool pool;
    private final LogBook book;
    private final Inbox inbox;
    private final Delivery delivery;
    private final Journal journal;
    private final Deque<PoolEvent> notes = new ArrayDeque<>();
    private final Instant since;
    private List<Damage> damages = List.of();
    private long beats;
    private long served;
    private long lastBell;
    private Moment beatAt;
    private Moment scanAt;
    private Moment bellAt;
    private Moment spaceAt;
    private Moment learned;

    /** @param release ends the tenure, with the reason */
    Serving(Role role, Takeover takeover, Steps steps, Consumer<String> release) {
        this.role = role;
        this.steps = steps;
        this.release = release;
        this.epoch = takeover.epoch();
        this.book = takeover.book();
        this.pool = takeover.pool();
        this.journal = takeover.journal();
        this.inbox = new Inbox(role.pool(), epoch);
        this.delivery = new Delivery(steps);
        this.seals = book.open(epoch);
        this.since = steps.time();
        takeover.tellWhoIsAwaited(inbox);
        beatAt = steps.now();
        scanAt = steps.now();
        bellAt = steps.now();
        spaceAt = steps.now();
        learned = steps.now();
    }

    Epoch epoch() {
        return epoch;
    }

    List<PoolEvent.Seal> seals() {
        return seals;
    }

    void append(PoolEvent event, Runnable then) {
        PoolLog.Placed placed = book.next(steps.time(), event);
        steps.perform(new Spm.Append(placed), written -> {
            book.written(placed.entry());
            feed();
            then.run();
        });
    }

    void ledgerAsked(Spm.LedgerAsked asked) {
        journal.asked(asked).ifPresent(notes::add);
        feed();
    }

    void ledgerAway(String cause) {
        journal.away(cause);
    }

    private void feed() {
        journal.due().ifPresent(steps::also);
    }

    /**
     * Begins the next thing to do.
     *
     * @param rung hosts that rang; those that were attended to are taken out
     * @return false where there is nothing to do now
     */
    boolean next(Set<HostId> rung) {
        Moment now = steps.now();
        if (!now.isBefore(beatAt)) {
            compareEpoch(() -> beat(() -> {}));
        } else if (!rung.isEmpty()) {
            HostId first = rung.iterator().next();
            rung.remove(first);
            steps.perform(new Spm.Collect(first), this::collected);
        } else if (!now.isBefore(scanAt)) {
            scan();
        } else if (!now.isBefore(bellAt)) {
            bellAt = now.plus(role.timing().bell());
            steps.perform(new Spm.ReadBell(), this::bellRead);
        } else if (delivery.isDue()) {
            delivery.tryAgain(inbox.lastWords());
        } else if (!book.coalesce().isEmpty()) {
            makeRoom(() -> {});
        } else if (!notes.isEmpty()) {
            append(notes.remove(), () -> {});
        } else if (!inbox.waiting().isEmpty() && !now.isBefore(spaceAt)) {
            lookForSpace();
        } else {
            Optional<Inbox.Standing> first = inbox.mostUrgent(host -> !delivery.isPutOff(host));
            first.ifPresent(this::answer);
            return first.isPresent();
        }
        return true;
    }

    /** Coalesces the pool log where room in it gets scarce, until it does not. */
    void makeRoom(Runnable then) {
        List<PoolEvent> records = book.coalesce();
        if (records.isEmpty()) {
            then.run();
            return;
        }
        steps.note("the ledger is behind at " + book.ledgered() + "; the pool log is coalesced per volume: "
                + records.size() + " records");
        steps.forAll(records.iterator(), this::append, () -> makeRoom(then));
    }

    void beat(Runnable then) {
        beatAt = steps.now().plus(role.timing().beat());
        Header header = journal.header(role.pool(), epoch, ++beats, role.host(), role.address());
        steps.perform(new Spm.WriteHeader(header), written -> then.run());
    }

    /** A lower epoch is a former SPM that woke up: the header is written again. A higher one ends this tenure. */
    private void compareEpoch(Runnable then) {
        steps.perform(new Spm.ReadHeader(), (HeaderStore.Found found) -> {
            Optional<Header> header = found.header();
            if (header.isPresent() && header.get().epoch().isAfter(epoch)) {
                release.accept("host " + header.get().spm() + " serves in epoch "
                        + header.get().epoch());
            } else if (header.isEmpty() || !header.get().epoch().equals(epoch)) {
                steps.note("the header was not ours (" + found + "); it is written again");
                beat(then);
            } else {
                then.run();
            }
        });
    }

    private void scan() {
        scanAt = steps.now().plus(role.timing().scan());
        steps.perform(new Spm.Scan(), (SpmMail.Collected collected) -> {
            collected(collected);
            delivery.compareSome(inbox.lastWords());
        });
    }

    private void collected(SpmMail.Collected collected) {
        for (OutgoingBlock block : collected.blocks()) {
            if (!inbox.isOfThisEpoch(block)) {
                steps.also(new Spm.Ring(block.host()));
            }
            notes.addAll(inbox.take(block, steps.now()));
        }
        List<Damage> known = damages;
        damages = collected.damages();
        damages.stream()
                .filter(damage -> !known.contains(damage))
                .forEach(damage -> steps.note(damage.block() + " cannot be believed: " + damage.cause()
                        + "; what was known of it stays, and it is read again"));
    }

    private void bellRead(Long bell) {
        if (bell != lastBell) {
            lastBell = bell;
            scanAt = steps.now();
        }
    }

    private void lookForSpace() {
        spaceAt = steps.now().plus(Spm.LOOK_FOR_SPACE);
        inspect(inbox::spaceMayHaveCome);
    }

    private void inspect(Runnable then) {
        steps.perform(new Spm.Inspect(), (Tenure.Inventory inventory) -> {
            learn(inventory);
            then.run();
        });
    }

    private void learn(Tenure.Inventory inventory) {
        pool.learn(inventory);
        learned = steps.now();
    }

    private void answer(Inbox.Standing standing) {
        Pool.Decision decision = pool.decide(standing.request());
        if (decision instanceof Pool.AlreadyLargeEnough enough) {
            reply(standing, Reply.Status.GRANTED, enough.size());
        } else if (decision instanceof Pool.Hold hold) {
            if (inbox.hasSaid(standing, hold.status(), hold.size())) {
                inbox.stillWaits(standing);
            } else if (steps.now().since(learned).compareTo(Spm.BELIEVED) > 0) {
                inspect(() -> {});
            } else {
                append(
                        new PoolEvent.RequestHeld(standing.asked(), hold.size(), hold.cause()),
                        () -> reply(standing, hold.status(), hold.size()));
            }
        } else if (decision instanceof Pool.Extend extend) {
            compareEpoch(() -> extend(standing, extend));
        } else {
            throw new AssertionError("unhandled " + decision);
        }
    }

    private void extend(Inbox.Standing standing, Pool.Extend plan) {
        VolumeId volume = standing.request().volume();
        Duration queued = steps.now().since(standing.since());
        append(new PoolEvent.ExtensionIntended(standing.asked(), plan.from(), plan.to()), () -> {
            Moment intended = steps.now();
            steps.perform(new Spm.Extend(volume, plan.to()), (Tenure.Outcome outcome) -> {
                if (outcome instanceof Tenure.Outcome.Extended extended) {
                    pool.extended(volume, extended.size());
                    inbox.expectWordOf(
                            standing.place().host(), volume, standing.request().ticket());
                    append(
                            new PoolEvent.VolumeExtended(
                                    standing.asked(),
                                    plan.from(),
                                    extended.size(),
                                    queued,
                                    steps.now().since(intended)),
                            () -> reply(
                                    standing,
                                    plan.partly() ? Reply.Status.PARTLY : Reply.Status.GRANTED,
                                    extended.size()));
                } else {
                    abandon(standing, plan, outcome);
                }
            });
        });
    }

    /** The storage did not do what the books said it could: the books are read again before anything else. */
    private void abandon(Inbox.Standing standing, Pool.Extend plan, Tenure.Outcome outcome) {
        String cause = outcome instanceof Tenure.Outcome.Refused refused ? refused.cause() : outcome.toString();
        append(
                new PoolEvent.ExtensionAbandoned(standing.asked(), plan.from(), plan.to(), epoch, cause),
                () -> inspect(() -> {
                    if (outcome instanceof Tenure.Outcome.Refused) {
                        reply(standing, Reply.Status.STORAGE_REFUSED, plan.from());
                    }
                }));
    }

    private void reply(Inbox.Standing standing, Reply.Status status, Bytes size) {
        Reply reply = new Reply(standing.request().ticket(), status, size, epoch);
        IncomingBlock block = inbox.answer(standing, reply);
        delivery.deliver(block, () -> {
            inbox.answered(standing, reply, block);
            served++;
        });
    }

    /** Whether the storage did what it was told is unknown: it is looked at, never done again. */
    void findOut(Spm.Extend extend, String cause) {
        steps.note("whether volume " + extend.volume() + " grew is unknown (" + cause + "); the storage is looked at");
        steps.instead(new Spm.Inspect(), (Tenure.Inventory inventory) -> {
            learn(inventory);
            if (inventory.tag().isAfter(epoch)) {
                release.accept("the metadata is marked with epoch " + inventory.tag());
                return;
            }
            Bytes size = pool.size(extend.volume()).orElse(Bytes.ZERO);
            steps.settle(
                    size.isAtLeast(extend.size())
                            ? new Tenure.Outcome.Extended(size)
                            : new Tenure.Outcome.NoSpace(pool.free()));
        });
    }

    SpmReport report(Spm.Phase phase) {
        List<String> problems = new ArrayList<>();
        if (!steps.problem().isEmpty()) {
            problems.add(steps.problem());
        }
        problems.addAll(delivery.problems());
        journal.problem().ifPresent(problems::add);
        damages.forEach(damage -> problems.add(damage.block() + " cannot be believed: " + damage.cause()));
        return new SpmReport(
                role.pool(),
                role.host(),
                phase,
                steps.doing(),
                epoch,
                since,
                pool.capacity(),
                pool.free(),
                pool.allocated(),
                pool.committed(),
                pool.count(),
                inbox.owedCount(),
                waiting(),
                book.last(),
                book.ledgered(),
                journal.identity(),
                served,
                problems);
    }

    private List<SpmReport.Waiting> waiting() {
        return inbox.waiting().stream()
                .map(standing -> new SpmReport.Waiting(
                        standing.place().host(),
                        standing.request().vm(),
                        standing.request().volume(),
                        standing.request().size(),
                        standing.request().urgency().paused(),
                        steps.now().since(standing.since())))
                .toList();
    }
}
