package io.headroom.cluster;

import com.typesafe.config.Config;
import io.headroom.host.HostReport;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.model.HostId;
import io.headroom.port.Bell;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/**
 * The lasting half of the process's view of its cluster, whose actor system may be away or replaced at any time. Every
 * method may be called from any thread and none blocks.
 *
 * @param <M> what the SPM understands
 */
public final class Membership<M> {
    private final AtomicReference<ClusterSystem<M>> present;
    private final ActorRef<MembershipActor.Message> actor;
    private final ActorRef<MoveActor.Message> moves;
    private final Scheduler scheduler;

    private Membership(
            AtomicReference<ClusterSystem<M>> present,
            ActorRef<MembershipActor.Message> actor,
            ActorRef<MoveActor.Message> moves,
            Scheduler scheduler) {
        this.present = present;
        this.actor = actor;
        this.moves = moves;
        this.scheduler = scheduler;
    }

    /**
     * Starts the first life of the cluster system, and what keeps this node in its cluster from then on.
     *
     * @param host the lasting actor system
     * @param journal Pekko's settings for the SPM's ledger
     * @throws RuntimeException where the cluster's port cannot be bound
     */
    public static <M> Membership<M> start(
            ActorSystem<?> host,
            NodeSettings settings,
            MembershipActor.Storage storage,
            SpmRole<M> role,
            Config journal,
            LocalHost local) {
        Supplier<ClusterSystem<M>> starter =
                () -> new ClusterSystem<>(settings, journal, role, local, storage.majority());
        AtomicReference<ClusterSystem<M>> present = new AtomicReference<>(starter.get());
        ActorRef<MembershipActor.Message> actor = host.systemActorOf(
                MembershipActor.create(settings.cluster(), settings.mailbox(), storage, starter, present),
                "membership",
                Props.empty());
        ActorRef<MoveActor.Message> moves = host.systemActorOf(
                MoveActor.<M>create(
                        () -> Optional.ofNullable(present.get()).filter(ClusterSystem::isMember), storage.clock()),
                "moves",
                Props.empty());
        return new Membership<>(present, actor, moves, host.scheduler());
    }

    /** Rings the SPM; does nothing while there is no cluster. */
    public Bell bell() {
        return host -> present().ifPresent(ClusterSystem::ringSpm);
    }

    /**
     * Asks the SPM, wherever it is.
     *
     * @return fails with {@link NoCluster} while this node has no cluster, and with a time-out where no SPM answers
     */
    public <R> CompletionStage<R> askSpm(Function<ActorRef<R>, M> question, Duration limit) {
        return present()
                .filter(ClusterSystem::isMember)
                .map(cluster -> cluster.askSpm(question, limit))
                .orElseGet(() -> CompletableFuture.failedFuture(new NoCluster()));
    }

    /** What the members of the cluster tell of themselves; nobody where there is no cluster. */
    public CompletionStage<List<HostReport>> hostReports(Duration limit) {
        return present()
                .filter(ClusterSystem::isMember)
                .map(cluster -> cluster.hostReports(limit))
                .orElseGet(() -> CompletableFuture.completedFuture(List.of()));
    }

    /** What the members of the cluster see of a block device; nobody where there is no cluster. */
    public CompletionStage<List<DeviceSight>> look(DeviceQuestion question, Duration limit) {
        return present()
                .filter(ClusterSystem::isMember)
                .map(cluster -> cluster.look(question, limit))
                .orElseGet(() -> CompletableFuture.completedFuture(List.of()));
    }

    /** What the storage tells of all hosts. */
    public CompletionStage<List<Peers.Peer>> peers(Duration limit) {
        return AskPattern.ask(actor, MembershipActor.DescribePeers::new, limit, scheduler);
    }

    public boolean isMember() {
        return present().map(ClusterSystem::isMember).orElse(false);
    }

    /** The present actor system of the cluster, which may end at any time. */
    public Optional<ActorSystem<?>> system() {
        return present().map(ClusterSystem::system);
    }

    /** {@code host:port} of the members, in the order in which the SPM's role goes from one to the next. */
    public List<String> succession() {
        return present()
                .filter(ClusterSystem::isMember)
                .map(ClusterSystem::byAge)
                .orElse(List.of());
    }

    /**
     * Begins to move the SPM's role in order.
     *
     * @param to empty for whoever is next
     * @return the host that has the role, when the move has begun; fails with {@link NotMoved}
     */
    public CompletionStage<HostId> moveSpm(Optional<HostId> to, Duration limit) {
        CompletionStage<MoveActor.Moving> answer =
                AskPattern.ask(moves, replyTo -> new MoveActor.Move(to, replyTo), limit, scheduler);
        return answer.thenApply(moving -> moving.from().orElseThrow(() -> new NotMoved(moving.problem())));
    }

    /** Leaves the cluster for good, in order: an SPM on this node steps down first. */
    public CompletionStage<Done> leave(Duration limit) {
        return AskPattern.ask(actor, MembershipActor.Leave::new, limit, scheduler);
    }

    private Optional<ClusterSystem<M>> present() {
        return Optional.ofNullable(present.get());
    }

    /** The SPM's role stays where it is. */
    public static final class NotMoved extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotMoved(String problem) {
            super(problem);
        }
    }

    /** This node is in no cluster now. */
    public static final class NoCluster extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoCluster() {
            super("this node is in no cluster now; it keeps looking for one");
        }
    }
}
