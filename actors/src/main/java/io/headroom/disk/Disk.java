package io.headroom.disk;

import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Moment;
import io.headroom.port.Qemu;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Decides for one thin disk: what threshold is armed, when it asks, for how much, and when the request is done.
 *
 * <pre>
 *              Looked (first)          Refreshed                Armed, enough ahead
 *   UNSEEN ────────────────► MEASURING ─────────► ARMING ──────────────────────────► ARMED
 *                                                  ▲  │ Armed, too little ahead        │ ThresholdCrossed, NoSpace,
 *                                                  │  ▼                                ▼ or a look shows that it was missed
 *                      Refreshed (as large as said)│ ASKING ◄──────────────────────────┘
 *                                         MEASURING ◄─┤ Replied: granted, partly
 *                                                     ├─► STARVED   Replied: waiting ─► MEASURING when granted
 *                                                     └─► REFUSED   Replied: refused; asks anew after a while
 *   ARMING or ASKING ─► FULL when the device has all that the image can ever take
 * </pre>
 *
 * Every input is taken in every phase. A repeated event or reply changes nothing. What is owed to QEMU or to the host
 * is done again on a {@link Tick} until it is done; a request until it is answered.
 */
public final class Disk {
    /** How long a refused disk waits before it asks anew. */
    static final Duration REFUSED_FOR = Duration.ofSeconds(30);

    public enum Phase {
        /** Known by name only. */
        UNSEEN,
        /** The device's size is being refreshed and measured. */
        MEASURING,
        /** The threshold is being armed; then the write pointer is looked at. */
        ARMING,
        /** QEMU will tell when the guest comes near the end. */
        ARMED,
        /** A request stands in the mailbox. */
        ASKING,
        /** The pool has no space; the request stands. */
        STARVED,
        /** The SPM refused the request. */
        REFUSED,
        /** The device has all that the image can ever take; nothing is left to do. */
        FULL
    }

    public sealed interface Input {}

    /**
     * QEMU's view of the disk, on first sight, after every reconnect and periodically.
     *
     * @param missed QEMU may have said something since the last look that nobody heard
     */
    public record Looked(Qemu.Disk disk, boolean stoppedByIoError, boolean missed, Moment now) implements Input {}

    public record ThresholdCrossed(Bytes pointer, Moment now) implements Input {}

    /** A write failed for want of space; QEMU stops the guest. */
    public record NoSpace(Moment now) implements Input {}

    /** The request stands on the storage. */
    public record Posted(Moment now) implements Input {}

    public record Replied(Reply reply, Moment now) implements Input {}

    /** The device has this size, and QEMU knows. */
    public record Refreshed(Bytes size, Moment now) implements Input {}

    /** The threshold is armed, and then the write pointer was read. */
    public record Armed(Bytes pointer, Moment now) implements Input {}

    public record ImageMeasured(Bytes end, Moment now) implements Input {}

    /** What was asked with {@code effect} did not work or its outcome is unknown. */
    public record Failed(Effect effect, Moment now) implements Input {}

    public record Tick(Moment now) implements Input {}

    public sealed interface Effect {}

    /** Refresh and measure the device; where QEMU bounds it, tell QEMU. Answered by {@link Refreshed}. */
    public record Refresh() implements Effect {}

    /** Arm the threshold, then read the write pointer. Answered by {@link Armed}. */
    public record Arm(Bytes threshold) implements Effect {}

    /** Read the image's end once: QEMU's write pointer starts at zero. Answered by {@link ImageMeasured}. */
    public record MeasureImage() implements Effect {}

    /** Post a request, or replace the one that stands. */
    public record Ask(Bytes size, Why why, Urgency urgency) implements Effect {}

    /** The request is done: empty the slot and leave word of it. */
    public record Finish(Bytes size, LastDone.Steps steps) implements Effect {}

    /** The request is given up: empty the slot. */
    public record Withdraw() implements Effect {}

    /** The guest is stopped for want of space on this disk. */
    public record Starved() implements Effect {}

    /** The device grew; the guest no longer waits for this disk. */
    public record Grown() implements Effect {}

    /** The phase changed, for the log. */
    public record Moved(Phase from, Phase to, String why) implements Effect {}

    private final GrowthPolicy policy;
    private final WritePointer pointer = new WritePointer();
    private final Latency latency = new Latency();
    private final Orders orders = new Orders();
    private final Exhaustion exhaustion = new Exhaustion();
    private final Bytes found;

    private Phase phase = Phase.UNSEEN;
    private Qemu.Disk seen;
    private Bytes device = Bytes.ZERO;
    private Bytes limit = Bytes.ZERO;
    private Bytes threshold = Bytes.ZERO;
    private boolean starved;
    /** The guest ran out while the threshold was being armed: the pointer that comes with it may be older. */
    private boolean ranOutWhileArming;

