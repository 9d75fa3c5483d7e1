package io.headroom.ledger;

import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import io.headroom.model.PoolLevel;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A fact about the pool, or the intent to make one. The SPM writes it to the pool log first; the ledger keeps it for
 * ever. It is a stored format: a change is a new version beside the old one.
 */
public sealed interface PoolEvent {

    /** The pool came to be, by the hand of a person. */
    record PoolCreated(PoolId pool, Bytes capacity, Bytes extent) implements PoolEvent {}

    /** A volume came to be. */
    record VolumeCreated(VolumeId volume, String name, Bytes size, Bytes virtualSize) implements PoolEvent {}

    /**
     * A host is about to become SPM: the first record of a log segment. The older segments end where the seals say;
     * what a former SPM adds to them later is void.
     */
    record TakeoverIntended(HostId spm, List<Seal> seals) implements PoolEvent {
        /** More do not fit its place in the pool log. */
        public static final int MAX_SEALS = 96;

        public TakeoverIntended {
            seals = List.copyOf(seals);
        }

        /** The last record of an epoch that counts, 0 for none; empty where the seals do not tell. */
        public OptionalLong seal(Epoch of) {
            OptionalLong told = seals.stream()
                    .filter(seal -> seal.epoch().equals(of))
                    .mapToLong(Seal::last)
                    .findFirst();
            // Before the first epoch there are the records of the pool's creation, as long as their segment stands.
            return told.isEmpty() && of.equals(Epoch.NONE) ? OptionalLong.of(0) : told;
        }

        /**
         * Where the history stands before the epoch that begins with this: nothing that counts lies between the two,
         * and more is not known.
         */
        public LogPosition after(Epoch begun) {
            LogPosition after = new LogPosition(begun, 0);
            while (after.sequence() == 0 && after.epoch().isAfter(Epoch.NONE)) {
                Epoch older = new Epoch(after.epoch().value() - 1);
                OptionalLong last = seal(older);
                if (last.isEmpty()) {
                    return after;
                }
                after = new LogPosition(older, last.getAsLong());
            }
            return after;
        }
    }

    /** The host is SPM: tag and header carry its epoch. */
    record TakenOver(HostId spm, Duration took) implements PoolEvent {}

    /** The SPM gave its role back in order. */
    record SteppedDown(HostId spm, String why) implements PoolEvent {
        public SteppedDown {
            why = shortened(why);
        }
    }

    /** The SPM is about to extend a volume. Exactly one of the next three settles it. */
    record ExtensionIntended(Asked asked, Bytes from, Bytes to) implements PoolEvent {}

    /**
     * The volume has its new size.
     *
     * @param queued from the SPM's first sight of the request to the intent
     * @param extended from the intent until the storage had done it
     */
    record VolumeExtended(Asked asked, Bytes from, Bytes to, Duration queued, Duration extended) implements PoolEvent {}

    /** A takeover looked at an intent of an older epoch and found it done. */
    record ExtensionFoundDone(Asked asked, Bytes from, Bytes to, Epoch intendedIn) implements PoolEvent {}

    /** An intent came to nothing; where the slot still stands, the request will be served anew. */
    record ExtensionAbandoned(Asked asked, Bytes from, Bytes to, Epoch intendedIn, String cause) implements PoolEvent {
        public ExtensionAbandoned {
            cause = shortened(cause);
        }
    }

    /** A request was answered without a change: refused, or waiting for space. */
    record RequestHeld(Asked asked, Bytes size, String cause) implements PoolEvent {
        public RequestHeld {
            cause = shortened(cause);
        }
    }

    /** The host's half of an extension: it measured the device and armed the next threshold. */
    record HostFinished(HostId host, VolumeId volume, LastDone done) implements PoolEvent {}

    /** The storage knows a size that the log does not explain: somebody changed the volume behind our back. */
    record SizeFound(VolumeId volume, Bytes known, Bytes found) implements PoolEvent {}

    /** An order is about to change the pool. Exactly one of the next two settles it. */
    record OrderIntended(Deed deed, String by) implements PoolEvent {
        public OrderIntended {
            by = plain(by);
        }
    }

