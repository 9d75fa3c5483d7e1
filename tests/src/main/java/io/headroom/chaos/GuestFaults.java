package io.headroom.chaos;

import io.headroom.rig.BrokenMonitor;
import io.headroom.rig.Signals;
import io.headroom.rig.Watch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** QEMUs that die or do not answer, and what passes for one. */
final class GuestFaults {
    private static final Duration ASKED_LIMIT = Duration.ofSeconds(30);

    private GuestFaults() {}

    static List<Fault> all() {
        return List.of(
                Fault.of("kill-qemu", GuestFaults::kill),
                Fault.of("freeze-qemu", GuestFaults::freeze),
                Fault.of("stuck-monitor", GuestFaults::stick));
    }

    private static Optional<Duration> kill(Stage stage, RandomGenerator chance) throws Exception {
        stage.restartGuest(stage.any(chance).host(), Fault.between(chance, 0, 3));
        return Optional.empty();
    }

    /** Its monitor's socket takes what is sent, and nothing comes back. */
    private static Optional<Duration> freeze(Stage stage, RandomGenerator chance) throws Exception {
        long pid = stage.rig().guests().get(stage.any(chance).host()).pid();
        Signals.freeze(pid);
        try {
            Watch.pause(Fault.between(chance, 2, 12));
        } finally {
            Signals.thaw(pid);
        }
        return Optional.empty();
    }

    /** A further VM of a host with a guest, whose monitor accepts and never answers. */
    private static Optional<Duration> stick(Stage stage, RandomGenerator chance) throws Exception {
        Path socket = stage.rig().monitors(stage.any(chance).host()).resolve("stuck.sock");
        try (BrokenMonitor stuck = BrokenMonitor.silent(socket)) {
            Watch.until("the node asks the stuck monitor", ASKED_LIMIT, () -> stuck.clients() > 0);
            Watch.pause(Fault.between(chance, 2, 12));
            return Optional.empty();
        }
    }
}
