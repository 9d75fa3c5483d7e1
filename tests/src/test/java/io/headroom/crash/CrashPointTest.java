package io.headroom.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.disk.Disk;
import io.headroom.host.Outbox;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.simulation.Execution;
import io.headroom.simulation.Life;
import io.headroom.simulation.World;
import io.headroom.spm.Order;
import io.headroom.spm.Spm;
import io.headroom.vm.Vm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Two nodes, on each a guest whose disk grows several times; the node that carries out the n-th effect dies before it,
 * or right after it was begun, so that nobody hears what came of it. It starts again; in between the other one takes
 * over. For every n the same must hold in the end.
 */
class CrashPointTest {
    private static final World.Shape SHAPE = new World.Shape(2, 2, 1, 1, 4, 32, Bytes.gibi(4));
    private static final Bytes PER_SECOND = Bytes.mebi(48);
    private static final Duration FLOW = Duration.ofSeconds(5);
    private static final Duration AWAY = Duration.ofMillis(1_500);
    private static final Duration TO_SETTLE = Duration.ofSeconds(20);
    private static final long SEED = 1;

    /** Each one is given until it is carried out. */
    private static final List<Order> ORDERS = List.of(
            new Order.CreateVolume("web-1", Bytes.gibi(2), Optional.of(Bytes.mebi(300))),
            new Order.AssignVolume("web-1", new HostId(1), false),
            new Order.ReleaseVolume("web-1", new HostId(1)),
            new Order.ResizeVolume("web-1", Bytes.gibi(3)),
            new Order.DeleteVolume("web-1", true),
            new Order.CreateVolume("web-1", Bytes.gibi(1), Optional.of(Bytes.mebi(64))),
            new Order.AddLun("lun-1", Bytes.gibi(1), false));

    /** To die around these is to die after the effect before them: they change nothing. */
    private static final Set<Class<?>> CHANGE_NOTHING = Set.of(
            Spm.Note.class,
            Spm.Scan.class,
            Spm.ReadBell.class,
            Spm.ReadStanding.class,
            Outbox.EpochSeen.class,
            Outbox.Read.class,
            Disk.Moved.class,
            Vm.Look.class);

    private enum When {
        BEFORE,
        AFTER
    }

    /** Counts effects, and ends the node of one of them. */
    private static final class CrashPoint implements Execution {
        private final int point;
        private final When when;
        private final List<Object> effects = new ArrayList<>();
        private Optional<World> world = Optional.empty();

        CrashPoint(int point, When when) {
            this.point = point;
            this.when = when;
        }

        @Override
        public void run(Life process, Object effect, Runnable act) {
            if (process.isEnded()) {
                return;
            }
            if (CHANGE_NOTHING.contains(effect.getClass())) {
                act.run();
                return;
            }
            effects.add(effect);
            boolean isIt = effects.size() == point;
            if (isIt && when == When.BEFORE) {
                world.orElseThrow().crash(process, AWAY);
                return;
            }
            act.run();
            if (isIt) {
                world.orElseThrow().crash(process, AWAY);
            }
        }
    }

    @Test
    void anyPointOfTheFlow_endsWell() {
        int points = flow(new CrashPoint(0, When.BEFORE)).size();
        assertThat(points).isGreaterThan(100);

        for (int point = 1; point <= points; point++) {
            for (When when : When.values()) {
                CrashPoint crash = new CrashPoint(point, when);
                try {
                    flow(crash);
                } catch (AssertionError | RuntimeException broken) {
                    throw new AssertionError(
                            when + " effect " + point + " of " + points + ", " + crash.effects.get(point - 1) + ": "
                                    + broken.getMessage(),
                            broken);
                }
            }
        }
    }

    /** @return the effects until the guests stop */
    private static List<Object> flow(CrashPoint crash) {
        World world = new World(SEED, SHAPE, crash);
        crash.world = Optional.of(world);
        world.guestsWrite(PER_SECOND);
        world.order(ORDERS);
        world.pass(FLOW);
        List<Object> effects = List.copyOf(crash.effects);
        world.guestsWrite(Bytes.ZERO);
        world.pass(TO_SETTLE);
        assertThat(world.carriedOrders()).isEqualTo(ORDERS.size());
        world.checkEnd();
        return effects;
    }
}