    /**
     * The pool is as the order wanted it.
     *
     * @param created the new volume of a {@link Deed.Creation}; empty for every other
     * @param intendedIn an older epoch than the record's own where a takeover looked, and found it done
     * @param took from the intent until the storage had done it; zero where it was found done
     */
    record OrderCarried(Deed deed, Optional<VolumeId> created, String by, Epoch intendedIn, Duration took)
            implements PoolEvent {
        public OrderCarried {
            by = plain(by);
        }
    }

    /** An order's intent came to nothing. What was changed in part is seen to by the SPM. */
    record OrderAbandoned(Deed deed, String by, Epoch intendedIn, String cause) implements PoolEvent {
        public OrderAbandoned {
            by = plain(by);
            cause = shortened(cause);
        }
    }

    /**
     * The SPM cannot use one of the pool's LUNs any more.
     *
     * @param device as it was named last; empty where it was never seen in this tenure
     * @param problem why, and what stands on it
     */
    record LunLost(String lun, String device, String problem) implements PoolEvent {
        public LunLost {
            device = plain(device);
            problem = shortened(problem);
        }
    }

    /** The LUN is well again. */
    record LunRecovered(String lun, String device) implements PoolEvent {
        public LunRecovered {
            device = plain(device);
        }
    }

    /**
     * Tells {@code order} again, as it stands in the record {@code sequence} of {@code epoch}: the records around it
     * are about to be coalesced, and an order is never lost in a sum.
     *
     * @param at when it was recorded first
     */
    record OrderRecalled(Epoch epoch, long sequence, Instant at, OrderCarried order) implements PoolEvent {}

    /** The pool entered another level. @param free of {@code capacity}, when that was seen */
    record LevelChanged(PoolLevel from, PoolLevel to, Bytes free, Bytes capacity) implements PoolEvent {}

    /** The ledger's journal is not the one that the pool remembers, or is older than it. */
    record JournalReplaced(String known, long knownEvents, String found, long foundEvents) implements PoolEvent {}

    /**
     * Stands for the records {@code first} to {@code last} of {@code epoch}, which the log had no room for until the
     * ledger took them: part {@code part} of {@code parts}, with one line for each volume that they touched.
     *
     * @param after where the history stands before the first of them: nothing that counts lies between. The record
     *     whose seals would tell it is among those that this one stands for
     */
    record Coalesced(Epoch epoch, long first, long last, LogPosition after, int part, int parts, List<Growth> growths)
            implements PoolEvent {
        /** The most growths of one record, so that it fits its place in the pool log. */
        public static final int MAX_GROWTHS = 28;

        public Coalesced {
            growths = List.copyOf(growths);
            if (growths.size() > MAX_GROWTHS) {
                throw new IllegalArgumentException(
                        growths.size() + " growths in one record; the most is " + MAX_GROWTHS + ", use more parts");
            }
            if (first < 1
                    || last < first
                    || part < 1
                    || part > parts
                    || !new LogPosition(epoch, first).isAfter(after)) {
                throw new IllegalArgumentException("not a range: " + epoch + "." + first + " to " + last + " after "
                        + after + ", part " + part + " of " + parts);
            }
        }
    }

    /** Who asked, for which disk, why: what an audit wants to know of every request. */
    record Asked(HostId host, VmName vm, VolumeId volume, Ticket ticket, Bytes size, Why why, boolean paused) {}

    /** The records of {@code epoch} up to {@code last} count; a later one is void. */
    record Seal(Epoch epoch, long last) {}

    /** One volume grew {@code extensions} times, {@code from} one size {@code to} another. */
    record Growth(VolumeId volume, int extensions, Bytes from, Bytes to) {}

    /** Who gave an order, as it can be stored and shown: printable ASCII, and not too much of it. */
    private static String plain(String by) {
        String printable = by.replaceAll("[^ -~]|[\"\\\\]", "?");
        return printable.length() <= Limits.BY_LENGTH ? printable : printable.substring(0, Limits.BY_LENGTH);
    }

    /** The first {@link Limits#CAUSE_LENGTH} characters of the storage's own words. */
    private static String shortened(String words) {
        if (words.length() <= Limits.CAUSE_LENGTH) {
            return words;
        }
        boolean splitsOne = Character.isHighSurrogate(words.charAt(Limits.CAUSE_LENGTH - 1));
        return words.substring(0, splitsOne ? Limits.CAUSE_LENGTH - 1 : Limits.CAUSE_LENGTH);
    }
}
