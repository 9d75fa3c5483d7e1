package io.headroom.host;

import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Slot;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.Moment;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Decides what stands in a host's own blocks, when they are written and when the host looks for replies.
 *
 * <p>A disk keeps its slot for as long as the host knows it. A slot is open while a request stands, and empty with
 * what was done last otherwise. What was not yet written is written again until the storage says that it is there; a
 * reply counts by incarnation, ticket and epoch, and once.
 */
public final class Outbox {
    public sealed interface Input {}

    /**
     * A disk wants its volume to have at least {@code size}; it replaces what it wanted before. Repeating it is
     * harmless: what was answered is delivered again.
     */
    public record Wanted(VolumeId volume, VmName vm, Bytes size, Why why, Urgency urgency) implements Input {}

    /** The disk has what it asked for. */
    public record Taken(VolumeId volume, Bytes size, LastDone.Steps steps) implements Input {}

    /** The disk no longer asks, or is gone. */
    public record Withdrawn(VolumeId volume) implements Input {}

    public record Written(int index, long sequence, Moment now) implements Input {}

    public record WriteFailed(int index) implements Input {}

    public record Arrived(Optional<Header> header, List<IncomingBlock> blocks, Moment now) implements Input {
        public Arrived {
            blocks = List.copyOf(blocks);
        }
    }

    public record ReadFailed() implements Input {}

    /** The SPM says that there is a reply. */
    public record Rung() implements Input {}

    public record Tick(Moment now) implements Input {}

    public sealed interface Effect {}

    /** Write the block; answered by {@link Written} or {@link WriteFailed}. */
    public record Write(OutgoingBlock block) implements Effect {}

    /** New mail stands on the storage: ring for it. */
    public record Ring() implements Effect {}

    /** The request of this volume is durable. */
    public record Posted(VolumeId volume) implements Effect {}

    /** Read the header and this many incoming blocks; answered by {@link Arrived} or {@link ReadFailed}. */
    public record Read(int blocks) implements Effect {}

    public record Deliver(VolumeId volume, Reply reply) implements Effect {}

    /** Another SPM serves. */
    public record EpochSeen(Epoch from, Epoch to, HostId spm) implements Effect {}

    /** Every slot of the host is taken; the disk asks again. */
    public record NoSlot(VolumeId volume) implements Effect {}

    /**
     * How often a host looks.
     *
     * @param hurry between two looks while a request waits for its first answer
     * @param scan between two looks otherwise: the floor that works without any bell
     * @param life between two signs of life when nothing else is written
     */
    public record Timing(Duration hurry, Duration scan, Duration life) {}

    private final PoolId pool;
    private final HostId host;
    private final Incarnation incarnation;
    private final String address;
    private final Timing timing;
    private final List<Slot> slots = new ArrayList<>();
    private final List<Optional<Reply>> delivered = new ArrayList<>();
    /** The sequence of the block that first carries what stands in a slot. */
    private final List<Long> standsSince = new ArrayList<>();

    private final List<Block> blocks = new ArrayList<>();
    private final Map<VolumeId, Integer> places = new HashMap<>();
    private final List<Effect> effects = new ArrayList<>();
    private Ticket ticket = Ticket.NONE;
    private Epoch epoch = Epoch.NONE;
    private Optional<Header> header = Optional.empty();
    private Optional<Moment> headerChanged = Optional.empty();
    /** When the last look by itself began: how long the storage takes is no part of the rhythm. */
    private Optional<Moment> lookedAt = Optional.empty();

    private boolean reading;
    private boolean readAgain;

    /** What is known of the writing of one block: a higher sequence is wanted than stands on the storage. */
    private static final class Block {
        private long wanted = 1;
        private long written;
        private long writing;
        private Optional<Moment> lastWrite = Optional.empty();
    }

    /** @param life jittered by the caller, so that hosts do not write in step */
    public Outbox(PoolId pool, HostId host, Incarnation incarnation, String address, Timing timing) {
        this.pool = pool;
        this.host = host;
        this.incarnation = incarnation;
        this.address = address;
        this.timing = timing;
        addBlock();
    }

