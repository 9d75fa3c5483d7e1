package io.headroom.chaos;

import io.headroom.model.HostId;
import io.headroom.port.PoolLog;
import io.headroom.store.mailbox.Layout;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Blocks of the mailbox that are damaged or swapped. */
final class BlockFaults {
    private static final int LOG_PLACES_IN_REACH = 8;

    private BlockFaults() {}

    static List<Fault> all() {
        return List.of(
                Fault.of(
                        "corrupt-outgoing",
                        (stage, chance) -> corrupt(
                                stage,
                                chance,
                                stage.mailbox()
                                        .layout()
                                        .outgoing(new HostId(stage.any(chance).host()), 0))),
                Fault.of(
                        "corrupt-incoming",
                        (stage, chance) -> corrupt(
                                stage,
                                chance,
                                stage.mailbox()
                                        .layout()
                                        .incoming(new HostId(stage.any(chance).host()), 0))),
                Fault.of("corrupt-header", (stage, chance) -> corrupt(stage, chance, Layout.HEADER)),
                Fault.of("corrupt-bell", (stage, chance) -> corrupt(stage, chance, Layout.BELL)),
                Fault.of("corrupt-log", BlockFaults::corruptLog),
                Fault.of("swap-outgoing", (stage, chance) -> swap(stage, chance, true)),
                Fault.of("swap-incoming", (stage, chance) -> swap(stage, chance, false)));
    }

    private static Optional<Duration> corrupt(Stage stage, RandomGenerator chance, long block) throws IOException {
        stage.mailbox().corrupt(block, chance);
        return Optional.empty();
    }

    /** What the ledger has is no longer needed there; the rest is in the SPM's memory. */
    private static Optional<Duration> corruptLog(Stage stage, RandomGenerator chance) throws IOException {
        Layout layout = stage.mailbox().layout();
        PoolLog.Place place = new PoolLog.Place(chance.nextInt(layout.segments()), chance.nextInt(LOG_PLACES_IN_REACH));
        return corrupt(stage, chance, layout.log(place));
    }

    private static Optional<Duration> swap(Stage stage, RandomGenerator chance, boolean outgoing) throws IOException {
        HostId one = new HostId(stage.any(chance).host());
        HostId other = new HostId(1 + one.value() % stage.nodes().size());
        Layout layout = stage.mailbox().layout();
        stage.mailbox()
                .swap(
                        outgoing ? layout.outgoing(one, 0) : layout.incoming(one, 0),
                        outgoing ? layout.outgoing(other, 0) : layout.incoming(other, 0));
        return Optional.empty();
    }
}