    private Optional<Growing> growing = Optional.empty();
    private Moment refusedUntil;
    private long extensions;
    private Optional<Duration> lastTook = Optional.empty();

    /** @param found the device's size before anybody refreshes it */
    public Disk(GrowthPolicy policy, Bytes found) {
        this.policy = policy;
        this.found = found;
    }

    /** Takes one input; what is to be done about it comes back in order. */
    public List<Effect> on(Input input) {
        if (input instanceof Looked looked) {
            looked(looked);
        } else if (input instanceof ThresholdCrossed crossed) {
            pointer.read(crossed.pointer(), crossed.now());
            boolean isOfThisThreshold = crossed.pointer().isOver(threshold);
            if (phase == Phase.ARMED && isOfThisThreshold) {
                ask(Why.THRESHOLD, crossed.now());
            }
        } else if (input instanceof NoSpace full) {
            ranOut(full.now());
        } else if (input instanceof Posted posted) {
            growing.ifPresent(of -> of.posted(posted.now()));
        } else if (input instanceof Replied replied) {
            replied(replied.reply(), replied.now());
        } else if (input instanceof Refreshed refreshed) {
            refreshed(refreshed);
        } else if (input instanceof Armed armed) {
            armed(armed);
        } else if (input instanceof ImageMeasured measured) {
            orders.ended(MeasureImage.class);
            pointer.measured(measured.end(), measured.now());
            askIfTooLittleAhead(Why.PAST_THRESHOLD, measured.now());
        } else if (input instanceof Failed failed) {
            orders.ended(failed.effect().getClass());
        } else if (input instanceof Tick tick) {
            owed(tick.now());
        } else {
            throw new AssertionError("unhandled " + input);
        }
        return orders.taken();
    }

    private void looked(Looked looked) {
        seen = looked.disk();
        limit = seen.cluster().isZero() ? seen.virtualSize() : Qcow2.fullyAllocated(seen.virtualSize(), seen.cluster());
        pointer.read(seen.pointer(), looked.now());
        boolean isBeyond =
                exhaustion.isShown(seen, looked.stoppedByIoError(), looked.missed(), device.isZero() ? found : device);
        if (isBeyond) {
            ranOut(looked.now());
        } else if (starved && looked.stoppedByIoError() && !device.isZero()) {
            starved = false; // all that the guest tried has room: the device grew before the stop was heard of
            orders.give(new Grown());
        }
        if (phase == Phase.UNSEEN) {
            to(Phase.MEASURING, "first seen");
            orders.give(new Refresh());
            return;
        }
        if (phase == Phase.FULL && limit.isOver(device)) {
            arm("the image's limit is now " + limit);
        } else if (phase == Phase.ARMED && !seen.threshold().equals(threshold) && !tooLittleAhead()) {
            arm("QEMU has the threshold " + seen.threshold() + ", not " + threshold);
        } else {
            askIfTooLittleAhead(Why.PAST_THRESHOLD, looked.now());
        }
    }

    private void ranOut(Moment now) {
        if (!starved) {
            starved = true;
            orders.give(new Starved());
        }
        ranOutWhileArming |= phase == Phase.ARMING;
        if (phase == Phase.FULL) {
            to(Phase.MEASURING, "full, and yet a write failed for want of space");
            orders.give(new Refresh());
        } else if (phase == Phase.ARMED || phase == Phase.ASKING || phase == Phase.STARVED || phase == Phase.REFUSED) {
            ask(Why.NO_SPACE, now);
        }
    }

    private void ask(Why why, Moment now) {
        Bytes size = policy.size(device, pointer.highest().min(device), limit, watermark());
        if (!size.isOver(device)) {
            to(Phase.FULL, "the device has all that the image can take, " + limit);
            return;
        }
        Bytes wanted = growing.map(Growing::size).orElse(Bytes.ZERO).max(size);
        growing = Optional.of(growing.orElseGet(() -> new Growing(now)).wants(wanted, why));
        String because = why + ": " + pointer.ahead(device) + " ahead of the guest, less than the watermark "
                + watermark() + " at " + Bytes.of(pointer.bytesPerSecond()) + "/s; wants " + wanted;
        to(phase == Phase.STARVED ? Phase.STARVED : Phase.ASKING, because);
        orders.give(new Ask(wanted, why, urgency()));
    }