    /**
     * The incarnation after whatever the storage remembers of this host: its own block, or, where that is torn or
     * gone, what the SPM last answered.
     */
    public static Incarnation following(Optional<OutgoingBlock> own, List<IncomingBlock> answered, long nonce) {
        Incarnation known = own.map(OutgoingBlock::incarnation).orElse(Incarnation.NONE);
        for (IncomingBlock block : answered) {
            known = block.answers().number() > known.number() ? block.answers() : known;
        }
        return known.next(nonce);
    }

    public List<Effect> on(Input input) {
        if (input instanceof Wanted wanted) {
            wanted(wanted);
        } else if (input instanceof Taken taken) {
            taken(taken);
        } else if (input instanceof Withdrawn withdrawn) {
            withdrawn(withdrawn.volume());
        } else if (input instanceof Written written) {
            written(written);
        } else if (input instanceof WriteFailed failed) {
            blocks.get(failed.index()).writing = 0;
        } else if (input instanceof Arrived arrived) {
            arrived(arrived);
        } else if (input instanceof ReadFailed) {
            reading = false;
        } else if (input instanceof Rung) {
            read();
        } else if (input instanceof Tick tick) {
            tick(tick.now());
        } else {
            throw new AssertionError("unhandled " + input);
        }
        if (!(input instanceof WriteFailed)) {
            write();
        }
        List<Effect> result = List.copyOf(effects);
        effects.clear();
        return result;
    }

    private void wanted(Wanted wanted) {
        Integer known = places.get(wanted.volume());
        int place = known != null ? known : freePlace();
        if (place < 0) {
            effects.add(new NoSlot(wanted.volume()));
            return;
        }
        Slot slot = slots.get(place);
        boolean stands = slot.request()
                .filter(request -> request.size().equals(wanted.size())
                        && request.urgency().paused() == wanted.urgency().paused())
                .isPresent();
        if (stands) {
            delivered.get(place).ifPresent(reply -> effects.add(new Deliver(wanted.volume(), reply)));
            return;
        }
        ticket = ticket.next();
        Request request =
                new Request(ticket, wanted.volume(), wanted.vm(), wanted.size(), wanted.why(), wanted.urgency());
        places.put(wanted.volume(), place);
        put(place, new Slot(Optional.of(wanted.volume()), Optional.of(request), slot.lastDone()));
    }

    private void taken(Taken taken) {
        open(taken.volume()).ifPresent(request -> {
            LastDone done = new LastDone(request.ticket(), taken.size(), taken.steps());
            put(places.get(taken.volume()), new Slot(Optional.of(taken.volume()), Optional.empty(), Optional.of(done)));
        });
    }

    private void withdrawn(VolumeId volume) {
        Integer place = places.remove(volume);
        if (place != null) {
            put(place, Slot.FREE);
        }
    }

    private int freePlace() {
        for (int place = 0; place < slots.size(); place++) {
            if (slots.get(place).volume().isEmpty()) {
                return place;
            }
        }
        if (blocks.size() == Limits.BLOCKS_PER_HOST) {
            return -1;
        }
        addBlock();
        return slots.size() - Limits.SLOTS_PER_BLOCK;
    }

    private void addBlock() {
        for (int slot = 0; slot < Limits.SLOTS_PER_BLOCK; slot++) {
            slots.add(Slot.FREE);
            delivered.add(Optional.empty());
            standsSince.add(0L);
        }
        blocks.add(new Block());
        blocks.get(0).wanted++;
    }

    private void put(int place, Slot slot) {
        slots.set(place, slot);
        delivered.set(place, Optional.empty());
        standsSince.set(place, ++blocks.get(place / Limits.SLOTS_PER_BLOCK).wanted);
    }

    private boolean isUnanswered(int place) {
        return slots.get(place).request().isPresent() && delivered.get(place).isEmpty();
    }

    private Optional<Request> open(VolumeId volume) {
        Integer place = places.get(volume);
        return place == null ? Optional.empty() : slots.get(place).request();
    }

    private void written(Written written) {
        Block block = blocks.get(written.index());
        long before = block.written;
        block.writing = 0;
        block.written = Math.max(before, written.sequence());
        block.lastWrite = Optional.of(written.now());
        boolean news = false;
        int first = written.index() * Limits.SLOTS_PER_BLOCK;
        for (int place = first; place < first + Limits.SLOTS_PER_BLOCK; place++) {
            if (isUnanswered(place) && standsSince.get(place) <= block.written) {
                effects.add(new Posted(slots.get(place).request().get().volume()));
                news |= standsSince.get(place) > before;
            }
        }
        if (news || before == 0) {
            effects.add(new Ring());
        }
    }

