package io.headroom.node;

import io.headroom.cluster.Membership;
import io.headroom.host.UsageActor;
import io.headroom.model.HostId;
import io.headroom.model.VolumeId;
import io.headroom.node.http.NodeOrders;
import io.headroom.port.Claims;
import io.headroom.port.Tenure;
import io.headroom.spm.Order;
import io.headroom.spm.SpmActor;
import io.headroom.spm.VolumesReport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Gives orders: to the SPM wherever it is, and to this host.
 *
 * @param steps how the pool's back end makes changes
 */
record SpmOrders(
        ActorSystem<?> system,
        ActorRef<UsageActor.Command> usage,
        Membership<SpmActor.Command> membership,
        Function<List<Tenure.Change>, CompletionStage<List<String>>> steps)
        implements NodeOrders {
    static final Duration NETWORK_LIMIT = Duration.ofSeconds(3);

    /** An operator waits this long over HTTP, whose server gives up later; then the order goes on without him. */
    static final Duration ORDER_LIMIT = Duration.ofSeconds(15);

    /** @param own behaviour that makes volumes available on this host; it comes back when it fails */
    static SpmOrders start(
            ActorSystem<?> system,
            Function<Claims, Behavior<UsageActor.Command>> own,
            HostId host,
            Membership<SpmActor.Command> membership,
            Function<List<Tenure.Change>, CompletionStage<List<String>>> steps) {
        Behavior<UsageActor.Command> lasting =
                Behaviors.supervise(own.apply(new OwnClaims(host, membership))).onFailure(SupervisorStrategy.restart());
        return new SpmOrders(system, system.systemActorOf(lasting, "usage", Props.empty()), membership, steps);
    }

    /** What this host uses, as orders to the SPM. */
    private record OwnClaims(HostId host, Membership<SpmActor.Command> membership) implements Claims {
        @Override
        public CompletionStage<Optional<String>> claim(VolumeId volume, boolean shared) {
            return give(new Order.AssignVolume(volume.value(), host, shared));
        }

        @Override
        public CompletionStage<Optional<String>> release(VolumeId volume) {
            return give(new Order.ReleaseVolume(volume.value(), host));
        }

        private CompletionStage<Optional<String>> give(Order order) {
            return carry(membership, order, "host " + host, false)
                    .thenApply(answer -> answer instanceof Order.Answer.Refused refused
                            ? Optional.of(refused.cause() + "; " + refused.next())
                            : Optional.empty());
        }
    }

    @Override
    public CompletionStage<VolumesReport> volumes() {
        return membership.askSpm(SpmActor.ListVolumes::new, NETWORK_LIMIT);
    }

    @Override
    public CompletionStage<Order.Answer> carry(Order order, String by, boolean pretend) {
        return carry(membership, order, by, pretend);
    }

    private static CompletionStage<Order.Answer> carry(
            Membership<SpmActor.Command> membership, Order order, String by, boolean pretend) {
        return membership.askSpm(replyTo -> new SpmActor.Carry(order, by, pretend, replyTo), ORDER_LIMIT);
    }

    @Override
    public CompletionStage<UsageActor.Told> activate(VolumeId volume, boolean shared) {
        return AskPattern.ask(
                usage, replyTo -> new UsageActor.Activate(volume, shared, replyTo), ORDER_LIMIT, system.scheduler());
    }

    @Override
    public CompletionStage<UsageActor.Told> deactivate(VolumeId volume) {
        return AskPattern.ask(
                usage, replyTo -> new UsageActor.Deactivate(volume, replyTo), ORDER_LIMIT, system.scheduler());
    }

    @Override
    public CompletionStage<List<String>> steps(List<Tenure.Change> changes) {
        return steps.apply(changes);
    }

    /** What does not work now of what was made available on this host. */
    CompletionStage<List<String>> problems() {
        return AskPattern.ask(usage, UsageActor.TellProblems::new, NETWORK_LIMIT, system.scheduler());
    }
}
