package io.headroom.spm;

import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Slot;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.Moment;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What the hosts have posted and what was answered in this epoch.
 *
 * <p>A slot is <em>standing</em> while it holds a request, and <em>owed</em> while that request has no answer of this
 * epoch; a request that waits for space stands, answered, until it is owed again. A block that echoes another epoch
 * is the mail of a host that may be dead: it waits until the host shows that it lives.
 */
final class Inbox {
    record Place(HostId host, int index, int slot) implements Comparable<Place> {
        private static final Comparator<Place> ORDER =
                Comparator.comparing(Place::host).thenComparing(Place::index).thenComparing(Place::slot);

        @Override
        public int compareTo(Place other) {
            return ORDER.compare(this, other);
        }
    }

    /** A request that stands in a slot, since the SPM first saw it. */
    record Standing(Place place, Request request, Moment since) {
        PoolEvent.Asked asked() {
            return new PoolEvent.Asked(
                    place.host(),
                    request.vm(),
                    request.volume(),
                    request.ticket(),
                    request.size(),
                    request.why(),
                    request.urgency().paused());
        }

        /** As it would be posted now: some of the time that was left to the guest has passed. */
        Request at(Moment now) {
            return new Request(
                    request.ticket(),
                    request.volume(),
                    request.vm(),
                    request.size(),
                    request.why(),
                    request.urgency().after(now.since(since)));
        }

        private boolean isRunning() {
            return !request.urgency().paused();
        }

        private boolean isTimeKnown() {
            return request.urgency().left().isPresent();
        }

        /** When its guest reaches the end; since when it stands where that is unknown. */
        private Duration due() {
            return Duration.ofNanos(since.nanos()).plus(request.urgency().left().orElse(Duration.ZERO));
        }
    }

    private record Word(HostId host, int index) {}

    private record Of(HostId host, VolumeId volume) {}

    /**
     * The life before the present one.
     *
     * @param shown the highest sequence of its first block since then; {@link #NEVER} before there was one
     */
    private record Former(Incarnation life, long shown) {
        static final long NEVER = -1;
    }

    private static final Comparator<Standing> MOST_URGENT_FIRST = Comparator.comparing(Standing::isRunning)
            .thenComparing(Standing::isTimeKnown)
            .thenComparing(Standing::due)
            .thenComparing(Standing::place);

    private final PoolId pool;
    private final Epoch epoch;
    private final Map<HostId, Incarnation> incarnations = new HashMap<>();
    private final Map<HostId, Former> former = new HashMap<>();
    private final Map<Place, Standing> standing = new TreeMap<>();
    private final Set<Place> owed = new HashSet<>();
    private final Set<Place> waiting = new HashSet<>();
    private final Map<Word, IncomingBlock> words = new HashMap<>();
    private final Map<Of, Ticket> unfinished = new HashMap<>();
    private final Map<Place, VolumeId> guarded = new HashMap<>();

    Inbox(PoolId pool, Epoch epoch) {
        this.pool = pool;
        this.epoch = epoch;
    }

    /** Extensions whose host has not yet told how it went: the next word of it is news. */
    void expectWordOf(HostId host, VolumeId volume, Ticket ticket) {
        unfinished.put(new Of(host, volume), ticket);
    }

    void heardOf(HostId host, VolumeId volume) {
        unfinished.remove(new Of(host, volume));
    }

    /**
     * Takes a block that changed.
     *
     * @return what hosts have finished since they were last heard of
     */
    List<PoolEvent.HostFinished> take(OutgoingBlock block, Moment now) {
        Former before = former.get(block.host());
        if (before != null && block.incarnation().equals(before.life()) && !isAlive(before, block)) {
            return List.of();
        }
        if (!block.incarnation().equals(incarnations.get(block.host()))) {
            succeed(block.host(), block.incarnation());
        }
        guard(block);
        if (!isOfThisEpoch(block)) {
            return List.of();
        }
        List<PoolEvent.HostFinished> finished = new ArrayList<>();
        for (int slot = 0; slot < block.slots().size(); slot++) {
            take(new Place(block.host(), block.index(), slot), block.slots().get(slot), now, finished);
        }
        if (block.index() == 0) {
            dropFrom(block.host(), block.inUse());
        }
        return finished;
    }

    /**
     * A dead process has at most one write on its way. One that goes on writing lives: what was taken for its successor
     * was a stale reading, or a late write of somebody before it.
     */
    private boolean isAlive(Former life, OutgoingBlock block) {
        if (block.index() > 0 || block.sequence() <= life.shown()) {
            return false;
        }
        former.put(block.host(), new Former(life.life(), block.sequence()));
        return life.shown() != Former.NEVER;
    }

    /** Whichever epoch the block echoes: a guest may go on where the host's process is dead. */
    private void guard(OutgoingBlock block) {
        if (block.index() == 0) {
            guarded.keySet().removeIf(place -> place.host().equals(block.host()) && place.index() >= block.inUse());
        }
        for (int slot = 0; slot < block.slots().size(); slot++) {
            Place place = new Place(block.host(), block.index(), slot);
            guarded.remove(place);
            block.slots().get(slot).volume().ifPresent(volume -> guarded.put(place, volume));
        }
    }

