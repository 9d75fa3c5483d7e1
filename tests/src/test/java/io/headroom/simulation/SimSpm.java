package io.headroom.simulation;

import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.port.Bell;
import io.headroom.port.HeaderStore;
import io.headroom.port.PoolLease;
import io.headroom.port.PoolLog;
import io.headroom.port.SpmMail;
import io.headroom.port.Tenure;
import io.headroom.spm.Levels;
import io.headroom.spm.Order;
import io.headroom.spm.Spm;
import io.headroom.spm.SpmActor;
import io.headroom.store.event.PoolEventCodec;
import io.headroom.store.mailbox.MailboxArea;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A process that wants to be SPM: carries out what it decides, tenure after tenure, and feeds the ledger. */
class SimSpm {
    static final Spm.Timing TIMING =
            new Spm.Timing(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofMillis(250));
    private static final Duration TICK = Duration.ofMillis(100);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** Hears what an SPM is about to do. */
    interface Witness {
        void performing(Spm.Step step);
    }

    /** What an SPM's process needs of the world around it. */
    record Surroundings(
            Timeline timeline,
            Calls calls,
            SimPool pool,
            MailboxArea area,
            SimJournal journal,
            Bell hosts,
            Execution execution,
            Witness witness) {}

    private final HostId id;
    private final Life life;
    private final Surroundings around;
    private final HeaderStore headers;
    private final PoolLog log;
    private final PoolLease lease;
    private Spm spm;
    private SpmMail mail;
    private Optional<Tenure> tenure = Optional.empty();
    private Optional<SimLedger> ledger = Optional.empty();
    private final Map<Long, Consumer<Order.Answer>> orderedBy = new HashMap<>();
    private long orders;
    private int tenures;

    SimSpm(HostId id, Life life, Surroundings around) {
        this.id = id;
        this.life = life;
        this.around = around;
        this.headers = around.area().headerStore();
        this.log = around.area().poolLog(new PoolEventCodec());
        this.lease = around.pool().lease(life);
        begin();
        life.every(TICK, () -> step(new Spm.Tick()));
    }

    private void begin() {
        tenures++;
        spm = new Spm(World.POOL, id, "host" + id + ":7600", TIMING, Levels.Limits.USUAL);
        mail = around.area().spmMail();
        step(new Spm.Tick());
    }

    boolean serves() {
        return spm.phase() == Spm.Phase.SERVING;
    }

    Epoch epoch() {
        return spm.report().epoch();
    }

    /** The last entry that it wrote to the pool log. */
    LogPosition logged() {
        return spm.report().logged();
    }

    /** A host rings. */
    void rung(HostId host) {
        life.tell(() -> step(new Spm.Rung(host)));
    }

    /** An order arrives; who gave it hears the answer, unless this process dies before. */
    void order(Order order, Consumer<Order.Answer> asker) {
        life.tell(() -> {
            orderedBy.put(++orders, asker);
            step(new Spm.Ordered(orders, order, "operator", false));
        });
    }

    void stepDown() {
        life.tell(() -> step(new Spm.StepDown("by order")));
    }

    private void step(Spm.Input input) {
        for (Spm.Effect effect :
                spm.on(input, around.timeline().now(), around.timeline().time())) {
            around.execution().run(life, effect, () -> run(effect));
        }
        if (serves() && ledger.isEmpty()) {
            ledger = Optional.of(new SimLedger(life, around.journal(), asked -> step(asked)));
        }
    }

    private void run(Spm.Effect effect) {
        if (effect instanceof Spm.Step step) {
            around.witness().performing(step);
            int during = tenures;
            Calls.hear(
                    life,
                    () -> call(step),
                    answer -> answered(during, new Spm.Done(step, answer)),
                    cause -> answered(during, new Spm.Failed(step, cause)));
        } else if (effect instanceof Spm.Ring ring) {
            around.hosts().ring(ring.host());
        } else if (effect instanceof Spm.Respond respond) {
            orderedBy.remove(respond.ticket()).accept(respond.answer());
        } else if (effect instanceof Spm.Feed feed) {
            ledger.ifPresent(of -> of.feed(feed.events(), feed.entries()));
        } else if (effect instanceof Spm.Ended) {
            ledger.ifPresent(SimLedger::stop);
            ledger = Optional.empty();
            tenure = Optional.empty();
            life.after(PAUSE, this::begin);
        } else if (!(effect instanceof Spm.Note)) {
            throw new AssertionError("unhandled " + effect);
        }
    }

    private void answered(int during, Spm.Input input) {
        if (during == tenures) {
            step(input);
        }
    }

    /** Carries out one step. */
    CompletionStage<?> call(Spm.Step step) {
        if (step instanceof Spm.Acquire) {
            return lease.acquire().thenApply(this::acquired);
        }
        return new SpmActor.StepPorts(mail, headers, log, this::held).perform(step);
    }

    private PoolLease.Acquisition acquired(PoolLease.Acquisition acquisition) {
        if (acquisition instanceof PoolLease.Acquisition.Taken taken) {
            int during = tenures;
            tenure = Optional.of(taken.tenure());
            Calls.hear(
                    life,
                    taken.tenure()::lost,
                    cause -> answered(during, new Spm.LeaseLost(cause)),
                    cause -> answered(during, new Spm.LeaseLost(cause)));
        }
        return acquisition;
    }

    private Tenure held() {
        return tenure.orElseThrow();
    }

    @Override
    public String toString() {
        return "spm " + id + " on " + life + ": " + spm.report();
    }
}
