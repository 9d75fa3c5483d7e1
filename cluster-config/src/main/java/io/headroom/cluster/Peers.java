package io.headroom.cluster;

import io.headroom.mailbox.Header;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Moment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a node knows of the others from the storage alone: who beats, and where it is reached. Decides only; time and
 * blocks are told to it. Not thread-safe.
 */
public final class Peers {
    private static final Duration SHORTEST_SCAN = Duration.ofSeconds(10);
    private static final Duration SCAN_PER_HOST = Duration.ofMillis(500);

    private final Duration rhythm;
    private final SortedMap<HostId, Known> hosts = new TreeMap<>();
    private Moment watchingSince;
    private Header header;
    private Pulse<Beat> spm;

    /** @param rhythm how long an idle host needs to show that it lives, with room for a sign that was missed */
    Peers(Duration rhythm) {
        this.rhythm = rhythm;
    }

    /**
     * A successful look at the storage.
     *
     * @param header as it stands; empty where none was ever written
     * @param changed the blocks that differ from the last look, or all at the first look
     */
    void looked(Moment now, Optional<Header> header, List<OutgoingBlock> changed) {
        if (watchingSince == null) {
            watchingSince = now;
        }
        header.ifPresent(found -> {
            Beat beat = new Beat(found.epoch(), found.beat());
            spm = spm == null ? Pulse.firstSeen(now, beat) : spm.seen(now, beat);
            this.header = found;
        });
        for (OutgoingBlock block : changed) {
            hosts.merge(block.host(), Known.firstSeen(now, block), (known, first) -> known.seen(now, block));
        }
    }

    /** The SPM's address while its heartbeat is alive. */
    Optional<String> beatingSpm(Moment now, Duration silence) {
        return spm != null && spm.isAlive(now, silence) ? Optional.of(header.address()) : Optional.empty();
    }

    /** We have watched the header for {@code silence} and no SPM has written it. */
    boolean isSpmSilent(Moment now, Duration silence) {
        if (spm != null) {
            return spm.isSilent(now, silence);
        }
        return watchingSince != null && now.since(watchingSince).compareTo(silence) >= 0;
    }

    /**
     * How often everybody's blocks are read only to know who lives: seldom where there are many, since every node of
     * the pool reads them.
     */
    Duration scanEvery() {
        Duration byNumber = SCAN_PER_HOST.multipliedBy(hosts.size());
        return byNumber.compareTo(SHORTEST_SCAN) > 0 ? byNumber : SHORTEST_SCAN;
    }

    /** Where others may be reached: the SPM, then hosts that beat, then those not yet watched long enough. */
    List<String> reachable(Moment now) {
        List<String> addresses = new ArrayList<>();
        if (spm != null && !spm.isSilent(now, silentAfter())) {
            addresses.add(header.address());
        }
        hosts.values().stream()
                .filter(known -> known.pulse().isAlive(now, silentAfter()))
                .forEach(known -> addresses.add(known.address()));
        hosts.values().stream()
                .filter(known -> !known.pulse().beating() && !known.pulse().isSilent(now, silentAfter()))
                .forEach(known -> addresses.add(known.address()));
        return addresses.stream()
                .filter(address -> !address.isEmpty())
                .distinct()
                .toList();
    }

    /** A host that shows no sign for this long is taken for dead: we look only so often. */
    private Duration silentAfter() {
        return rhythm.plus(scanEvery());
    }

    /** Everybody who ever wrote a block, by host. */
    List<Peer> all(Moment now) {
        return hosts.entrySet().stream()
                .map(entry -> entry.getValue().told(now, entry.getKey(), silentAfter()))
                .sorted(Comparator.comparing(Peer::host))
                .toList();
    }

    /**
     * One host as its blocks show it.
     *
     * @param silent since its last sign of life that this node saw, or since this node began to watch
     * @param alive it gave a sign of life within the time that counts
     */
    public record Peer(
            HostId host, String address, Incarnation incarnation, Epoch epoch, Duration silent, boolean alive) {}

    private record Beat(Epoch epoch, long beat) {}

    private record Sign(Incarnation incarnation, int index, long sequence) {}

    private record Known(String address, Incarnation incarnation, Epoch epoch, Pulse<Sign> pulse) {
        static Known firstSeen(Moment now, OutgoingBlock block) {
            return new Known(block.address(), block.incarnation(), block.epoch(), Pulse.firstSeen(now, sign(block)));
        }

        Known seen(Moment now, OutgoingBlock block) {
            if (block.incarnation().number() < incarnation.number()) {
                return this;
            }
            return new Known(block.address(), block.incarnation(), block.epoch(), pulse.seen(now, sign(block)));
        }

        Peer told(Moment now, HostId host, Duration silentAfter) {
            return new Peer(host, address, incarnation, epoch, pulse.silentFor(now), pulse.isAlive(now, silentAfter));
        }

        private static Sign sign(OutgoingBlock block) {
            return new Sign(block.incarnation(), block.index(), block.sequence());
        }
    }
}
