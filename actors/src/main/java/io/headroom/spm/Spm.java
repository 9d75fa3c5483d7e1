package io.headroom.spm;

import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.ledger.Progress;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Moment;
import io.headroom.model.PoolId;
import io.headroom.port.HeaderStore;
import io.headroom.port.PoolLease;
import io.headroom.port.PoolLog;
import io.headroom.port.Tenure;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what the storage pool manager does next: one step at a time, so that changes are serialized.
 *
 * <pre>
 *   ACQUIRING ──lease──► TAKING_OVER ──intent, tag, old intents settled, room, fact, header──► SERVING
 *                             │                                         StepDown, or a │
 *                             │                             higher epoch in the header ▼
 *       ENDED ◄── lease lost ─┴── lease given back ───────────────────────── STEPPING_DOWN
 *
 *   serving one request:  epoch compared ─► intent ─► extension ─► fact ─► reply ─► bell
 *   and between the mail: orders, see {@link Orders}
 * </pre>
 *
 * A step whose outcome is unknown is done again, for each of them can be repeated; only a change of the pool is
 * settled by looking instead. What was owed when a tenure ends stands in the mailbox, and the next SPM finds it there.
 */
public final class Spm {
    /** A step that failed is done again after this. */
    static final Duration RETRY = Duration.ofMillis(500);

    /** While anyone waits for space, the storage is asked for it this often, in total. */
    static final Duration LOOK_FOR_SPACE = Duration.ofSeconds(10);

    /** Where nothing else makes the SPM look at the storage, it looks for LUNs that went away this often. */
    static final Duration LOOK_AT_LUNS = Duration.ofSeconds(60);

    /** A request is refused or put off only by an inventory that is no older: the pool may have changed since. */
    static final Duration BELIEVED = Duration.ofSeconds(1);

    /** Incoming blocks that are compared with the last word in one scan; the others' turn comes in the next. */
    static final int COMPARED_PER_SCAN = 64;

    /** So many requests are answered before an order that waits gets its next step. */
    static final int MAIL_BEFORE_AN_ORDER = 8;

    public enum Phase {
        ACQUIRING,
        TAKING_OVER,
        SERVING,
        STEPPING_DOWN,
        ENDED
    }

    public sealed interface Input {}

    public record Tick() implements Input {}

    /** The step was done; {@code answer} is what its port answered. */
    public record Done(Step step, Object answer) implements Input {}

    /** The outcome of the step is unknown. */
    public record Failed(Step step, String cause) implements Input {}

    /** A host says over the network that it has mail. */
    public record Rung(HostId host) implements Input {}

    public record LeaseLost(String cause) implements Input {}

    /**
     * The ledger has what {@code progress} says for ever, and wants what follows.
     *
     * @param journal the journal's identity
     * @param events how many events it holds
     */
    public record LedgerAsked(Progress progress, int limit, String journal, long events) implements Input {}

    /** The ledger's database does not work; it asks again when it does. */
    public record LedgerAway(String cause) implements Input {}

    public record StepDown(String why) implements Input {}

    /** @param ticket of this order alone @param pretend nothing is changed; it is told what would be */
    public record Ordered(long ticket, Order order, String by, boolean pretend) implements Input {}

    public sealed interface Effect {}

    /** An effect that is answered by {@link Done} or {@link Failed}; there is never more than one under way. */
    public sealed interface Step extends Effect {}

    public record Acquire() implements Step {}

    /** Answered with a {@link Truth}. */
    public record ReadTruth() implements Step {}

    public record Append(PoolLog.Placed placed) implements Step {}

    public record Tag(Epoch epoch) implements Step {}

    public record ReadHeader() implements Step {}

    public record WriteHeader(Header header) implements Step {}

    public record Scan() implements Step {}

    public record Collect(HostId host) implements Step {}

    public record ReadBell() implements Step {}

    public record Change(Tenure.Change to) implements Step {}

    public record Inspect() implements Step {}

    public record Answer(IncomingBlock block) implements Step {}

    public record ReadStanding(HostId host, int index) implements Step {}

    public record Release() implements Step {}

    /** Ring a host over the network. */
    public record Ring(HostId host) implements Effect {}

    /** What the ledger asked for. @param events as it said when it asked */
    public record Feed(long events, List<LogEntry> entries) implements Effect {}

    /** What came of the order with this ticket. */
    public record Respond(long ticket, Order.Answer answer) implements Effect {}

    /** The tenure is over; nothing more comes of this object. */
    public record Ended(String why) implements Effect {}

    /** Something for the log. */
    public record Note(String text) implements Effect {}

    /** Everything that the pool itself remembers, as a takeover finds it. */
    public record Truth(HeaderStore.Found header, PoolLog.Contents log, Tenure.Inventory inventory) {}

    /**
     * @param beat between two writes of the header
     * @param scan between two readings of every host's blocks: the floor that works without any bell
     * @param bell between two looks at the bell block
     */
    public record Timing(Duration beat, Duration scan, Duration bell) {}

    private final PoolId poolId;
    private final HostId host;
    private final String address;
    private final Timing timing;
    private final Levels.Limits limits;
    private final Steps steps = new Steps();
    private final Set<HostId> rung = new LinkedHashSet<>();
    private Phase phase = Phase.ACQUIRING;
    private Optional<String> stepDown = Optional.empty();
    private Optional<Serving> serving = Optional.empty();

    /** @param limits from which level on the pool is short of space */
    public Spm(PoolId poolId, HostId host, String address, Timing timing, Levels.Limits limits) {
        this.poolId = poolId;
        this.host = host;
        this.address = address;
        this.timing = timing;
        this.limits = limits;
    }

