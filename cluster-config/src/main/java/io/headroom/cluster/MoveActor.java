package io.headroom.cluster;

import io.headroom.host.HostReport;
import io.headroom.model.HostId;
import io.headroom.model.Moment;
import io.headroom.port.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Moves the SPM's role from the lasting actor system, as {@link Succession} decides: it goes on while the node's own
 * membership is renewed. One move at a time.
 */
final class MoveActor<M> extends AbstractBehavior<MoveActor.Message> {
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

    /** A move that takes longer is given up; what was done of it stays, and it can be ordered again. */
    private static final Duration LIMIT = Duration.ofMinutes(2);

    sealed interface Message {}

    /** @param to empty for whoever is next */
    record Move(Optional<HostId> to, ActorRef<Moving> replyTo) implements Message {}

    private record Resolved(Move order, Map<String, HostId> hosts) implements Message {}

    private record Look() implements Message {}

    /**
     * What became of an order.
     *
     * @param from who has the role; empty where nothing moves
     * @param problem why nothing moves, and what to do; empty where it does
     */
    record Moving(Optional<HostId> from, String problem) {}

    private record Underway(Succession succession, Map<String, HostId> hosts, Moment since) {}

    private final TimerScheduler<Message> timers;
    private final Supplier<Optional<ClusterSystem<M>>> cluster;
    private final Clock clock;
    private Optional<Underway> underway = Optional.empty();

    private MoveActor(
            ActorContext<Message> context,
            TimerScheduler<Message> timers,
            Supplier<Optional<ClusterSystem<M>>> cluster,
            Clock clock) {
        super(context);
        this.timers = timers;
        this.cluster = cluster;
        this.clock = clock;
    }

    /** @param cluster the present life of the cluster system, while it is a member */
    static <M> Behavior<Message> create(Supplier<Optional<ClusterSystem<M>>> cluster, Clock clock) {
        return Behaviors.setup(context -> {
            context.setLoggerName(MoveActor.class);
            return Behaviors.withTimers(timers -> new MoveActor<>(context, timers, cluster, clock));
        });
    }

    @Override
    public Receive<Message> createReceive() {
        return newReceiveBuilder()
                .onMessage(Move.class, this::move)
                .onMessage(Resolved.class, this::resolved)
                .onMessage(Look.class, message -> look())
                .build();
    }

    private Behavior<Message> move(Move order) {
        Optional<ClusterSystem<M>> present = cluster.get();
        if (underway.isPresent()) {
            return refuse(order, "the role is being moved already; look with headroom spm show");
        } else if (present.isEmpty()) {
            return refuse(order, "this node is in no cluster now; ask another node");
        }
        getContext()
                .pipeToSelf(
                        present.get().hostReports(ANSWER_LIMIT),
                        (reports, failure) -> new Resolved(
                                order, byAddress(Optional.ofNullable(reports).orElse(List.of()))));
        return this;
    }

    private static Map<String, HostId> byAddress(List<HostReport> reports) {
        return reports.stream()
                .collect(Collectors.toMap(HostReport::address, HostReport::host, (one, other) -> one, TreeMap::new));
    }

    private Behavior<Message> resolved(Resolved resolved) {
        Move order = resolved.order();
        Map<String, HostId> hosts = resolved.hosts();
        List<String> byAge = cluster.get().map(ClusterSystem::byAge).orElse(List.of());
        Optional<String> wanted = order.to()
                .flatMap(to -> byAge.stream()
                        .filter(address -> to.equals(hosts.get(address)))
                        .findFirst());
        if (underway.isPresent() || byAge.isEmpty() || !hosts.keySet().containsAll(byAge)) {
            return refuse(order, "not every member of the cluster answers; try again when all do");
        } else if (order.to().isPresent() && wanted.isEmpty()) {
            String members = hosts.values().stream()
                    .sorted(Comparator.naturalOrder())
                    .map(HostId::toString)
                    .collect(Collectors.joining(", "));
            return refuse(order, "host " + order.to().get() + " is no member of the cluster; members are " + members);
        } else if (byAge.size() < 2 && wanted.isEmpty()) {
            return refuse(order, "this is the only node of the cluster; start another one first");
        }
        HostId from = hosts.get(byAge.get(0));
        String to = order.to().map(HostId::toString).orElse("the next");
        getContext().getLog().info("the SPM's role goes from host {} to {}", from, to);
        underway = Optional.of(new Underway(new Succession(byAge, wanted), hosts, clock.now()));
        order.replyTo().tell(new Moving(Optional.of(from), ""));
        return look();
    }

    private Behavior<Message> refuse(Move order, String problem) {
        order.replyTo().tell(new Moving(Optional.empty(), problem));
        return this;
    }

    private Behavior<Message> look() {
        Underway move = underway.orElseThrow();
        Optional<ClusterSystem<M>> present = cluster.get();
        List<String> byAge = present.map(ClusterSystem::byAge).orElse(List.of());
        Succession.Order order = move.succession().next(clock.now(), byAge);
        boolean isOver = clock.now().since(move.since()).compareTo(LIMIT) >= 0;
        if (order instanceof Succession.Order.Arrived || isOver) {
            getContext().getLog().info(isOver ? "the move of the SPM's role was given up" : "the SPM's role has moved");
            underway = Optional.empty();
            return this;
        }
        if (order instanceof Succession.Order.Renew renew) {
            present.orElseThrow().renew(move.hosts().get(renew.member()));
        } else if (!(order instanceof Succession.Order.Wait)) {
            throw new AssertionError("unhandled " + order);
        }
        timers.startSingleTimer(new Look(), LOOK);
        return this;
    }
}