    private void write() {
        for (int index = 0; index < blocks.size(); index++) {
            Block block = blocks.get(index);
            if (block.writing == 0 && block.wanted > block.written) {
                block.writing = block.wanted;
                effects.add(new Write(image(index, block.writing)));
            }
        }
    }

    private OutgoingBlock image(int index, long sequence) {
        int first = index * Limits.SLOTS_PER_BLOCK;
        return new OutgoingBlock(
                pool,
                host,
                index,
                blocks.size(),
                incarnation,
                sequence,
                epoch,
                address,
                slots.subList(first, first + Limits.SLOTS_PER_BLOCK));
    }

    private void read() {
        if (reading) {
            readAgain = true;
        } else {
            reading = true;
            effects.add(new Read(blocks.size()));
        }
    }

    private void arrived(Arrived arrived) {
        reading = false;
        lookedAt = lookedAt.or(() -> Optional.of(arrived.now()));
        arrived.header().filter(seen -> !epoch.isAfter(seen.epoch())).ifPresent(seen -> {
            boolean changed = header.map(known ->
                            known.beat() != seen.beat() || !known.epoch().equals(seen.epoch()))
                    .orElse(true);
            if (changed) {
                headerChanged = Optional.of(arrived.now());
            }
            header = Optional.of(seen);
            echo(seen);
        });
        arrived.blocks().stream()
                .filter(block -> block.answers().equals(incarnation) && block.index() < blocks.size())
                .filter(block -> !epoch.isAfter(block.epoch()))
                .forEach(this::deliver);
        if (readAgain) {
            readAgain = false;
            read();
        }
    }

    /** A new SPM serves only who shows that he knows of it, and to it every request is news. */
    private void echo(Header seen) {
        if (seen.epoch().isAfter(epoch)) {
            effects.add(new EpochSeen(epoch, seen.epoch(), seen.spm()));
            epoch = seen.epoch();
            blocks.forEach(block -> block.wanted++);
            for (int place = 0; place < slots.size(); place++) {
                standsSince.set(place, blocks.get(place / Limits.SLOTS_PER_BLOCK).wanted);
            }
        }
    }

    private void deliver(IncomingBlock block) {
        for (int slot = 0; slot < Limits.SLOTS_PER_BLOCK; slot++) {
            int place = block.index() * Limits.SLOTS_PER_BLOCK + slot;
            Optional<Request> request = slots.get(place).request();
            Optional<Reply> reply = block.replies().get(slot);
            if (request.isPresent()
                    && reply.isPresent()
                    && reply.get().ticket().equals(request.get().ticket())
                    && !epoch.isAfter(reply.get().epoch())
                    && !delivered.get(place).equals(reply)) {
                delivered.set(place, reply);
                effects.add(new Deliver(request.get().volume(), reply.get()));
            }
        }
    }

    private void tick(Moment now) {
        Duration sinceLook = lookedAt.map(now::since).orElse(timing.scan());
        boolean unanswered = IntStream.range(0, slots.size()).anyMatch(this::isUnanswered);
        if (!reading && sinceLook.compareTo(unanswered ? timing.hurry() : timing.scan()) >= 0) {
            lookedAt = Optional.of(now);
            read();
        }
        Block first = blocks.get(0);
        if (first.lastWrite
                        .map(at -> now.since(at).compareTo(timing.life()) >= 0)
                        .orElse(false)
                && first.wanted == first.written) {
            first.wanted++;
        }
    }

    public Incarnation incarnation() {
        return incarnation;
    }

    /** The highest epoch seen. */
    public Epoch epoch() {
        return epoch;
    }

    public Optional<Header> header() {
        return header;
    }

    /** How long the SPM's heartbeat has not changed; empty before the first header was read. */
    public Optional<Duration> spmSilent(Moment now) {
        return headerChanged.map(now::since);
    }

    public int openSlots() {
        return (int) slots.stream().filter(slot -> slot.request().isPresent()).count();
    }
}
