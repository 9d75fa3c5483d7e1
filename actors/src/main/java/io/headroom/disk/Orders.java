package io.headroom.disk;

import java.util.ArrayList;
import java.util.List;

/** What is to be done about a disk. An effect that is answered is not ordered twice while its answer is awaited. */
final class Orders {
    private final List<Disk.Effect> next = new ArrayList<>();
    private final List<Disk.Effect> underWay = new ArrayList<>();

    void give(Disk.Effect effect) {
        boolean isAnswered =
                effect instanceof Disk.Refresh || effect instanceof Disk.Arm || effect instanceof Disk.MeasureImage;
        if (!isAnswered) {
            next.add(effect);
        } else if (!underWay.contains(effect)) {
            underWay.add(effect);
            next.add(effect);
        }
    }

    boolean isUnderWay(Class<? extends Disk.Effect> kind) {
        return underWay.stream().anyMatch(kind::isInstance);
    }

    void ended(Class<? extends Disk.Effect> kind) {
        underWay.removeIf(kind::isInstance);
    }

    /** What was ordered since this was asked last. */
    List<Disk.Effect> taken() {
        List<Disk.Effect> taken = List.copyOf(next);
        next.clear();
        return taken;
    }
}
