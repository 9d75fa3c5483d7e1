package io.headroom.cluster;

import io.headroom.mailbox.OutgoingBlock;
import io.headroom.model.Moment;
import io.headroom.port.Clock;
import io.headroom.port.HostMail;
import io.headroom.port.PoolLease;
import io.headroom.port.SpmMail;
import io.headroom.port.Tenure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps the node in its cluster, from the lasting actor system: drives {@link Formation} with looks at the storage, and
 * replaces the cluster's actor system whenever it ended.
 *
 * <pre>
 *   present ──(downed, left by StartAnew)──► ending ──(ended, or given up)──► starting ──► present
 *      │                                                                        │ ▲
 *      │                                                                        └─┘ failed: again, later each time
 *      └──Leave──► leaving ──► left
 * </pre>
 */
public final class MembershipActor<M> extends AbstractBehavior<MembershipActor.Message> {
    /** Alone, or the SPM's place and the storage out of sight: somebody waits for what comes of it. */
    private static final Duration LOOK_IN_NEED = Duration.ofMillis(500);

    private static final Duration LOOK_AS_MEMBER = Duration.ofSeconds(2);
    private static final Duration SHORTEST_BACK_OFF = Duration.ofMillis(500);
    private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(10);

    /** A host that misses three of its idle rewrites is taken for dead. */
    private static final int RHYTHMS_UNTIL_SILENT = 3;

    sealed interface Message {}

    record Leave(ActorRef<Done> replyTo) implements Message {}

    record DescribePeers(ActorRef<List<Peers.Peer>> replyTo) implements Message {}

    private record Look() implements Message {}

    private record Looked(HostMail.Arrived arrived, List<OutgoingBlock> changed) implements Message {}

    private record LookFailed(Throwable cause) implements Message {}

    private record LeaseAnswered(PoolLease.Acquisition answer) implements Message {}

    private record LeaseFailed(Throwable cause) implements Message {}

    private record Start() implements Message {}

    private record Started<M>(ClusterSystem<M> cluster) implements Message {}

    private record StartFailed(Throwable cause) implements Message {}

    /** @param life which one: the end of a life that was given up comes late */
    private record Ended(ClusterSystem<?> life) implements Message {}

    private record GivenBack() implements Message {}

    private record NotGivenBack(Throwable cause) implements Message {}

    private final NodeSettings.ClusterPort port;
    private final Storage storage;
    private final Supplier<ClusterSystem<M>> starter;
    private final AtomicReference<ClusterSystem<M>> present;
    private final TimerScheduler<Message> timers;
    private final Peers peers;
    private final List<ActorRef<Done>> leavers = new ArrayList<>();

    private Formation formation;
    private Ending ending = new Ending();
    private List<String> asked = List.of();
    private Optional<Tenure> formingTenure = Optional.empty();
    private Duration backOff = SHORTEST_BACK_OFF;
    private boolean starting;
    private boolean leaving;
    private boolean wasMember;
    private Moment lastScan;

    /**
     * The ports and means of a membership.
     *
     * @param mail for the header
     * @param scan for everybody's blocks; used here alone
     * @param lease this process's own, the same that its SPM takes
     * @param blocking runs what blocks: the start of an actor system
     * @param majority the lease by which one side of a partition goes on; empty where the larger side does
     */
    public record Storage(
            HostMail mail,
            SpmMail scan,
            PoolLease lease,
            Executor blocking,
            Clock clock,
            Optional<MajorityLease.Means> majority) {
        /** The larger side of a partition goes on. */
        public Storage(HostMail mail, SpmMail scan, PoolLease lease, Executor blocking, Clock clock) {
            this(mail, scan, lease, blocking, clock, Optional.empty());
        }
    }

    private MembershipActor(
            ActorContext<Message> context,
            TimerScheduler<Message> timers,
            NodeSettings.ClusterPort port,
            Peers peers,
            Storage storage,
            Supplier<ClusterSystem<M>> starter,
            AtomicReference<ClusterSystem<M>> present) {
        super(context);
        this.timers = timers;
        this.port = port;
        this.peers = peers;
        this.storage = storage;
        this.starter = starter;
        this.present = present;
        begin(present.get());
        timers.startSingleTimer(new Look(), Duration.ZERO);
    }

