package io.headroom.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The keeper's program where the build keeps it, and how tests run it. */
final class Keepers {
    /** As long as a busy machine may need to get round to a beat. */
    static final Duration PATIENT = Duration.ofSeconds(20);

    private Keepers() {}

    static Keeper.Settings settings(Duration beatLimit) {
        return new Keeper.Settings(List.of(program().toString()), beatLimit);
    }

    private static Path program() {
        return Path.of(System.getProperty("basedir", ""), "src/main/dist/libexec/headroom-keeper")
                .toAbsolutePath();
    }
}
