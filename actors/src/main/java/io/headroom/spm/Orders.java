package io.headroom.spm;

import io.headroom.ledger.Deed;
import io.headroom.ledger.PoolEvent;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.Moment;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Outcome;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Carries out orders, one at a time and one step whenever no mail is owed an answer, or after so much mail that an order
 * would wait too long:
 *
 * <pre>
 *   looked at the storage ─► ruled ─► intent ─► for each change: epoch compared ─► change ─► looked ─► fact ─► answer
 * </pre>
 *
 * A volume that is unfinished and that no order wants, or whose deletion goes on, is removed in between.
 */
final class Orders {
    /** More are refused; the one at hand is not counted. */
    static final int MOST_WAITING = 32;

    /** A volume that could not be removed is tried again after this. */
    static final Duration LEFTOVER_AGAIN = Duration.ofSeconds(30);

    /** What is wiped between two looks at the mail. */
    static final Bytes WIPED_AT_ONCE = Bytes.mebi(256);

    /** Who removes what nobody ordered to be removed. */
    static final String OURSELVES = "headroom";

    private static final Order.Answer.Refused FULL = new Order.Answer.Refused(
            MOST_WAITING + " orders wait for their turn already; nothing was changed", "ask again shortly");

    /** The order at hand, since its intent was written. */
    private static final class Work {
        private final Optional<Spm.Ordered> given;
        private final Deed deed;
        private final String by;
        private final Moment intended;
        private final Deque<Change> rest;

        Work(Optional<Spm.Ordered> given, Deed deed, String by, Moment intended) {
            this.given = given;
            this.deed = deed;
            this.by = by;
            this.intended = intended;
            this.rest = new ArrayDeque<>(Deeds.changes(deed));
        }
    }

    private final Steps steps;
    private final Books books;
    private final Storage storage;
    private final Epoch epoch;
    private final Supplier<Ruling.Known> known;
    private final Runnable changed;
    private final Deque<Spm.Ordered> waiting = new ArrayDeque<>();
    private Optional<Spm.Ordered> lookedAt = Optional.empty();
    private Optional<Work> work = Optional.empty();
    private Moment leftoversAt;
    private String problem = "";

    /** @param changed hears that the pool is another: who waits for space may have some */
    Orders(Steps steps, Books books, Storage storage, Epoch epoch, Supplier<Ruling.Known> known, Runnable changed) {
        this.steps = steps;
        this.books = books;
        this.storage = storage;
        this.epoch = epoch;
        this.known = known;
        this.changed = changed;
        leftoversAt = steps.now();
    }

    void take(Spm.Ordered order) {
        if (waiting.size() >= MOST_WAITING) {
            steps.also(new Spm.Respond(order.ticket(), FULL));
        } else {
            waiting.add(order);
        }
    }

    /** Whether somebody waits for what comes of an order. */
    boolean areAwaited() {
        return work.isPresent() || !waiting.isEmpty();
    }

    /** @return false where there is nothing to do */
    boolean next() {
        Optional<Volume> leftover = leftover();
        if (work.isPresent()) {
            goOn(work.get());
        } else if (!waiting.isEmpty()) {
            begin(waiting.remove());
        } else if (leftover.isPresent() && !steps.now().isBefore(leftoversAt)) {
            remove(leftover.get());
        } else {
            return false;
        }
        return true;
    }

    private void begin(Spm.Ordered order) {
        lookedAt = Optional.of(order);
        storage.inspect(() -> {
            lookedAt = Optional.empty();
            Ruling ruling = Ruling.on(order.order(), known.get());
            if (ruling instanceof Ruling.No no) {
                respond(order, new Order.Answer.Refused(no.cause(), no.next()));
            } else if (ruling instanceof Ruling.Already already) {
                respond(
                        order,
                        order.pretend()
                                ? new Order.Answer.Planned(List.of(), List.of())
                                : new Order.Answer.Carried(already.what(), already.volume()));
            } else if (ruling instanceof Ruling.Go go && order.pretend()) {
                Deed deed = wipedIfEverOrdered(go.deed());
                respond(order, new Order.Answer.Planned(Deeds.changes(deed), shares(deed)));
            } else if (ruling instanceof Ruling.Go go) {
                intend(Optional.of(order), wipedIfEverOrdered(go.deed()), order.by());
            } else {
                throw new AssertionError("unhandled " + ruling);
            }
        });
    }

