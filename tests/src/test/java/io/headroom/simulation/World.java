package io.headroom.simulation;

import io.headroom.disk.Qcow2;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import io.headroom.spm.Order;
import io.headroom.store.block.Blocks;
import io.headroom.store.mailbox.Identity;
import io.headroom.store.mailbox.Layout;
import io.headroom.store.mailbox.MailboxArea;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A whole cluster in one thread: hosts, SPMs, guests, their LUN, their pool and their database, in virtual time.
 *
 * <p>What may fail: every call of a port, before or after it had its effect; reads and writes of the LUN as {@link
 * SimStorage} says; bells; monitor connections, with the events that they carry; writes of guests; processes, which die and come back
 * as a new incarnation or freeze for any time and go on with what they were about to do; the lease, which a frozen or
 * a living holder loses; the database, for any time, which may also be restored to an earlier state or emptied; the
 * pool's space.
 *
 * <p>What may not: the pool log keeps what was acknowledged to the holder of the lease, and the pool's metadata is
 * true. A command under a lease never outlives it.
 */
public final class World {
    static final PoolId POOL = new PoolId("simulated-pool");
    /** A guest stands for space in an empty pool, and space comes. */
    static final String EXHAUSTION = "exhaustion";

    static final String STALE = "a former SPM that woke up";
    static final String STALE_IN_A_CHANGE = STALE + ", a change under way";

    private static final Duration TO_SETTLE = Duration.ofSeconds(45);
    private static final Duration OF_CALM = Duration.ofSeconds(40);
    private static final Duration RESTART = Duration.ofSeconds(1);

    /**
     * What a world consists of.
     *
     * @param spms how many of the hosts want to be SPM
     * @param capacity what the pool has beyond its volumes' first sizes
     */
    public record Shape(int hosts, int spms, int vms, int disks, int segments, int places, Bytes capacity) {}

    /** Makes the interpreter of an SPM's decisions. */
    @FunctionalInterface
    interface SpmMaker {
        SimSpm make(HostId id, Life life, SimSpm.Surroundings around);
    }

    private final Shape shape;
    private final Execution execution;
    private final SpmMaker spmMaker;
    private final Layout layout;
    private final Timeline timeline = new Timeline();
    private final Tally tally = new Tally();
    private final Faults faults;
    private final Calls calls;
    private final SimStorage storage;
    private final SimPool pool;
    private final SimJournal journal;
    private final Invariants invariants;
    private final SimOperator operator;
    private final List<Node> nodes = new ArrayList<>();
    private final List<SimGuest> guests = new ArrayList<>();

    public World(long seed, Shape shape, Execution execution) {
        this(seed, shape, execution, SimSpm::new);
    }

    World(long seed, Shape shape, Execution execution, SpmMaker spmMaker) {
        this.shape = shape;
        this.execution = execution;
        this.spmMaker = spmMaker;
        this.faults = new Faults(seed);
        this.calls = new Calls(timeline, faults);
        this.pool = new SimPool(timeline, calls, faults);
        this.journal = new SimJournal(timeline, faults, calls, tally);
        this.layout = new Layout(shape.hosts(), shape.segments(), shape.places());
        long firstOfLog = layout.blocks() - (long) shape.segments() * shape.places();
        this.storage = new SimStorage(timeline, faults, layout.blocks(), 1, firstOfLog);
        MailboxArea.create(storage.seenFromOutside(), new Identity(POOL, layout))
                .toCompletableFuture()
                .join();
        this.invariants = new Invariants(timeline, pool, seen(storage.newsSeenFromOutside()), guests);
        storage.witnessedBy((writer, block) -> {
            if (storage.isLog(block)) {
                invariants.logLanded(writer);
            }
        });
        pool.auditedBy(invariants);
        pool.whenSpaceComes(this::countIfAwaited);
        this.operator = new SimOperator(timeline, faults, pool, this::spmForOrders, shape.hosts());
        build();
    }

    private void countIfAwaited(String how) {
        if (pool.isEmpty() && guests.stream().anyMatch(SimGuest::isOutOfSpace)) {
            tally.count(EXHAUSTION);
            tally.count(EXHAUSTION + ", ended by " + how);
        }
    }

    private static MailboxArea seen(Blocks blocks) {
        return MailboxArea.open(blocks, POOL).toCompletableFuture().join();
    }

