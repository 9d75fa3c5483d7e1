package io.headroom.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One line of the audit: what happened, and of an extension who asked, why, from what size to what size and how long
 * each step took. Flat and without types of our own, so that it can be sent and shown as it is. What is not known, or
 * does not belong to the kind, is empty.
 *
 * @param number in the journal, 1 and up; grows with time
 * @param at the SPM's wall clock
 * @param kind {@code extended}, {@code found-done}, {@code abandoned}, {@code held}, {@code taken-over},
 *     {@code stepped-down}, {@code size-found}, {@code journal-replaced}, {@code journal-opened}, {@code pool-created},
 *     {@code volume-created}, {@code volume-deleted}, {@code volume-resized}, {@code volume-assigned}, {@code lun-added}, {@code lun-grown},
 *     {@code order-abandoned}, {@code coalesced}, {@code hole} or {@code voided}
 * @param volume its id
 * @param name the volume's name
 * @param why what made the disk ask, in lower case: {@code threshold}
 * @param paused the guest was stopped for want of space when it asked
 * @param from bytes
 * @param to bytes; of a held request, what it asked for
 * @param epoch of the SPM; 0 where there was none
 * @param sequence in the epoch; 0 for what the pool log does not hold
 * @param queued from the SPM's first sight of the request to the intent
 * @param extended from the intent until the storage had done it; of an order too
 * @param posted from QEMU's event until the request stood on the storage
 * @param answered until the host saw the reply
 * @param refreshed until the device had its new size on the host
 * @param armed until the next threshold was armed and checked
 * @param text the rest, for people
 */
public record AuditLine(
        long number,
        Instant at,
        String kind,
        Optional<Integer> host,
        Optional<String> vm,
        Optional<String> volume,
        Optional<String> name,
        Optional<String> why,
        boolean paused,
        Optional<Long> from,
        Optional<Long> to,
        long epoch,
        long sequence,
        Optional<Long> ticket,
        Optional<Duration> queued,
        Optional<Duration> extended,
        Optional<Duration> posted,
        Optional<Duration> answered,
        Optional<Duration> refreshed,
        Optional<Duration> armed,
        String text) {}