    /** Who would get what of the space that a LUN brings. */
    private List<String> shares(Deed deed) {
        Bytes more = Bytes.ZERO;
        if (deed instanceof Deed.NewLun of) {
            more = of.size();
        } else if (deed instanceof Deed.LargerLun of) {
            more = of.size()
                    .minusOrZero(storage.pool().lun(of.device()).orElseThrow().size());
        }
        return more.isZero()
                ? List.of()
                : storage.pool().shares(more, known.get().unserved());
    }

    private void intend(Optional<Spm.Ordered> given, Deed deed, String by) {
        work = Optional.of(new Work(given, deed, by, steps.now()));
        if (books.log().openDeeds().noneMatch(deed::equals)) {
            books.append(new PoolEvent.OrderIntended(deed, by), () -> {});
        }
    }

    private void goOn(Work at) {
        Optional<String> inUse = inUseMeanwhile(at.rest.peek());
        if (inUse.isPresent()) {
            fail(at, new Outcome.Refused(inUse.get()));
            return;
        }
        Change whole = at.rest.peek();
        Change change = whole instanceof Change.Wipe wipe ? firstPart(wipe) : whole;
        books.compareEpoch(() -> storage.change(change, outcome -> {
            if (!(outcome instanceof Outcome.Done) && !(outcome instanceof Outcome.Extended)) {
                storage.inspect(() -> fail(at, outcome));
                return;
            }
            at.rest.remove();
            if (change instanceof Change.Wipe wiped) {
                rest((Change.Wipe) whole, wiped).ifPresent(at.rest::addFirst);
            }
            if (at.rest.isEmpty()) {
                storage.inspect(() -> finish(at));
            }
        }));
    }

    /** Mail was read since the order was ruled on: a VM may have been started by hand. */
    private Optional<String> inUseMeanwhile(Change next) {
        if (!(next instanceof Change.Condemn condemn)
                || storage.pool()
                        .get(condemn.volume())
                        .filter(Orders::isLeftover)
                        .isPresent()) {
            return Optional.empty();
        }
        return known.get().guarded().apply(condemn.volume()).stream()
                .findFirst()
                .map(host -> "a VM on host " + host + " has begun to use the volume");
    }

    private static Change.Wipe firstPart(Change.Wipe whole) {
        return new Change.Wipe(whole.volume(), whole.from(), whole.length().min(WIPED_AT_ONCE));
    }

    private static Optional<Change.Wipe> rest(Change.Wipe whole, Change.Wipe done) {
        Bytes left = whole.length().minus(done.length());
        return left.isZero()
                ? Optional.empty()
                : Optional.of(new Change.Wipe(whole.volume(), whole.from().plus(done.length()), left));
    }

    private void finish(Work at) {
        Optional<Volume> volume = concerned(at.deed);
        if (at.deed instanceof Deed.Creation creation && volume.isEmpty()) {
            fail(at, new Outcome.Refused("the storage made volume " + creation.name() + ", and does not show it"));
            return;
        }
        Optional<VolumeId> created = at.deed instanceof Deed.Creation ? volume.map(Volume::id) : Optional.empty();
        books.append(
                new PoolEvent.OrderCarried(
                        at.deed, created, at.by, epoch, steps.now().since(at.intended)),
                () -> {
                    problem = "";
                    end(at, new Order.Answer.Carried(Deeds.told(at.deed), volume));
                });
    }

