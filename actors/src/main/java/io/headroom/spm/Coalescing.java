package io.headroom.spm;

import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.LogPosition;
import io.headroom.model.VolumeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Sums a range of the pool log up: growth per volume. What orders did is no sum; it is told again as it was. */
final class Coalescing {
    private final Map<VolumeId, PoolEvent.Growth> growths = new TreeMap<>();
    private final List<PoolEvent> orders = new ArrayList<>();

    void add(LogEntry entry) {
        PoolEvent event = entry.event();
        if (event instanceof PoolEvent.VolumeExtended grown) {
            add(grown.asked().volume(), 1, grown.from(), grown.to());
        } else if (event instanceof PoolEvent.ExtensionFoundDone grown) {
            add(grown.asked().volume(), 1, grown.from(), grown.to());
        } else if (event instanceof PoolEvent.SizeFound found) {
            add(found.volume(), 0, found.known(), found.found());
        } else if (event instanceof PoolEvent.Coalesced coalesced) {
            coalesced
                    .growths()
                    .forEach(growth -> add(growth.volume(), growth.extensions(), growth.from(), growth.to()));
        } else if (event instanceof PoolEvent.OrderCarried carried) {
            orders.add(new PoolEvent.OrderRecalled(entry.epoch(), entry.sequence(), entry.at(), carried));
        } else if (event instanceof PoolEvent.OrderRecalled) {
            orders.add(event);
        }
    }

    private void add(VolumeId volume, int extensions, Bytes from, Bytes to) {
        growths.merge(
                volume,
                new PoolEvent.Growth(volume, extensions, from, to),
                (a, b) -> new PoolEvent.Growth(volume, a.extensions() + b.extensions(), a.from(), b.to()));
    }

    /** The orders first: what stands for the range comes when nothing of it can be lost any more. */
    List<PoolEvent> records(LogPosition after, Epoch of, long first, long last) {
        List<PoolEvent.Growth> all = List.copyOf(growths.values());
        int most = PoolEvent.Coalesced.MAX_GROWTHS;
        int parts = Math.max(1, (all.size() + most - 1) / most);
        List<PoolEvent> records = new ArrayList<>(orders);
        for (int part = 1; part <= parts; part++) {
            List<PoolEvent.Growth> some =
                    all.subList(Math.min(all.size(), (part - 1) * most), Math.min(all.size(), part * most));
            records.add(new PoolEvent.Coalesced(of, first, last, after, part, parts, some));
        }
        return records;
    }
}
