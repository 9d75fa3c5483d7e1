package io.headroom.spm;

import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Damage;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Moment;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import io.headroom.port.SpmMail;
import io.headroom.port.Tenure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
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
    private final Epoch epoch;
    private final List<PoolEvent.Seal> seals;
    private final Books books;
    private final Storage storage;
    private final Pool pool;
    private final Inbox inbox;
    private final Delivery delivery;
    private final Orders orders;
    private final FillRate filling = new FillRate();
    private final Instant since;
    private List<Damage> damages = List.of();
    private long served;
    private int answeredInARow;
    private long lastBell;
    private String bellProblem = "";
    private Moment scanAt;
    private Moment bellAt;
    private Moment spaceAt;

    /** @param release ends the tenure, with the reason */
    Serving(Role role, Takeover takeover, Steps steps, Consumer<String> release) {
        this.role = role;
        this.steps = steps;
        this.epoch = takeover.epoch();
        this.books = new Books(role, takeover, steps, release);
        this.pool = takeover.pool();
        this.storage = new Storage(steps, pool, epoch, release);
        this.inbox = new Inbox(role.pool(), epoch);
        this.delivery = new Delivery(steps);
        this.orders = new Orders(steps, books, storage, epoch, this::known, inbox::spaceMayHaveCome);
        this.seals = books.log().open(epoch, takeover.announced());
        this.since = steps.time();
        takeover.tellWhoIsAwaited(inbox);
        scanAt = steps.now();
        bellAt = steps.now();
        spaceAt = steps.now();
    }

    Epoch epoch() {
        return epoch;
    }

    List<PoolEvent.Seal> seals() {
        return seals;
    }

    Books books() {
        return books;
    }

    Orders orders() {
        return orders;
    }

    /** What is known of volumes and their use when an order's turn comes. */
    private Ruling.Known known() {
        return new Ruling.Known(
                pool,
                inbox::guards,
                damages.stream().findFirst().map(damage -> damage.block() + " cannot be believed: " + damage.cause()),
                inbox.unserved(steps.now()),
                books.log()::tellsOfTheDeletionOf);
    }

    /**
     * Begins the next thing to do.
     *
     * @param rung hosts that rang; those that were attended to are taken out
     * @return false where there is nothing to do now
     */
    boolean next(Set<HostId> rung) {
        Moment now = steps.now();
        filling.read(pool.capacity().minusOrZero(pool.free()), now);
        pool.levelChange().ifPresent(this::levelChanged);
        if (books.isBeatDue()) {
            books.compareEpoch(() -> books.beat(() -> {}));
        } else if (!rung.isEmpty()) {
            HostId first = rung.iterator().next();
            rung.remove(first);
            steps.perform(new Spm.Collect(first), this::collected);
        } else if (!now.isBefore(scanAt)) {
            scan();
        } else if (!now.isBefore(bellAt)) {
            bellAt = now.plus(role.timing().bell());
            steps.attempt(new Spm.ReadBell(), this::bellRead, this::bellUnread);
        } else if (delivery.isDue()) {
            delivery.tryAgain(inbox.lastWords());
        } else if (!books.keep()) {
            return nextOfMailAndOrders();
        }
        return true;
    }

    private void levelChanged(Levels.Change change) {
        PoolEvent.LevelChanged event =
                new PoolEvent.LevelChanged(change.from(), change.to(), pool.free(), pool.capacity());
        steps.note("the pool is " + change.to() + ", it was " + change.from() + ": " + pool.free() + " of "
                + pool.capacity() + " free");
        books.note(List.of(event));
    }

    private boolean nextOfMailAndOrders() {
        books.note(storage.takeNews());
        Optional<Inbox.Standing> first = inbox.mostUrgent(host -> !delivery.isPutOff(host));
        if (!inbox.waiting().isEmpty() && !steps.now().isBefore(spaceAt)) {
            lookForSpace();
        } else if (first.isPresent() && (answeredInARow < Spm.MAIL_BEFORE_AN_ORDER || !orders.areAwaited())) {
            answeredInARow++;
            answer(first.get());
        } else {
            answeredInARow = 0;
            return orders.next() || storage.lookNowAndThen();
        }
        return true;
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
            books.note(inbox.take(block, steps.now()));
        }
        List<Damage> known = damages;
        damages = collected.damages();
        damages.stream()
                .filter(damage -> !known.contains(damage))
                .forEach(damage -> steps.note(damage.block() + " cannot be believed: " + damage.cause()
                        + "; what was known of it stays, and it is read again"));
    }

    private void bellRead(Long bell) {
        bellProblem = "";
        if (bell != lastBell) {
            lastBell = bell;
            scanAt = steps.now();
        }
    }

    /** A bell may be lost: the scan finds the mail all the same. */
    private void bellUnread(String cause) {
        String problem = "the bell block cannot be read: " + cause + "; mail of hosts that the network does not reach"
                + " is found by the scan, every " + role.timing().scan().toMillis() + " ms";
        if (!bellProblem.equals(problem)) {
            bellProblem = problem;
            steps.note(problem);
        }
    }

    private void lookForSpace() {
        spaceAt = steps.now().plus(Spm.LOOK_FOR_SPACE);
        storage.inspect(inbox::spaceMayHaveCome);
    }

    private void answer(Inbox.Standing standing) {
        Pool.Decision decision = pool.decide(standing.request(), inbox.unserved(steps.now()));
        if (decision instanceof Pool.AlreadyLargeEnough enough) {
            reply(standing, Reply.Status.GRANTED, enough.size());
        } else if (decision instanceof Pool.Hold hold) {
            if (inbox.hasSaid(standing, hold.status(), hold.size())) {
                inbox.stillWaits(standing);
            } else if (storage.isOldNews()) {
                storage.inspect(() -> {});
            } else {
                books.append(
                        new PoolEvent.RequestHeld(standing.asked(), hold.size(), hold.cause()),
                        () -> reply(standing, hold.status(), hold.size()));
            }
        } else if (decision instanceof Pool.Extend extend) {
            if (extend.partly()) {
                steps.note(extend.why());
            }
            books.compareEpoch(() -> extend(standing, extend));
        } else {
            throw new AssertionError("unhandled " + decision);
        }
    }

    private void extend(Inbox.Standing standing, Pool.Extend plan) {
        VolumeId volume = standing.request().volume();
        Duration queued = steps.now().since(standing.since());
        books.append(new PoolEvent.ExtensionIntended(standing.asked(), plan.from(), plan.to()), () -> {
            Moment intended = steps.now();
            storage.change(new Tenure.Change.Extend(volume, plan.to()), outcome -> {
                if (outcome instanceof Tenure.Outcome.Extended extended) {
                    pool.extended(volume, extended.size());
                    inbox.expectWordOf(
                            standing.place().host(), volume, standing.request().ticket());
                    books.append(
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
        String cause = Orders.cause(outcome);
        books.append(
                new PoolEvent.ExtensionAbandoned(standing.asked(), plan.from(), plan.to(), epoch, cause),
                () -> storage.inspect(() -> {
                    if (outcome instanceof Tenure.Outcome.Refused) {
                        reply(standing, Reply.Status.STORAGE_REFUSED, plan.from());
                    } else if (outcome instanceof Tenure.Outcome.NoSpace none) {
                        pool.yieldsAtMost(none.free());
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

    void findOut(Tenure.Change change, String cause) {
        storage.findOut(change, cause);
    }

    VolumesReport volumes() {
        return new VolumesReport(
                epoch,
                storage.seen(),
                pool.capacity(),
                pool.free(),
                pool.extent(),
                pool.volumes().stream()
                        .sorted(Comparator.comparing(Tenure.Volume::name))
                        .map(volume -> new VolumesReport.Known(volume, inbox.guards(volume.id())))
                        .toList(),
                pool.luns(),
                "");
    }

    SpmReport report(Spm.Phase phase) {
        List<String> problems = new ArrayList<>();
        if (!steps.problem().isEmpty()) {
            problems.add(steps.problem());
        }
        if (!orders.problem().isEmpty()) {
            problems.add(orders.problem());
        }
        if (!bellProblem.isEmpty()) {
            problems.add(bellProblem);
        }
        problems.addAll(storage.problems());
        pool.problem().ifPresent(problems::add);
        problems.addAll(delivery.problems());
        books.problem().ifPresent(problems::add);
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
                pool.luns(),
                health(),
                inbox.owedCount(),
                waiting(),
                books.log().last(),
                books.log().ledgered(),
                books.log().owed().size(),
                books.journal(),
                served,
                problems);
    }

    private SpmReport.Health health() {
        return new SpmReport.Health(
                pool.level(),
                pool.guaranteedFree(),
                pool.reserve(),
                filling.bytesPerSecond(),
                filling.untilGone(pool.free()));
    }

    private List<SpmReport.Waiting> waiting() {
        return inbox.waiting().stream()
                .map(standing -> new SpmReport.Waiting(
                        standing.place().host(),
                        standing.request().vm(),
                        standing.request().volume(),
                        pool.get(standing.request().volume())
                                .map(Tenure.Volume::name)
                                .orElse(standing.request().volume().value()),
                        standing.request().size(),
                        standing.request()
                                .size()
                                .minusOrZero(
                                        pool.size(standing.request().volume()).orElse(Bytes.ZERO)),
                        standing.request().urgency().paused(),
                        steps.now().since(standing.since())))
                .toList();
    }
}
