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

    /** Leave the cluster in order, with the SPM's role if it is here, and come back as the youngest member. */
    record Renew() implements Message, OverTheWire {}

    /** Tell that host to renew its membership, if the cluster knows it. */
    record RenewHost(HostId host) implements Message {}

    /** This node's SPM: ring that host, if the cluster knows it. */
    record RingHost(HostId host) implements Message {}

    /** @param listing empty where the cluster did not tell in time: the ring is lost, as a ring may be */
    private record Found(HostId host, Message word, Optional<Receptionist.Listing> listing) implements Message {}

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
                .onMessage(Renew.class, message -> {
                    getContext().getLog().info("asked to renew its membership: this node leaves and joins again");
                    getContext().getSystem().terminate();
                    return this;
                })
                .onMessage(RingHost.class, order -> find(order.host(), new Rung()))
                .onMessage(RenewHost.class, order -> find(order.host(), new Renew()))
                .onMessage(Found.class, this::tell)
                .build();
    }

    private Behavior<Message> find(HostId host, Message word) {
        getContext()
                .ask(
                        Receptionist.Listing.class,
                        getContext().getSystem().receptionist(),
                        LIMIT,
                        replyTo -> Receptionist.find(keyOf(host), replyTo),
                        (listing, failure) -> new Found(host, word, Optional.ofNullable(listing)));
        return this;
    }

    private Behavior<Message> tell(Found found) {
        found.listing()
                .ifPresent(listing ->
                        listing.getServiceInstances(keyOf(found.host())).forEach(bell -> bell.tell(found.word())));
        return this;
    }

    private static ServiceKey<Message> keyOf(HostId host) {
        return ServiceKey.create(Message.class, "bell-" + host);
    }
}