    private void fail(Work at, Outcome outcome) {
        String cause = cause(outcome);
        boolean goesOn = at.deed instanceof Deed.Deletion deletion
                && storage.pool()
                        .get(deletion.volume())
                        .filter(Orders::isLeftover)
                        .isPresent();
        if (goesOn) {
            leftoversAt = steps.now().plus(LEFTOVER_AGAIN);
            problem = "volume " + ((Deed.Deletion) at.deed).name() + " cannot be removed: " + cause
                    + "; it is tried again every " + LEFTOVER_AGAIN.toSeconds() + " s";
            steps.note(problem);
            end(at, new Order.Answer.Refused(cause, "nobody can use the volume any more; its deletion is tried again"));
        } else {
            books.append(
                    new PoolEvent.OrderAbandoned(at.deed, at.by, epoch, cause),
                    () -> end(at, new Order.Answer.Refused(cause, next(outcome))));
        }
    }

    /** Why a change was not made. */
    static String cause(Outcome outcome) {
        if (outcome instanceof Outcome.NoSpace none) {
            return "the pool has only " + none.free() + " free";
        } else if (outcome instanceof Outcome.UnknownVolume) {
            return "the pool has no such volume";
        } else if (outcome instanceof Outcome.Refused refused) {
            return refused.cause();
        }
        throw new AssertionError("unhandled " + outcome);
    }

    private static String next(Outcome outcome) {
        return outcome instanceof Outcome.NoSpace
                ? "add a LUN, or delete what nobody needs"
                : "set right what the cause names and give the order again; what was begun is found";
    }

    private void end(Work at, Order.Answer answer) {
        work = Optional.empty();
        changed.run();
        at.given.ifPresent(order -> respond(order, answer));
    }

    private void respond(Spm.Ordered order, Order.Answer answer) {
        steps.also(new Spm.Respond(order.ticket(), answer));
    }

    private Optional<Volume> concerned(Deed deed) {
        if (deed instanceof Deed.Creation of) {
            return storage.pool().find(of.name()).filter(volume -> volume.state() == State.READY);
        } else if (deed instanceof Deed.Resize of) {
            return storage.pool().get(of.volume());
        } else if (deed instanceof Deed.Assignment of) {
            return storage.pool().get(of.volume());
        }
        return Optional.empty();
    }

    private static boolean isLeftover(Volume volume) {
        return volume.state() != State.READY;
    }

    private Optional<Volume> leftover() {
        return storage.pool().volumes().stream().filter(Orders::isLeftover).min(Comparator.comparing(Volume::id));
    }

    /** Whether a condemned volume was to be wiped is in the log; where it is not any more, it is wiped. */
    private void remove(Volume volume) {
        Deed deed = openDeletion(volume.id())
                .orElseGet(() -> new Deed.Deletion(
                        volume.id(), volume.name(), volume.size(), volume.state() == State.CONDEMNED));
        intend(Optional.empty(), deed, OURSELVES);
    }

    /** Who was promised that his data are wiped relies on it, whatever is ordered of the volume later. */
    private Deed wipedIfEverOrdered(Deed deed) {
        return deed instanceof Deed.Deletion of && !of.wipe()
                ? openDeletion(of.volume()).filter(Deed.Deletion::wipe).orElse(of)
                : deed;
    }

    /** Of several the one that wipes. */
    private Optional<Deed.Deletion> openDeletion(VolumeId volume) {
        return books.log()
                .openDeeds()
                .filter(open -> open instanceof Deed.Deletion of && of.volume().equals(volume))
                .map(Deed.Deletion.class::cast)
                .max(Comparator.comparing(Deed.Deletion::wipe));
    }

    /** What cannot be removed; empty where there is nothing. */
    String problem() {
        return problem;
    }

    /** The tenure is over: everybody who still waits is told so. */
    void end(String why) {
        Order.Answer.Refused over = new Order.Answer.Refused(
                "the SPM's tenure ended before the order was carried out to its end: " + why,
                "give the order again: what was done is found, and what was not is done then");
        work.flatMap(at -> at.given).ifPresent(order -> respond(order, over));
        lookedAt.ifPresent(order -> respond(order, over));
        waiting.forEach(order -> respond(order, over));
        work = Optional.empty();
        lookedAt = Optional.empty();
        waiting.clear();
    }
}
