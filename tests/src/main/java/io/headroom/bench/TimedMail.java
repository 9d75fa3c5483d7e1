package io.headroom.bench;

import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Slot;
import io.headroom.model.Incarnation;
import io.headroom.model.Ticket;
import io.headroom.port.HostMail;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** A host's mail with a stopwatch: from the moment a request is given to the storage until its grant is read from it. */
final class TimedMail implements HostMail {
    private final HostMail mail;
    private final Consumer<Answered> answered;
    private final Map<Ticket, Post> posts = new ConcurrentHashMap<>();

    /** @param at on the clock of {@link System#nanoTime} */
    record Answered(Reply reply, Duration took, long at) {}

    private record Post(Incarnation by, long at) {}

    /** @param answered told once for each request, from any thread */
    TimedMail(HostMail mail, Consumer<Answered> answered) {
        this.mail = mail;
        this.answered = answered;
    }

    @Override
    public CompletionStage<Void> post(OutgoingBlock block) {
        Post now = new Post(block.incarnation(), System.nanoTime());
        for (Slot slot : block.slots()) {
            slot.request().ifPresent(request -> posts.putIfAbsent(request.ticket(), now));
        }
        return mail.post(block);
    }

    @Override
    public CompletionStage<Arrived> read(int blocks) {
        return mail.read(blocks).thenApply(arrived -> {
            long now = System.nanoTime();
            for (IncomingBlock block : arrived.blocks()) {
                block.replies().stream().flatMap(Optional::stream).forEach(reply -> read(block.answers(), reply, now));
            }
            return arrived;
        });
    }

    private void read(Incarnation answers, Reply reply, long now) {
        Post post = posts.get(reply.ticket());
        if (post == null || !post.by().equals(answers) || !reply.status().isGrant()) {
            return;
        }
        // What was answered stays known: the request may stand in its slot for a while.
        Post done = new Post(Incarnation.NONE, post.at());
        if (posts.replace(reply.ticket(), post, done)) {
            answered.accept(new Answered(reply, Duration.ofNanos(now - post.at()), now));
        }
    }

    @Override
    public CompletionStage<Void> ring() {
        return mail.ring();
    }

    @Override
    public CompletionStage<Left> previous() {
        return mail.previous();
    }
}