    /**
     * @param starter starts a new cluster system, blocking; throws where its port cannot be bound
     * @param present the life of the cluster system that others see; holds the first, already started
     */
    static <M> Behavior<Message> create(
            NodeSettings.ClusterPort port,
            NodeSettings.Mailbox rhythm,
            Storage storage,
            Supplier<ClusterSystem<M>> starter,
            AtomicReference<ClusterSystem<M>> present) {
        Peers peers = new Peers(rhythm.signOfLife().multipliedBy(RHYTHMS_UNTIL_SILENT));
        return Behaviors.setup(context -> {
            context.setLoggerName(MembershipActor.class);
            return Behaviors.withTimers(
                    timers -> new MembershipActor<>(context, timers, port, peers, storage, starter, present));
        });
    }

    @Override
    public Receive<Message> createReceive() {
        return newReceiveBuilder()
                .onMessage(Look.class, message -> look())
                .onMessage(Looked.class, this::looked)
                .onMessage(LookFailed.class, this::lookFailed)
                .onMessage(LeaseAnswered.class, this::leaseAnswered)
                .onMessage(LeaseFailed.class, this::leaseFailed)
                .onMessage(Start.class, message -> startAgain())
                .onMessage(Started.class, this::started)
                .onMessage(StartFailed.class, this::startFailed)
                .onMessage(Ended.class, message -> message.life() == present.get() ? ended() : this)
                .onMessage(GivenBack.class, message -> this)
                .onMessage(NotGivenBack.class, failed -> {
                    getContext()
                            .getLog()
                            .warn(
                                    "the lease could not be given back: {}",
                                    failed.cause().toString());
                    return this;
                })
                .onMessage(Leave.class, this::leave)
                .onMessage(DescribePeers.class, question -> {
                    question.replyTo().tell(peers.all(now()));
                    return this;
                })
                .build();
    }

    private Behavior<Message> look() {
        boolean scans = !wasMember || lastScan == null || now().since(lastScan).compareTo(peers.scanEvery()) >= 0;
        CompletionStage<List<OutgoingBlock>> changed = scans
                ? storage.scan().scan().thenApply(SpmMail.Collected::blocks)
                : CompletableFuture.completedStage(List.of());
        lastScan = scans ? now() : lastScan;
        CompletionStage<Message> seen = storage.mail().read(0).thenCombine(changed, Looked::new);
        getContext().pipeToSelf(seen, (message, failure) -> failure == null ? message : new LookFailed(failure));
        return this;
    }

    private Behavior<Message> looked(Looked looked) {
        peers.looked(now(), looked.arrived().header(), looked.changed());
        living().ifPresent(this::decide);
        return lookLater(false);
    }

    private Optional<ClusterSystem<M>> living() {
        return Optional.ofNullable(present.get()).filter(cluster -> !leaving && !cluster.isEnding());
    }

    private Behavior<Message> lookFailed(LookFailed failed) {
        getContext()
                .getLog()
                .warn("the mailbox cannot be read: {}", failed.cause().toString());
        boolean oldest = living().filter(this::isOldest).isPresent();
        living().ifPresent(cluster -> carryOut(formation.blind(now(), oldest), cluster));
        return lookLater(oldest);
    }

    private boolean isOldest(ClusterSystem<M> cluster) {
        List<String> byAge = cluster.isMember() ? cluster.byAge() : List.of();
        return byAge.size() > 1 && byAge.get(0).equals(port.address());
    }

    private Behavior<Message> lookLater(boolean inNeed) {
        ClusterSystem<M> cluster = present.get();
        boolean member = living().filter(ClusterSystem::isMember).isPresent();
        timers.startSingleTimer(new Look(), member && !inNeed ? LOOK_AS_MEMBER : LOOK_IN_NEED);
        return cluster != null && !leaving && cluster.isEnding() ? awaitEnd(cluster) : this;
    }

    private Behavior<Message> awaitEnd(ClusterSystem<M> cluster) {
        Ending.Order order = ending.next(now(), cluster.isDowned());
        if (order == Ending.Order.CUT) {
            getContext().getLog().info("the former cluster system waits for peers in vain: its connections are closed");
            cluster.cutConnections();
        } else if (order == Ending.Order.ABANDON) {
            getContext().getLog().warn("the former cluster system does not end; it is given up");
            return ended();
        }
        return this;
    }

    private void decide(ClusterSystem<M> cluster) {
        boolean member = cluster.isMember();
        Set<String> members = member ? cluster.members() : Set.of();
        if (member && !wasMember) {
            getContext().getLog().info("in a cluster of {}", members);
        }
        wasMember = member;
        carryOut(formation.next(new Formation.Sight(now(), member, members, peers)), cluster);
    }

