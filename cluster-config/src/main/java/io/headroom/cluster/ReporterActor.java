package io.headroom.cluster;

import io.headroom.host.HostReport;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.model.OverTheWire;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/** Tells the other nodes what this host knows of itself, and what it sees. */
final class ReporterActor extends AbstractBehavior<ReporterActor.Message> {
    static final ServiceKey<Message> KEY = ServiceKey.create(Message.class, "hosts");

    sealed interface Message {}

    record Tell(ActorRef<Told> replyTo) implements Message, OverTheWire {}

    /** @param report empty where the host could not answer now */
    record Told(Optional<HostReport> report) implements OverTheWire {}

    /** @param replyTo hears nothing where the host cannot tell */
    record Look(DeviceQuestion question, ActorRef<DeviceSight> replyTo) implements Message, OverTheWire {}

    private record Answer(ActorRef<Told> replyTo, HostReport report) implements Message {}

    private record NoAnswer(ActorRef<Told> replyTo, Throwable cause) implements Message {}

    private record Seen(ActorRef<DeviceSight> replyTo, DeviceSight sight) implements Message {}

    private record NotSeen(DeviceQuestion question, Throwable cause) implements Message {}

    private final LocalHost host;

    private ReporterActor(ActorContext<Message> context, LocalHost host) {
        super(context);
        this.host = host;
        context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
    }

    static Behavior<Message> create(LocalHost host) {
        return Behaviors.setup(context -> new ReporterActor(context, host));
    }

    @Override
    public Receive<Message> createReceive() {
        return newReceiveBuilder()
                .onMessage(Tell.class, this::ask)
                .onMessage(Look.class, this::look)
                .onMessage(Seen.class, seen -> {
                    seen.replyTo().tell(seen.sight());
                    return this;
                })
                .onMessage(NotSeen.class, none -> {
                    getContext()
                            .getLog()
                            .warn(
                                    "the host did not look at {}: {}",
                                    none.question().path(),
                                    none.cause().toString());
                    return this;
                })
                .onMessage(Answer.class, answer -> {
                    answer.replyTo().tell(new Told(Optional.of(answer.report())));
                    return this;
                })
                .onMessage(NoAnswer.class, none -> {
                    getContext()
                            .getLog()
                            .warn(
                                    "the host did not tell its state: {}",
                                    none.cause().toString());
                    none.replyTo().tell(new Told(Optional.empty()));
                    return this;
                })
                .build();
    }

    private Behavior<Message> ask(Tell question) {
        getContext()
                .pipeToSelf(
                        host.report().get(),
                        (report, failure) -> failure == null
                                ? new Answer(question.replyTo(), report)
                                : new NoAnswer(question.replyTo(), failure));
        return this;
    }

    private Behavior<Message> look(Look look) {
        getContext()
                .pipeToSelf(
                        host.look().apply(look.question()),
                        (sight, failure) -> failure == null
                                ? new Seen(look.replyTo(), sight)
                                : new NotSeen(look.question(), failure));
        return this;
    }
}
