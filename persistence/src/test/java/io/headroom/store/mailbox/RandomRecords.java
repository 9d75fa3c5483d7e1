package io.headroom.store.mailbox;

import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
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
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** What may stand in a block, made by chance from one seed; times are whole microseconds, as they are stored. */
final class RandomRecords {
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private final PoolId pool;
    private final Random random;

    RandomRecords(PoolId pool, long seed) {
        this.pool = pool;
        this.random = new Random(seed);
    }

    Identity identity() {
        return new Identity(
                pool, new Layout(1 + random.nextInt(Limits.HOSTS), 4 + random.nextInt(7), 16 + random.nextInt(100)));
    }

    OutgoingBlock outgoing(HostId host, int index) {
        int inUse = index + 1 + random.nextInt(Limits.BLOCKS_PER_HOST - index);
        return outgoing(host, index, inUse);
    }

    OutgoingBlock outgoing(HostId host, int index, int inUse) {
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < Limits.SLOTS_PER_BLOCK; i++) {
            slots.add(slot());
        }
        return new OutgoingBlock(
                pool, host, index, inUse, incarnation(), number(), epoch(), text(Limits.ADDRESS_LENGTH), slots);
    }

    IncomingBlock incoming(HostId host, int index) {
        List<Optional<Reply>> replies = new ArrayList<>();
        for (int i = 0; i < Limits.SLOTS_PER_BLOCK; i++) {
            replies.add(random.nextBoolean() ? Optional.of(reply()) : Optional.empty());
        }
        return new IncomingBlock(pool, host, index, incarnation(), number(), epoch(), replies);
    }

    Header header() {
        return new Header(
                pool,
                epoch(),
                number(),
                new HostId(1 + random.nextInt(Limits.HOSTS)),
                text(Limits.ADDRESS_LENGTH),
                text(Limits.POOL_ID_LENGTH),
                number(),
                new LogPosition(epoch(), number()));
    }

    LogEntry entry() {
        PoolEvent event = random.nextBoolean()
                ? new PoolEvent.SizeFound(volume(), size(), size())
                : new PoolEvent.SteppedDown(new HostId(1 + random.nextInt(Limits.HOSTS)), text(100));
        return new LogEntry(epoch(), 1 + random.nextInt(1_000_000), Instant.ofEpochSecond(random.nextInt(), 7), event);
    }

    private Slot slot() {
        int kind = random.nextInt(4);
        if (kind == 0) {
            return Slot.FREE;
        }
        VolumeId volume = volume();
        Optional<Request> request = Optional.of(new Request(
                new Ticket(number()), volume, new VmName(name(Limits.VM_NAME_LENGTH)), size(), why(), urgency()));
        Optional<LastDone> done = Optional.of(new LastDone(
                new Ticket(number()), size(), new LastDone.Steps(duration(), duration(), duration(), duration())));
        return new Slot(
                Optional.of(volume), kind == 1 ? Optional.empty() : request, kind == 2 ? Optional.empty() : done);
    }

    private Reply reply() {
        Reply.Status[] all = Reply.Status.values();
        return new Reply(new Ticket(number()), all[random.nextInt(all.length)], size(), epoch());
    }

    private Why why() {
        return Why.values()[random.nextInt(Why.values().length)];
    }

    private Urgency urgency() {
        return new Urgency(random.nextBoolean(), random.nextBoolean() ? Optional.of(duration()) : Optional.empty());
    }

    private VolumeId volume() {
        return new VolumeId(name(Limits.VOLUME_ID_LENGTH));
    }

    private Incarnation incarnation() {
        return new Incarnation(number(), random.nextLong());
    }

    private Epoch epoch() {
        return new Epoch(number());
    }

    private Bytes size() {
        return Bytes.of(number());
    }

    private Duration duration() {
        return Duration.of(number(), ChronoUnit.MICROS);
    }

    /** Of any length in bits, zero and the largest included. */
    private long number() {
        return random.nextLong() >>> (1 + random.nextInt(63));
    }

    private String name(int longest) {
        return LETTERS.charAt(random.nextInt(LETTERS.length())) + text(longest - 1);
    }

    private String text(int longest) {
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(longest + 1); left > 0; left--) {
            text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return text.toString();
    }
}