    /** The hosts whose mail names the volume. */
    Set<HostId> guards(VolumeId volume) {
        Set<HostId> hosts = new TreeSet<>();
        guarded.forEach((place, of) -> {
            if (of.equals(volume)) {
                hosts.add(place.host());
            }
        });
        return hosts;
    }

    /** Whether the host has seen that this SPM serves. */
    boolean isOfThisEpoch(OutgoingBlock block) {
        return block.epoch().equals(epoch);
    }

    private void take(Place place, Slot slot, Moment now, List<PoolEvent.HostFinished> finished) {
        Standing before = standing.get(place);
        if (slot.request().isEmpty()) {
            drop(place);
        } else if (before == null
                || !before.request().ticket().equals(slot.request().get().ticket())) {
            drop(place);
            standing.put(place, new Standing(place, slot.request().get(), now));
            owed.add(place);
        }
        if (slot.volume().isPresent() && slot.lastDone().isPresent()) {
            LastDone done = slot.lastDone().get();
            if (unfinished.remove(new Of(place.host(), slot.volume().get()), done.ticket())) {
                finished.add(
                        new PoolEvent.HostFinished(place.host(), slot.volume().get(), done));
            }
        }
    }

    /**
     * Another life of the host counts even where its number is not higher: a host whose own block was torn cannot
     * know its number. Only what the life before wrote late does not; see {@link #isAlive}.
     */
    private void succeed(HostId host, Incarnation present) {
        Incarnation before = incarnations.put(host, present);
        if (before != null) {
            former.put(host, new Former(before, Former.NEVER));
        }
        List.copyOf(standing.keySet()).stream()
                .filter(place -> place.host().equals(host))
                .forEach(this::drop);
        words.keySet().removeIf(word -> word.host().equals(host));
        guarded.keySet().removeIf(place -> place.host().equals(host));
    }

    private void dropFrom(HostId host, int index) {
        List.copyOf(standing.keySet()).stream()
                .filter(place -> place.host().equals(host) && place.index() >= index)
                .forEach(this::drop);
    }

    private void drop(Place place) {
        standing.remove(place);
        owed.remove(place);
        waiting.remove(place);
    }

    /** @param served hosts that are not served now are passed over */
    Optional<Standing> mostUrgent(Predicate<HostId> served) {
        return owed.stream()
                .filter(place -> served.test(place.host()))
                .map(standing::get)
                .min(MOST_URGENT_FIRST);
    }

    /**
     * The block that carries this reply. The request is answered when the storage has it; see {@link #answered}.
     */
    IncomingBlock answer(Standing to, Reply reply) {
        Place place = to.place();
        Word word = new Word(place.host(), place.index());
        IncomingBlock before = words.get(word);
        List<Optional<Reply>> replies = before == null
                ? new ArrayList<>(Collections.nCopies(Limits.SLOTS_PER_BLOCK, Optional.empty()))
                : new ArrayList<>(before.replies());
        replies.set(place.slot(), Optional.of(reply));
        return new IncomingBlock(
                pool,
                place.host(),
                place.index(),
                incarnations.get(place.host()),
                before == null ? 1 : before.sequence() + 1,
                epoch,
                replies);
    }

    void answered(Standing to, Reply reply, IncomingBlock block) {
        if (block.answers().equals(incarnations.get(block.host()))) {
            words.put(new Word(block.host(), block.index()), block);
        }
        if (to.equals(standing.get(to.place()))) {
            owed.remove(to.place());
            if (reply.status() == Reply.Status.WAITING) {
                waiting.add(to.place());
            }
        }
    }

    /** Whether the storage already carries this very reply: it is not written again. */
    boolean hasSaid(Standing to, Reply.Status status, Bytes size) {
        IncomingBlock word = words.get(new Word(to.place().host(), to.place().index()));
        Reply reply = new Reply(to.request().ticket(), status, size, epoch);
        return word != null && word.replies().get(to.place().slot()).equals(Optional.of(reply));
    }

    void stillWaits(Standing standing) {
        owed.remove(standing.place());
        waiting.add(standing.place());
    }

    /** There may be space: whoever waits is owed an answer again. */
    void spaceMayHaveCome() {
        owed.addAll(waiting);
        waiting.clear();
    }

    /** Every request that is owed an answer, or waits for space, as urgent as it is now. */
    List<Request> unserved(Moment now) {
        return Stream.concat(owed.stream(), waiting.stream())
                .map(place -> standing.get(place).at(now))
                .toList();
    }

    /** The last word to every host with a standing slot: a former SPM may have written over it. */
    List<IncomingBlock> lastWords() {
        return standing.keySet().stream()
                .map(place -> new Word(place.host(), place.index()))
                .distinct()
                .map(words::get)
                .filter(word -> word != null)
                .toList();
    }

    List<Standing> waiting() {
        return waiting.stream().map(standing::get).sorted(MOST_URGENT_FIRST).toList();
    }

    int owedCount() {
        return owed.size();
    }
}
