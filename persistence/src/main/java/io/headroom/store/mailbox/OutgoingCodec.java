package io.headroom.store.mailbox;

import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Slot;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The bytes of a host's outgoing block, after the {@link Frame}:
 *
 * <pre>
 *    64  host          4
 *    68  index         2
 *    70  in use        2
 *    72  incarnation  16  number 8, nonce 8
 *    88  sequence      8
 *    96  epoch         8
 *   104  address      73  text
 *   177  zeroes       79
 *   256  slots      3840  20 of 192
 * </pre>
 *
 * A slot; what its flags do not name is zero:
 *
 * <pre>
 *     0  flags         1  1 it has a volume, 2 a request, 4 a last done
 *     1  why           1  request
 *     2  urgency       1  request: 1 the guest is paused, 2 the time left is known
 *     3  zeroes        5
 *     8  ticket        8  request
 *    16  size          8  request, bytes
 *    24  time left     8  request, microseconds
 *    32  ticket        8  last done
 *    40  size          8  last done, bytes
 *    48  steps        32  last done, 4 times in microseconds: posted, answered, refreshed, armed
 *    80  volume       41  text
 *   121  VM           65  request, text
 *   186  zeroes        6
 * </pre>
 */
final class OutgoingCodec {
    private static final int SLOTS_AT = 256;
    private static final int SLOT = 192;

    private static final int HAS_VOLUME = 1;
    private static final int HAS_REQUEST = 2;
    private static final int HAS_LAST_DONE = 4;
    private static final int PAUSED = 1;
    private static final int LEFT_IS_KNOWN = 2;

    static {
        if (SLOTS_AT + SLOT * Limits.SLOTS_PER_BLOCK != Frame.SIZE) {
            throw new AssertionError("the slots do not fill the block");
        }
    }

    private OutgoingCodec() {}

    static ByteBuffer encode(OutgoingBlock block) {
        return Frame.encode(Frame.Kind.OUTGOING, out -> {
            out.pool(block.pool());
            out.u32(block.host().value());
            out.u16(block.index());
            out.u16(block.inUse());
            out.i64(block.incarnation().number());
            out.i64(block.incarnation().nonce());
            out.count(block.sequence());
            out.i64(block.epoch().value());
            out.text(block.address(), Limits.ADDRESS_LENGTH);
            out.zeroesTo(SLOTS_AT);
            block.slots().forEach(slot -> write(slot, out));
        });
    }

    private static void write(Slot slot, BlockWriter out) {
        Optional<Request> request = slot.request();
        Optional<LastDone> done = slot.lastDone();
        out.u8((slot.volume().isPresent() ? HAS_VOLUME : 0)
                | (request.isPresent() ? HAS_REQUEST : 0)
                | (done.isPresent() ? HAS_LAST_DONE : 0));
        out.u8(request.map(asked -> asked.why().code()).orElse(0));
        out.u8(request.map(asked -> code(asked.urgency())).orElse(0));
        out.zeroes(5);
        out.i64(request.map(asked -> asked.ticket().value()).orElse(0L));
        out.i64(request.map(asked -> asked.size().value()).orElse(0L));
        out.micros(request.flatMap(asked -> asked.urgency().left()).orElse(Duration.ZERO));
        out.i64(done.map(last -> last.ticket().value()).orElse(0L));
        out.i64(done.map(last -> last.size().value()).orElse(0L));
        LastDone.Steps steps = done.map(LastDone::steps).orElse(LastDone.Steps.NONE);
        out.micros(steps.posted());
        out.micros(steps.answered());
        out.micros(steps.refreshed());
        out.micros(steps.armed());
        out.text(slot.volume().map(VolumeId::value).orElse(""), Limits.VOLUME_ID_LENGTH);
        out.text(request.map(asked -> asked.vm().value()).orElse(""), Limits.VM_NAME_LENGTH);
        out.zeroes(6);
    }

    private static int code(Urgency urgency) {
        return (urgency.paused() ? PAUSED : 0) | (urgency.left().isPresent() ? LEFT_IS_KNOWN : 0);
    }

    static Decoded<OutgoingBlock> decode(ByteBuffer block, PoolId pool, HostId host, int index) {
        return Frame.decode(Frame.Kind.OUTGOING, block, in -> {
            in.pool(pool);
            in.place("outgoing", host, index, in.u32(), in.u16());
            int inUse = in.u16();
            Incarnation incarnation = new Incarnation(in.i64(), in.i64());
            long sequence = in.count();
            Epoch epoch = new Epoch(in.i64());
            String address = in.text(Limits.ADDRESS_LENGTH);
            in.zeroesTo(SLOTS_AT);
            List<Slot> slots = new ArrayList<>(Limits.SLOTS_PER_BLOCK);
            for (int i = 0; i < Limits.SLOTS_PER_BLOCK; i++) {
                slots.add(readSlot(in));
            }
            return new OutgoingBlock(pool, host, index, inUse, incarnation, sequence, epoch, address, slots);
        });
    }

    private static Slot readSlot(BlockReader in) {
        int flags = in.u8();
        in.require(
                (flags & ~(HAS_VOLUME | HAS_REQUEST | HAS_LAST_DONE)) == 0, "a slot with the unknown flags " + flags);
        int why = in.u8();
        int urgency = in.u8();
        in.require((urgency & ~(PAUSED | LEFT_IS_KNOWN)) == 0, "a request of the unknown urgency " + urgency);
        in.zeroes(5);
        long ticket = in.i64();
        long size = in.i64();
        Duration left = in.micros();
        long doneTicket = in.i64();
        long doneSize = in.i64();
        LastDone.Steps steps = new LastDone.Steps(in.micros(), in.micros(), in.micros(), in.micros());
        String volume = in.text(Limits.VOLUME_ID_LENGTH);
        String vm = in.text(Limits.VM_NAME_LENGTH);
        in.zeroes(6);

        boolean known = (urgency & LEFT_IS_KNOWN) != 0;
        in.require(known || left.isZero(), "a request with a time left that is said to be unknown");
        Optional<VolumeId> named = Optional.empty();
        if ((flags & HAS_VOLUME) != 0) {
            named = Optional.of(new VolumeId(volume));
        } else {
            in.require(flags == 0 && volume.isEmpty(), "a slot in use that names no volume");
        }
        Optional<Request> request = Optional.empty();
        if ((flags & HAS_REQUEST) != 0) {
            Urgency how = new Urgency((urgency & PAUSED) != 0, known ? Optional.of(left) : Optional.empty());
            request = Optional.of(
                    new Request(new Ticket(ticket), named.get(), new VmName(vm), Bytes.of(size), why(in, why), how));
        } else {
            in.require(
                    why == 0 && urgency == 0 && ticket == 0 && size == 0 && vm.isEmpty(),
                    "a slot with the rest of a request that it does not have");
        }
        Optional<LastDone> done = Optional.empty();
        if ((flags & HAS_LAST_DONE) != 0) {
            done = Optional.of(new LastDone(new Ticket(doneTicket), Bytes.of(doneSize), steps));
        } else {
            in.require(
                    doneTicket == 0 && doneSize == 0 && steps.equals(LastDone.Steps.NONE),
                    "a slot with the rest of a last done that it does not have");
        }
        return new Slot(named, request, done);
    }

    private static Why why(BlockReader in, int code) {
        for (Why why : Why.values()) {
            if (why.code() == code) {
                return why;
            }
        }
        throw in.refused("a request for the unknown reason " + code);
    }
}