    private void carryOut(Formation.Order order, ClusterSystem<M> cluster) {
        if (order instanceof Formation.Order.Join join) {
            if (!join.contacts().equals(asked)) {
                asked = join.contacts();
                getContext().getLog().info("asking {} to let this node into the cluster, until one does", asked);
            }
            cluster.join(join.contacts());
        } else if (order instanceof Formation.Order.TakeLease) {
            getContext()
                    .pipeToSelf(
                            storage.lease().acquire(),
                            (answer, failure) ->
                                    failure == null ? new LeaseAnswered(answer) : new LeaseFailed(failure));
        } else if (order instanceof Formation.Order.Form) {
            getContext().getLog().info("nobody answers, no SPM beats, and the lease is ours: forming the cluster");
            cluster.form();
        } else if (order instanceof Formation.Order.GiveLeaseBack) {
            giveBackFormingTenure();
        } else if (order instanceof Formation.Order.StartAnew anew) {
            getContext().getLog().warn("leaving this cluster: {}", anew.cause());
            cluster.end();
        } else if (!(order instanceof Formation.Order.Wait)) {
            throw new AssertionError("unhandled order " + order);
        }
    }

    private Behavior<Message> leaseAnswered(LeaseAnswered answered) {
        if (answered.answer() instanceof PoolLease.Acquisition.Taken taken) {
            boolean wanted = present.get() != null && !present.get().isMember() && !leaving;
            if (wanted) {
                formingTenure = Optional.of(taken.tenure());
            } else {
                giveBack(taken.tenure());
            }
            formation.leaseAnswered(wanted);
        } else if (answered.answer() instanceof PoolLease.Acquisition.Busy busy) {
            getContext().getLog().info("not forming a cluster: the lease is held by {}", busy.holder());
            formation.leaseAnswered(false);
        } else {
            throw new AssertionError("unhandled answer " + answered.answer());
        }
        return this;
    }

    private Behavior<Message> leaseFailed(LeaseFailed failed) {
        getContext()
                .getLog()
                .warn("the lease cannot be asked for: {}", failed.cause().toString());
        formation.leaseAnswered(false);
        return this;
    }

    private void begin(ClusterSystem<M> cluster) {
        formation = new Formation(port.address(), port.seeds(), port.formAfter(), now());
        ending = new Ending();
        asked = List.of();
        wasMember = false;
        getContext().pipeToSelf(cluster.whenEnded(), (done, failure) -> new Ended(cluster));
    }

    private Behavior<Message> ended() {
        present.set(null);
        giveBackFormingTenure();
        if (leaving) {
            return left();
        }
        getContext().getLog().warn("the membership ended; this host goes on over the storage and joins again");
        return startAgain();
    }

    private Behavior<Message> left() {
        leavers.forEach(leaver -> leaver.tell(Done.getInstance()));
        return Behaviors.stopped();
    }

    private Behavior<Message> startAgain() {
        starting = true;
        getContext()
                .pipeToSelf(
                        CompletableFuture.supplyAsync(starter, storage.blocking()),
                        (cluster, failure) -> failure == null ? new Started<>(cluster) : new StartFailed(failure));
        return this;
    }

    private Behavior<Message> started(Started<?> started) {
        @SuppressWarnings("unchecked") // made by our own starter
        ClusterSystem<M> cluster = (ClusterSystem<M>) started.cluster();
        starting = false;
        backOff = SHORTEST_BACK_OFF;
        present.set(cluster);
        begin(cluster);
        if (leaving) {
            cluster.end();
        }
        return this;
    }

    private Behavior<Message> startFailed(StartFailed failed) {
        starting = false;
        if (leaving) {
            return left();
        }
        getContext()
                .getLog()
                .warn(
                        "no cluster system on {}, again in {}: {}",
                        port.address(),
                        backOff,
                        failed.cause().toString());
        timers.startSingleTimer(new Start(), backOff);
        backOff = backOff.multipliedBy(2).compareTo(LONGEST_BACK_OFF) < 0 ? backOff.multipliedBy(2) : LONGEST_BACK_OFF;
        return this;
    }

    private Behavior<Message> leave(Leave order) {
        leavers.add(order.replyTo());
        if (leaving) {
            return this;
        }
        leaving = true;
        timers.cancelAll();
        if (present.get() != null) {
            present.get().end();
            return this;
        }
        return starting ? this : left();
    }

    private void giveBackFormingTenure() {
        formingTenure.ifPresent(this::giveBack);
        formingTenure = Optional.empty();
    }

    private void giveBack(Tenure tenure) {
        getContext()
                .pipeToSelf(
                        tenure.release(),
                        (done, failure) -> failure == null ? new GivenBack() : new NotGivenBack(failure));
    }

    private Moment now() {
        return storage.clock().now();
    }
}