    /** @param wall the wall clock, for the records; nothing is decided by it */
    public List<Effect> on(Input input, Moment at, Instant wall) {
        steps.at(at, wall);
        if (phase != Phase.ENDED) {
            take(input);
            while (steps.areIdle() && next()) {}
        }
        return steps.taken();
    }

    private void take(Input input) {
        if (input instanceof Done done) {
            steps.done(done.step(), done.answer());
        } else if (input instanceof Failed failed) {
            if (steps.isUnderway(failed.step())) {
                failed(failed.step(), failed.cause());
            }
        } else if (input instanceof Tick) {
            steps.retry();
        } else if (input instanceof Rung ring) {
            rung.add(ring.host());
        } else if (input instanceof LeaseLost lost) {
            end("the lease is lost: " + lost.cause());
        } else if (input instanceof LedgerAsked asked) {
            serving.ifPresent(tenure -> tenure.books().ledgerAsked(asked));
        } else if (input instanceof LedgerAway away) {
            serving.ifPresent(tenure -> tenure.books().ledgerAway(away.cause()));
        } else if (input instanceof StepDown order) {
            stepDown = Optional.of(order.why());
        } else if (input instanceof Ordered order) {
            ordered(order);
        } else {
            throw new AssertionError("unhandled " + input);
        }
    }

    private void ordered(Ordered order) {
        if (phase == Phase.SERVING && stepDown.isEmpty()) {
            serving.orElseThrow().orders().take(order);
        } else {
            steps.also(new Respond(
                    order.ticket(),
                    new Order.Answer.Refused(
                            "the SPM does not serve: it is " + phase + "; nothing was changed", "ask again shortly")));
        }
    }

    private void failed(Step step, String cause) {
        if (step instanceof Acquire && stepDown.isPresent()) {
            end("never served: " + stepDown.get());
        } else if (step instanceof Release) {
            end("the lease could not be given back in order: " + cause);
        } else if (stepDown.isPresent() && !(step instanceof Change && phase == Phase.SERVING)) {
            release("the storage failed while stepping down: " + cause);
        } else if (step instanceof Change change) {
            serving.orElseThrow().findOut(change.to(), cause);
        } else {
            steps.failed(step, cause);
        }
    }

    /** @return whether anything was begun or done */
    private boolean next() {
        if (phase == Phase.SERVING && stepDown.isPresent()) {
            phase = Phase.STEPPING_DOWN;
            String why = stepDown.get();
            serving.orElseThrow().books().append(new PoolEvent.SteppedDown(host, why), () -> release(why));
            return true;
        }
        if (phase == Phase.SERVING) {
            return serving.orElseThrow().next(rung);
        }
        if (phase == Phase.ACQUIRING && stepDown.isPresent()) {
            end("never served: " + stepDown.get());
        } else if (phase == Phase.ACQUIRING) {
            steps.perform(new Acquire(), this::acquired);
            return true;
        }
        return false;
    }

    private void acquired(PoolLease.Acquisition acquisition) {
        if (acquisition instanceof PoolLease.Acquisition.Busy busy) {
            steps.pause("the lease is held by " + busy.holder());
            return;
        }
        phase = Phase.TAKING_OVER;
        Moment began = steps.now();
        steps.perform(new ReadTruth(), (Truth truth) -> takeOver(truth, began));
    }

    private void takeOver(Truth truth, Moment began) {
        truth.header().damage().ifPresent(damage -> steps.note("the header cannot be believed: " + damage));
        truth.log().damages().forEach(damage -> steps.note("the pool log has damage: " + damage));
        Takeover takeover = new Takeover(truth, limits);
        Serving tenure = new Serving(new Serving.Role(poolId, host, address, timing), takeover, steps, this::release);
        serving = Optional.of(tenure);
        Books books = tenure.books();
        // Only now: where the book gave up a takeover that came to nothing, what that had settled is open again.
        List<PoolEvent> settlements = takeover.settlements();
        // Until its fact a takeover may be written over by the next one: all that it wrote stands elsewhere too. The
        // header announces only what is over: so an epoch after it that left no trace is known to have come to nothing.
        Runnable over = () ->
                books.append(new PoolEvent.TakenOver(host, steps.now().since(began)), () -> books.beat(this::serve));
        books.append(
                new PoolEvent.TakeoverIntended(host, tenure.seals()),
                () -> steps.perform(
                        new Tag(tenure.epoch()),
                        tagged -> steps.forAll(settlements.iterator(), books::append, () -> books.makeRoom(over))));
    }

    private void serve() {
        phase = Phase.SERVING;
        steps.note(
                "SPM of pool " + poolId + " in epoch " + serving.orElseThrow().epoch());
    }

    private void release(String why) {
        phase = Phase.STEPPING_DOWN;
        steps.perform(new Release(), released -> end(why));
    }

    private void end(String why) {
        phase = Phase.ENDED;
        steps.drop();
        serving.ifPresent(tenure -> tenure.orders().end(why));
        steps.also(new Ended(why));
    }

    public Phase phase() {
        return phase;
    }

    public VolumesReport volumes() {
        return serving.filter(tenure -> phase == Phase.SERVING)
                .map(Serving::volumes)
                .orElseGet(() -> VolumesReport.none("the SPM does not serve: it is " + phase + "; ask again shortly"));
    }

    public SpmReport report() {
        return serving.map(tenure -> tenure.report(phase))
                .orElseGet(() -> SpmReport.before(poolId, host, phase, steps.doing(), steps.problem()));
    }
}
