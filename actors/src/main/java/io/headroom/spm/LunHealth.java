package io.headroom.spm;

import io.headroom.ledger.PoolEvent;
import io.headroom.port.Tenure.Lun;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Which of the pool's LUNs are well, from one look to the next. */
final class LunHealth {
    private final Map<String, String> devices = new HashMap<>();
    private final SortedMap<String, Lun> ailing = new TreeMap<>();

    /** @return what is new: each LUN that was lost or came back since the last look, once */
    List<PoolEvent> learn(List<Lun> luns) {
        List<PoolEvent> news = new ArrayList<>();
        ailing.keySet().removeIf(id -> luns.stream().noneMatch(lun -> lun.id().equals(id)));
        for (Lun lun : luns) {
            if (!lun.device().isEmpty()) {
                devices.put(lun.id(), lun.device());
            }
            boolean isWell = lun.problem().isEmpty();
            boolean wasWell = (isWell ? ailing.remove(lun.id()) : ailing.put(lun.id(), lun)) == null;
            if (wasWell && !isWell) {
                news.add(new PoolEvent.LunLost(lun.id(), deviceOf(lun), lun.problem()));
            } else if (!wasWell && isWell) {
                news.add(new PoolEvent.LunRecovered(lun.id(), deviceOf(lun)));
            }
        }
        return news;
    }

    List<String> problems() {
        return ailing.values().stream()
                .map(lun -> "LUN " + (deviceOf(lun) + " " + lun.id()).strip() + ": " + lun.problem())
                .toList();
    }

    private String deviceOf(Lun lun) {
        return devices.getOrDefault(lun.id(), "");
    }
}