    private void replied(Reply reply, Moment now) {
        boolean wasClaimed = phase == Phase.MEASURING && growing.isPresent();
        if (phase != Phase.ASKING && phase != Phase.STARVED && !wasClaimed) {
            return;
        }
        if (reply.status().isGrant()) {
            growing.ifPresent(of -> of.granted(reply.size(), now));
            to(Phase.MEASURING, reply.status() + " " + reply.size() + " in epoch " + reply.epoch());
            orders.give(new Refresh());
        } else if (reply.status() == Reply.Status.WAITING) {
            growing.ifPresent(Growing::waits);
            to(Phase.STARVED, "the pool has no space");
        } else {
            refusedUntil = now.plus(REFUSED_FOR);
            growing = Optional.empty();
            to(Phase.REFUSED, reply.status() + "; asks anew in " + REFUSED_FOR.toSeconds() + " s");
            orders.give(new Withdraw());
        }
    }

    private void refreshed(Refreshed refreshed) {
        orders.ended(Refresh.class);
        device = refreshed.size();
        if (phase != Phase.MEASURING) {
            return;
        }
        boolean asSaid = growing.map(of -> device.isAtLeast(of.granted())).orElse(true);
        if (asSaid) {
            growing.ifPresent(of -> of.refreshed(refreshed.now()));
            arm("the device has " + device);
        }
    }

    private void armed(Armed armed) {
        orders.ended(Arm.class);
        pointer.read(armed.pointer(), armed.now());
        if (phase != Phase.ARMING) {
            return;
        }
        if (ranOutWhileArming) {
            ranOutWhileArming = false;
            arm();
            return;
        }
        boolean isRest = growing.map(of -> of.size().isOver(device)).orElse(false);
        growing.ifPresent(of -> finish(of, armed.now()));
        if (starved && device.isAtLeast(pointer.highest())) {
            starved = false;
            orders.give(new Grown());
        }
        if (!limit.isOver(device)) {
            to(Phase.FULL, "the device has all that the image can take, " + limit);
            return;
        }
        to(Phase.ARMED, "threshold " + threshold + " of " + device);
        if (!pointer.isMeasured()) {
            orders.give(new MeasureImage());
        }
        if (device.isAtLeast(watermark())) {
            askIfTooLittleAhead(isRest ? Why.REST : Why.PAST_THRESHOLD, armed.now());
        } else {
            ask(Why.TOO_SMALL, armed.now());
        }
    }

    private void finish(Growing of, Moment now) {
        LastDone.Steps steps = of.steps(now);
        if (!of.hasWaited()) {
            latency.took(steps.total());
        }
        lastTook = Optional.of(steps.total());
        extensions++;
        growing = Optional.empty();
        orders.give(new Finish(device, steps));
    }

    private void owed(Moment now) {
        if (phase == Phase.MEASURING) {
            orders.give(new Refresh());
        } else if (phase == Phase.ARMING) {
            arm();
        } else if (phase == Phase.ARMED && !pointer.isMeasured()) {
            orders.give(new MeasureImage());
        } else if (phase == Phase.ASKING) {
            growing.ifPresent(of -> orders.give(new Ask(of.size(), of.why(), urgency())));
        } else if (phase == Phase.REFUSED && !now.isBefore(refusedUntil)) {
            ask(starved ? Why.NO_SPACE : Why.PAST_THRESHOLD, now);
        }
    }

    private void arm(String why) {
        to(Phase.ARMING, why);
        arm();
    }

    private void arm() {
        if (!orders.isUnderWay(Arm.class)) {
            threshold = device.minusOrZero(watermark()).max(Bytes.of(1));
            orders.give(new Arm(threshold));
        }
    }

    private void askIfTooLittleAhead(Why why, Moment now) {
        if (phase == Phase.ARMED && tooLittleAhead()) {
            ask(why, now);
        }
    }

    /** Until the image is measured the pointer is at least what is known: too little even of that is too little. */
    private boolean tooLittleAhead() {
        return watermark().isOver(pointer.ahead(device));
    }

    private Bytes watermark() {
        return policy.watermark(pointer.bytesPerSecond(), latency.p99());
    }

    private Urgency urgency() {
        return starved ? Urgency.PAUSED : pointer.urgency(device);
    }

    /** The only writer of the phase. */
    private void to(Phase next, String why) {
        if (next != phase) {
            orders.give(new Moved(phase, next, why));
            phase = next;
        }
    }

    public Phase phase() {
        return phase;
    }

    public Bytes device() {
        return device;
    }

    public Bytes limit() {
        return limit;
    }

    public Bytes threshold() {
        return threshold;
    }

    /** The end of what the guest has written, at most the device's size; empty until the image was measured. */
    public Optional<Bytes> pointer() {
        return pointer.isMeasured() ? Optional.of(pointer.highest().min(device)) : Optional.empty();
    }

    public long bytesPerSecond() {
        return pointer.bytesPerSecond();
    }

    /** Time until the guest reaches the end of its device at its present rate. */
    public Optional<Duration> left() {
        return pointer.left(device);
    }

    public long extensions() {
        return extensions;
    }

    public Optional<Duration> lastTook() {
        return lastTook;
    }
}
