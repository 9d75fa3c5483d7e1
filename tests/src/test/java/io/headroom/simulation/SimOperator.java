package io.headroom.simulation;

import static io.headroom.simulation.Invariants.require;

import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.Moment;
import io.headroom.port.Tenure;
import io.headroom.spm.Order;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A person who has volumes made, assigned and deleted: one order after the other; who hears nothing gives the same
 * order again, to whoever is SPM then. What he was told is carried out he relies on.
 */
final class SimOperator {
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(8);
    private static final List<String> NAMES = List.of("op-1", "op-2", "op-3");

    private final Timeline timeline;
    private final Faults faults;
    private final SimPool pool;
    private final Supplier<Optional<SimSpm>> spm;
    private final int hosts;
    private final Deque<Order> script = new ArrayDeque<>();
    /** What the pool has by his last word about each volume; a name that is missing is one he is not sure of. */
    private final Map<String, Optional<Bytes>> relied = new TreeMap<>();

    private Optional<Order> pending = Optional.empty();
    private Moment givenAt = new Moment(0);
    private boolean improvises;
    private int carried;
    private int luns;

    SimOperator(Timeline timeline, Faults faults, SimPool pool, Supplier<Optional<SimSpm>> spm, int hosts) {
        this.timeline = timeline;
        this.faults = faults;
        this.pool = pool;
        this.spm = spm;
        this.hosts = hosts;
    }

    /** Gives these orders, each one until it is carried out. */
    void follow(List<Order> orders) {
        script.addAll(orders);
        look();
    }

    /** Gives whatever orders come to mind, sensible or not. */
    void improvise() {
        improvises = true;
        look();
    }

    /** Gives no new ones; the one that is given is seen to its end. */
    void rest() {
        improvises = false;
    }

    int carried() {
        return carried;
    }

    private void look() {
        if (pending.isPresent()) {
            if (timeline.now().since(givenAt).compareTo(PATIENCE) >= 0) {
                give();
            }
        } else if (!script.isEmpty()) {
            pending = Optional.of(script.remove());
            give();
        } else if (improvises && faults.maybe(0.15)) {
            pending = Optional.of(anyOrder());
            give();
        }
        if (improvises || pending.isPresent() || !script.isEmpty()) {
            timeline.after(LOOK, this::look);
        }
    }

    private void give() {
        Order order = pending.orElseThrow();
        volumeOf(order).ifPresent(relied::remove);
        givenAt = timeline.now();
        spm.get().ifPresent(to -> to.order(order, answer -> heard(order, answer)));
    }

    private void heard(Order order, Order.Answer answer) {
        if (!pending.equals(Optional.of(order))) {
            return;
        }
        if (answer instanceof Order.Answer.Carried done) {
            pending = Optional.empty();
            carried++;
            rely(order, done);
        } else if (improvises) {
            pending = Optional.empty();
        }
    }

    private void rely(Order order, Order.Answer.Carried done) {
        if (order instanceof Order.DeleteVolume delete) {
            relied.put(delete.volume(), Optional.empty());
        } else {
            volumeOf(order).ifPresent(name -> relied.put(name, done.volume().map(Tenure.Volume::virtualSize)));
        }
        check();
    }

    /** What he was told is so. */
    void check() {
        relied.forEach((name, virtualSize) -> require(
                virtualSize.equals(pool.named(name).map(Tenure.Volume::virtualSize)),
                () -> "the operator was told that volume " + name + " has " + virtualSize + ", the pool has "
                        + pool.named(name)));
    }

    private static Optional<String> volumeOf(Order order) {
        if (order instanceof Order.CreateVolume of) {
            return Optional.of(of.name());
        } else if (order instanceof Order.ResizeVolume of) {
            return Optional.of(of.volume());
        } else if (order instanceof Order.DeleteVolume of) {
            return Optional.of(of.volume());
        } else if (order instanceof Order.AssignVolume of) {
            return Optional.of(of.volume());
        } else if (order instanceof Order.ReleaseVolume of) {
            return Optional.of(of.volume());
        }
        return Optional.empty();
    }

    private Order anyOrder() {
        String name = faults.oneOf(NAMES);
        HostId host = new HostId(faults.between(1, hosts));
        return switch (faults.between(0, 13)) {
            case 0, 1, 2, 3 ->
                new Order.CreateVolume(
                        name, Bytes.mebi(100L * faults.between(1, 8)), Optional.of(Bytes.mebi(faults.between(4, 90))));
            case 4, 5, 6, 7 -> new Order.DeleteVolume(name, faults.maybe(0.5));
            case 8 -> new Order.ResizeVolume(name, Bytes.mebi(100L * faults.between(1, 20)));
            case 9 -> new Order.AssignVolume(name, host, faults.maybe(0.3));
            case 10, 11 -> new Order.ReleaseVolume(name, host);
            case 12 -> new Order.AddLun("lun-" + ++luns, SimPool.EXTENT.times(faults.between(1, 20)), false);
            default -> anyOrderThatHurtsAGuest();
        };
    }

    private Order anyOrderThatHurtsAGuest() {
        String volume = faults.oneOf(pool.guestVolumes()).value();
        return faults.maybe(0.7)
                ? new Order.DeleteVolume(volume, true)
                : new Order.ResizeVolume(volume, Order.LARGEST_VIRTUAL_SIZE);
    }

    @Override
    public String toString() {
        return "operator " + carried + " carried, pending " + pending + ", relies on " + relied;
    }
}
