package io.headroom.chaos;

import io.headroom.rig.Rig;
import io.headroom.rig.Watch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** A wall clock of its own for each node, by libfaketime; the monotonic clock stays the machine's. */
final class Clocks {
    private static final String LIBRARY = "faketime/libfaketime.so.1";
    private static final Duration CACHED = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final Path directory;
    private final Path library;

    private Clocks(Path directory, Path library) {
        this.directory = directory;
        this.library = library;
    }

    static List<Fault> all() {
        return List.of(new Fault(
                "clock-jump",
                stage -> stage.clocks().isPresent()
                        ? Optional.empty()
                        : Optional.of("run with --clocks; it needs libfaketime (Debian's package faketime)"),
                Clocks::jump));
    }

    /** @param directory for a file with each node's offset */
    static Clocks in(Path directory) throws IOException {
        try (Stream<Path> found = Files.find(Path.of("/usr/lib"), 3, (path, file) -> path.endsWith(LIBRARY))) {
            Path library = found.findFirst()
                    .orElseThrow(() -> new IOException("there is no " + LIBRARY + " below /usr/lib;"
                            + " install faketime, or leave --clocks away"));
            return new Clocks(directory.toAbsolutePath(), library);
        }
    }

    /** The same place with a clock of the host's own. */
    Rig.Place with(Rig.Place place, int host) {
        set(host, Duration.ZERO);
        List<String> entering = new ArrayList<>(place.entering());
        entering.addAll(List.of(
                "env",
                "LD_PRELOAD=" + library,
                "FAKETIME_TIMESTAMP_FILE=" + file(host),
                "FAKETIME_CACHE_DURATION=" + CACHED.toSeconds(),
                "FAKETIME_DONT_FAKE_MONOTONIC=1"));
        return new Rig.Place(entering, place.clusterHost(), place.httpHost());
    }

    private Path file(int host) {
        return directory.resolve("clock" + host);
    }

    private void set(int host, Duration offset) {
        try {
            Files.createDirectories(directory);
            Files.writeString(
                    file(host), (offset.isNegative() ? "-" : "+") + offset.abs().toSeconds() + "\n");
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static Optional<Duration> jump(Stage stage, RandomGenerator chance) {
        Clocks clocks = stage.clocks().orElseThrow();
        int host = chance.nextBoolean() ? stage.spm().host() : stage.any(chance).host();
        clocks.set(host, chance.nextBoolean() ? HOUR : HOUR.negated());
        Watch.pause(CACHED.plus(Fault.between(chance, 3, 10)));
        clocks.set(host, Duration.ZERO);
        Watch.pause(CACHED);
        return Optional.empty();
    }
}