    private void build() {
        for (int host = 1; host <= shape.hosts(); host++) {
            HostId id = new HostId(host);
            List<SimGuest> own = new ArrayList<>();
            for (int vm = 1; vm <= shape.vms(); vm++) {
                SimGuest guest = new SimGuest(timeline, faults, calls, tally, id, new VmName("vm" + host + "-" + vm));
                for (int disk = 1; disk <= shape.disks(); disk++) {
                    guest.attach(image(id, new VolumeId("vol" + host + "-" + vm + "-" + disk)));
                }
                own.add(guest);
            }
            guests.addAll(own);
            nodes.add(new Node(id, own, host <= shape.spms()));
        }
        pool.addCapacity(pool.allocated().plus(shape.capacity().roundedUpTo(SimPool.EXTENT)));
        nodes.forEach(Node::start);
    }

    private SimGuest.Image image(HostId host, VolumeId id) {
        Bytes virtual = Bytes.mebi(faults.between(256, 1_536));
        Bytes size = Bytes.mebi(faults.between(4, 32)).roundedUpTo(SimPool.EXTENT);
        pool.create(Tenure.Volume.ready(id, id.value(), size, virtual, Qcow2.fullyAllocated(virtual, SimGuest.CLUSTER))
                .withHosts(Set.of(host)));
        return new SimGuest.Image(id, virtual, faults.maybe(0.3), size);
    }

    /** Lets time pass, with the invariants looked at after every event. */
    public void pass(Duration duration) {
        timeline.pass(duration, invariants::check);
    }

    /** Nothing fails any more, every process runs; some time later requests must be answered in time. */
    public void calm() {
        faults.happen(0);
        faults.bellsRing(true);
        journal.away(false);
        nodes.forEach(Node::revive);
        pass(RESTART);
        hosts().forEach(host -> host.vms().forEach(vm -> vm.hold(false)));
        pass(TO_SETTLE);
        guests.forEach(SimGuest::repair);
        invariants.calm();
        pass(OF_CALM);
        guestsWrite(Bytes.ZERO);
        pass(TO_SETTLE);
    }

    /** Every guest writes, to each of its disks. */
    public void guestsWrite(Bytes perSecond) {
        guests.forEach(guest -> guest.images().forEach(image -> guest.writes(image, perSecond)));
    }

    /** What happened here. */
    Tally tally() {
        return tally;
    }

    /** What must hold when all is calm. */
    public void checkEnd() {
        operator.check();
        new EndState(this, pool).check();
    }

    /** Whoever serves, or else any. */
    private Optional<SimSpm> spmForOrders() {
        List<SimSpm> all = spms();
        List<SimSpm> serving = all.stream().filter(SimSpm::serves).toList();
        List<SimSpm> candidates = serving.isEmpty() ? all : serving;
        return candidates.isEmpty() ? Optional.empty() : Optional.of(faults.oneOf(candidates));
    }

    /** An operator gives these orders, each one until it is carried out. */
    public void order(List<Order> orders) {
        operator.follow(orders);
    }

    /** How many orders were answered as carried out. */
    public int carriedOrders() {
        return operator.carried();
    }

    SimOperator operator() {
        return operator;
    }

    private void ringSpm(HostId from) {
        if (faults.bellArrives()) {
            nodes.forEach(node -> node.spm.ifPresent(spm -> spm.rung(from)));
        }
    }

    private void ringHost(HostId to) {
        if (faults.bellArrives()) {
            nodes.get(to.value() - 1).host.ifPresent(SimHost::rung);
        }
    }

    /** Ends both processes of the node to which {@code process} belongs; they start again after a while. */
    public void crash(Life process, Duration away) {
        Node node = nodeOf(process);
        node.crashHost(away);
        node.crashSpm(away);
    }

    Node nodeOf(Life process) {
        return nodes.stream().filter(node -> node.has(process)).findFirst().orElseThrow();
    }

    /** A bad sector comes up under what this host has posted. */
    void spoilMailOf(HostId host) {
        storage.spoil(layout.outgoing(host, 0));
    }

    Timeline timeline() {
        return timeline;
    }

    Faults faults() {
        return faults;
    }

    SimPool pool() {
        return pool;
    }

    SimJournal journal() {
        return journal;
    }

    List<Node> nodes() {
        return nodes;
    }

    List<SimGuest> guests() {
        return guests;
    }

    List<SimHost> hosts() {
        return nodes.stream().flatMap(node -> node.host.stream()).toList();
    }

    List<SimSpm> spms() {
        return nodes.stream().flatMap(node -> node.spm.stream()).toList();
    }

    Invariants invariants() {
        return invariants;
    }

    /** The mailbox as somebody outside of the world sees it. */
    MailboxArea seen() {
        return seen(storage.seenFromOutside());
    }

