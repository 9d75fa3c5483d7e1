package io.headroom.cluster;

import io.headroom.model.HostId;
import io.headroom.model.OverTheWire;
import org.apache.pekko.actor.typed.ActorRef;
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

    private record Found(HostId host, Receptionist.Listing listing) implements Message {}

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
        ActorRef<Receptionist.Listing> answer =
                getContext().messageAdapter(Receptionist.Listing.class, listing -> new Found(order.host(), listing));
        getContext().getSystem().receptionist().tell(Receptionist.find(keyOf(order.host()), answer));
        return this;
    }

    private Behavior<Message> ring(Found found) {
        found.listing().getServiceInstances(keyOf(found.host())).forEach(bell -> bell.tell(new Rung()));
        return this;
    }

    private static ServiceKey<Message> keyOf(HostId host) {
        return ServiceKey.create(Message.class, "bell-" + host);
    }
}
