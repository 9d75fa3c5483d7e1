package io.headroom.cluster;

import io.headroom.model.HostId;
import io.headroom.model.OverTheWire;
import java.time.Duration;
import java.util.Optional;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/** A host's bell in the cluster: rung by the SPM, and the SPM's hand on the others' bells. */
final class BellActor extends AbstractBehavior<BellActor.Message> {

    sealed interface Message {}

    /** The SPM: this host has a reply. */
    record Rung() implements Message, OverTheWire {}

    /** This node's SPM: ring that host, if the cluster knows it. */
    record RingHost(HostId host) implements Message {}

    /** @param listing empty where the cluster did not tell in time: the ring is lost, as a ring may be */
    private record Found(HostId host, Optional<Receptionist.Listing> listing) implements Message {}

    private static final Duration LIMIT = Duration.ofSeconds(1);

    private final Runnable rung;

    private BellActor(ActorContext<Message> context, HostId own, Runnable rung) {
        super(context);
        this.rung = rung;
        context.getSystem().receptionist().tell(Receptionist.register(keyOf(own), context.getSelf()));
    }

    /** @param rung called for each ring of this host; must not block */
    static Behavior<Message> create(HostId own, Runnable rung) {
        return Behaviors.setup(context -> new BellActor(context, own, rung));
    }

    @Override
    public Receive<Message> createReceive() {
        return newReceiveBuilder()
                .onMessage(Rung.class, message -> {
                    rung.run();
                    return this;
                })
                .onMessage(RingHost.class, this::find)
                .onMessage(Found.class, this::ring)
                .build();
    }

    private Behavior<Message> find(RingHost order) {
        getContext()
                .ask(
                        Receptionist.Listing.class,
                        getContext().getSystem().receptionist(),
                        LIMIT,
                        replyTo -> Receptionist.find(keyOf(order.host()), replyTo),
                        (listing, failure) -> new Found(order.host(), Optional.ofNullable(listing)));
        return this;
    }

    private Behavior<Message> ring(Found found) {
        found.listing()
                .ifPresent(listing ->
                        listing.getServiceInstances(keyOf(found.host())).forEach(bell -> bell.tell(new Rung())));
        return this;
    }

    private static ServiceKey<Message> keyOf(HostId host) {
        return ServiceKey.create(Message.class, "bell-" + host);
    }
}
