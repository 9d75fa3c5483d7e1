package io.headroom.chaos;

import io.headroom.rig.Watch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** QEMUs that die or do not answer. */
final class GuestFaults {
    private GuestFaults() {}

    static List<Fault> all() {
        return List.of(Fault.of("kill-qemu", GuestFaults::kill), Fault.of("freeze-qemu", GuestFaults::freeze));
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
}
