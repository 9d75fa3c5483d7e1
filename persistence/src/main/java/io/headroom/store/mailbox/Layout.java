package io.headroom.store.mailbox;

import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.port.PoolLog;
import io.headroom.store.block.BlockDevice;

/**
 * Where each block of the mailbox and of the pool log stands. Everything is counted in blocks of 4096 bytes:
 *
 * <pre>
 *   0               identity: which pool, this geometry     written once
 *   1               header                                  written by the SPM
 *   2               bell                                    written by every host
 *   3               first outgoing block of each host       one range, so that the SPM's scan is one read
 *   + hosts         first incoming block of each host
 *   + hosts         further outgoing blocks, 15 of host 1, 15 of host 2, …
 *   + 15 × hosts    further incoming blocks, likewise
 *   + 15 × hosts    pool log: the places of segment 0, of segment 1, …
 * </pre>
 *
 * <p>No two writers share a block, except at the bell.
 *
 * @param hosts how many hosts have blocks, with the ids 1 to {@code hosts}
 * @param segments of the pool log, {@value #FEWEST_SEGMENTS} to {@value #MOST_SEGMENTS}
 * @param places of one segment, one entry each, {@value #FEWEST_PLACES} to {@value #MOST_PLACES}
 */
public record Layout(int hosts, int segments, int places) {
    /**
     * The SPM's own, one kept free for the next takeover, one of a takeover that may be cut short, and one that a
     * former SPM may still write to. Segments are taken in turn, so a process has to be frozen through as many
     * takeovers as there are segments before its one late write can hit a record of another epoch. The late record
     * itself is void then; the record under it is lost to the history, not to the pool, unless the ledger had it.
     */
    public static final int FEWEST_SEGMENTS = 4;

    public static final int MOST_SEGMENTS = 64;

    /**
     * Room for one record that stands for each other segment, for writing these once more, and for a takeover's or a
     * change's intent and fact, a farewell and the first entry, which stays.
     */
    public static final int FEWEST_PLACES = 16;

    public static final int MOST_PLACES = 4096;

    static final long IDENTITY = 0;
    /** The block of the header. */
    public static final long HEADER = 1;

    /** The block that every host may write. */
    public static final long BELL = 2;

    private static final long FIRST_OUTGOING = 3;
    private static final int FURTHER = Limits.BLOCKS_PER_HOST - 1;

    public Layout {
        within("hosts", hosts, 1, Limits.HOSTS);
        within("segments", segments, FEWEST_SEGMENTS, MOST_SEGMENTS);
        within("places", places, FEWEST_PLACES, MOST_PLACES);
    }

    private static void within(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "no mailbox has " + value + " " + what + "; allowed are " + least + " to " + most);
        }
    }

    /** How many blocks all of it takes. */
    public long blocks() {
        return log() + (long) segments * places;
    }

    /** How many bytes all of it takes. */
    public Bytes size() {
        return Bytes.of(blocks() * BlockDevice.BLOCK);
    }

    /** Where the blocks of one direction stand; {@code index} 0 to {@link Limits#BLOCKS_PER_HOST} - 1. */
    public long outgoing(HostId host, int index) {
        return block(host, index, FIRST_OUTGOING, FIRST_OUTGOING + 2L * hosts);
    }

    /** Likewise. */
    public long incoming(HostId host, int index) {
        return block(host, index, FIRST_OUTGOING + hosts, FIRST_OUTGOING + (2L + FURTHER) * hosts);
    }

    private long block(HostId host, int index, long firsts, long furthers) {
        if (host.value() > hosts) {
            throw new IllegalArgumentException(
                    "host " + host + " has no blocks in this mailbox; it was made for the ids 1 to " + hosts);
        }
        if (index < 0 || index >= Limits.BLOCKS_PER_HOST) {
            throw new IllegalArgumentException(
                    "no block " + index + "; a host has " + Limits.BLOCKS_PER_HOST + " in each direction");
        }
        long before = host.value() - 1L;
        return index == 0 ? firsts + before : furthers + before * FURTHER + index - 1;
    }

    /** The first block of the pool log. */
    long log() {
        return FIRST_OUTGOING + 2L * Limits.BLOCKS_PER_HOST * hosts;
    }

    /** The block of one place of the pool log. */
    public long log(PoolLog.Place place) {
        if (place.segment() < 0 || place.segment() >= segments || place.slot() < 0 || place.slot() >= places) {
            throw new IllegalArgumentException(place + " is not in this log of " + segments + " segments of " + places);
        }
        return log() + (long) place.segment() * places + place.slot();
    }

    /** Which place of the log stands in {@code block}. */
    PoolLog.Place placeAt(long block) {
        long at = block - log();
        return new PoolLog.Place((int) (at / places), (int) (at % places));
    }
}
