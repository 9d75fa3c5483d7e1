package io.headroom.vm;

import io.headroom.port.Cause;
import io.headroom.port.Notebook;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps one VM's notes: reads them once, then writes one version after the other, the newest only. What fails is tried
 * again without end.
 */
final class NotebookActor extends AbstractBehavior<NotebookActor.Command> {
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** People who wait for the same VM's notes to be durable. */
    private static final int MOST_ASKERS = 16;

    sealed interface Command {}

    /** These are the notes from now on. */
    record Write(Notebook.Notes notes) implements Command {}

    /** Answer when everything that was written is durable, or at once why it is not. */
    record Confirm(ActorRef<VmActor.HoldAnswer> replyTo) implements Command {}

    private record ReadEnded(Notebook.Notes notes, String problem) implements Command {}

    private record WriteEnded(Notebook.Notes notes, String problem) implements Command {}

    private record Again() implements Command {}

    /** What the notebook says to its VM. */
    sealed interface Said {}

    /** What was noted before this process began. */
    record Recalled(Notebook.Notes notes) implements Said {}

    /** @param problem what does not work; empty where it does again */
    record Troubled(String problem) implements Said {}

    private final Notebook notebook;
    private final ActorRef<Said> told;
    private final TimerScheduler<Command> timers;
    private final List<ActorRef<VmActor.HoldAnswer>> askers = new ArrayList<>();
    private Optional<Notebook.Notes> wanted = Optional.empty();
    private Notebook.Notes written = Notebook.Notes.NONE;
    private boolean isUnderWay;

    private NotebookActor(
            ActorContext<Command> context, TimerScheduler<Command> timers, Notebook notebook, ActorRef<Said> told) {
        super(context);
        this.timers = timers;
        this.notebook = notebook;
        this.told = told;
        read();
    }

    static Behavior<Command> create(Notebook notebook, ActorRef<Said> told) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new NotebookActor(context, timers, notebook, told)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Write.class, this::write)
                .onMessage(Confirm.class, this::confirm)
                .onMessage(ReadEnded.class, this::readEnded)
                .onMessage(WriteEnded.class, this::writeEnded)
                .onMessage(Again.class, again -> goOn())
                .build();
    }

    private void read() {
        isUnderWay = true;
        getContext()
                .pipeToSelf(
                        notebook.read(),
                        (notes, failure) -> failure == null
                                ? new ReadEnded(notes, "")
                                : new ReadEnded(Notebook.Notes.NONE, Cause.of(failure)));
    }

    private Behavior<Command> readEnded(ReadEnded ended) {
        isUnderWay = false;
        if (!ended.problem().isEmpty()) {
            told.tell(new Troubled("could not be read: " + ended.problem() + "; the VM is not resumed before"));
            timers.startSingleTimer(new Again(), RETRY);
            return this;
        }
        told.tell(new Troubled(""));
        told.tell(new Recalled(ended.notes()));
        wanted = Optional.of(ended.notes());
        written = ended.notes();
        return this;
    }

    private Behavior<Command> write(Write order) {
        wanted = Optional.of(order.notes());
        return isUnderWay ? this : goOn();
    }

    private Behavior<Command> goOn() {
        if (isUnderWay) {
            return this;
        }
        if (wanted.isEmpty()) {
            read();
        } else if (!written.equals(wanted.get())) {
            Notebook.Notes next = wanted.get();
            isUnderWay = true;
            getContext()
                    .pipeToSelf(
                            notebook.write(next),
                            (done, failure) -> new WriteEnded(next, failure == null ? "" : Cause.of(failure)));
        } else {
            answer("");
        }
        return this;
    }

    private Behavior<Command> writeEnded(WriteEnded ended) {
        isUnderWay = false;
        if (ended.problem().isEmpty()) {
            told.tell(new Troubled(""));
            written = ended.notes();
            return goOn();
        }
        told.tell(new Troubled("could not be written: " + ended.problem()));
        answer("it counts, but it is not stored, and another start of the node would forget it: " + ended.problem());
        timers.startSingleTimer(new Again(), RETRY);
        return this;
    }

    private Behavior<Command> confirm(Confirm asked) {
        if (askers.size() == MOST_ASKERS) {
            asked.replyTo()
                    .tell(new VmActor.HoldAnswer("it counts; whether it is stored is unknown, as over " + MOST_ASKERS
                            + " such orders are under way; ask again"));
            return this;
        }
        askers.add(asked.replyTo());
        return goOn();
    }

    private void answer(String problem) {
        askers.forEach(asker -> asker.tell(new VmActor.HoldAnswer(problem)));
        askers.clear();
    }
}