    @Override
    public String toString() {
        return shape + " after " + timeline.now().nanos() / 1_000_000 + " ms and " + timeline.happened() + " events: "
                + pool.free() + " of " + pool.capacity() + " free, "
                + pool.growths().size() + " growths, "
                + invariants.destroyed() + " records destroyed\n" + operator + "\n" + hosts() + "\n" + spms();
    }

    /** One hypervisor: a process that tends its disks, and perhaps one that wants to be SPM. */
    final class Node {
        private final HostId id;
        private final List<SimGuest> own;
        private final boolean wantsToBeSpm;
        private Life hostLife;
        private Life spmLife;
        private Optional<SimHost> host = Optional.empty();
        private Optional<SimSpm> spm = Optional.empty();

        Node(HostId id, List<SimGuest> own, boolean wantsToBeSpm) {
            this.id = id;
            this.own = own;
            this.wantsToBeSpm = wantsToBeSpm;
        }

        HostId id() {
            return id;
        }

        private void start() {
            startHost();
            if (wantsToBeSpm) {
                startSpm();
            }
        }

        private void startHost() {
            hostLife = new Life("host " + id, timeline);
            long nonce = faults.between(1, Integer.MAX_VALUE - 1);
            open(hostLife, area -> {
                SimHost.Surroundings around = new SimHost.Surroundings(
                        timeline, calls, pool, area, World.this::ringSpm, execution, invariants::posting);
                host = Optional.of(new SimHost(id, hostLife, nonce, own, around));
            });
        }

        private void startSpm() {
            spmLife = new Life("spm " + id, timeline);
            open(spmLife, area -> {
                SimSpm.Surroundings around = new SimSpm.Surroundings(
                        timeline, calls, pool, area, journal, World.this::ringHost, execution, invariants::performing);
                spm = Optional.of(spmMaker.make(id, spmLife, around));
            });
        }

        private void open(Life process, Consumer<MailboxArea> then) {
            Calls.hear(
                    process,
                    () -> MailboxArea.open(storage.device(process), POOL),
                    then,
                    cause -> process.after(RESTART, () -> open(process, then)));
        }

        private boolean has(Life process) {
            return process == hostLife || process == spmLife;
        }

        boolean serves() {
            return spm.filter(SimSpm::serves).isPresent();
        }

        void crash(Life process, Duration away) {
            if (process == spmLife) {
                crashSpm(away);
            } else {
                crashHost(away);
            }
        }

        void freeze(Life process, Duration length, Optional<Duration> expires) {
            if (process == spmLife) {
                freezeSpm(length, expires);
            } else {
                freezeHost(length);
            }
        }

        void crashHost(Duration away) {
            Life crashed = hostLife;
            crashed.end();
            host = Optional.empty();
            timeline.after(away, () -> {
                if (hostLife == crashed) {
                    startHost();
                }
            });
        }

        void crashSpm(Duration away) {
            if (wantsToBeSpm) {
                Life crashed = spmLife;
                crashed.end();
                spm = Optional.empty();
                timeline.after(away, () -> {
                    if (spmLife == crashed) {
                        startSpm();
                    }
                });
            }
        }

        void freezeHost(Duration length) {
            suspend(hostLife, length);
        }

        /** @param expires after this the lease is taken from it */
        void freezeSpm(Duration length, Optional<Duration> expires) {
            if (wantsToBeSpm) {
                Life frozen = spmLife;
                suspend(frozen, length);
                expires.ifPresent(after -> timeline.after(after, () -> {
                    if (frozen.isFrozen() && pool.isHeldBy(frozen)) {
                        pool.expire("it was not renewed");
                    }
                }));
            }
        }

        private void suspend(Life process, Duration length) {
            boolean isChanging = pool.isChanging(process);
            process.freeze();
            timeline.after(length, () -> {
                if (process == spmLife
                        && process.isFrozen()
                        && spm.filter(this::isStale).isPresent()) {
                    tally.count(STALE);
                    tally.count(isChanging ? STALE_IN_A_CHANGE : STALE + ", no change under way");
                }
                process.thaw();
            });
        }

        /** Whether it takes itself for the SPM that another one has become. */
        private boolean isStale(SimSpm sleeper) {
            return sleeper.serves() && pool.tag().isAfter(sleeper.epoch());
        }

        void stepDown() {
            spm.ifPresent(SimSpm::stepDown);
        }

        private void revive() {
            hostLife.thaw();
            if (hostLife.isEnded()) {
                startHost();
            }
            if (wantsToBeSpm) {
                spmLife.thaw();
                if (spmLife.isEnded()) {
                    startSpm();
                }
            }
        }
    }
}
