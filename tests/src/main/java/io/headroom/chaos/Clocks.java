package io.headroom.chaos;

import io.headroom.rig.Rig;
import io.headroom.rig.Signals;
import io.headroom.rig.Watch;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/** A wall clock of its own for each node, by a small library that a C compiler makes; nothing else is changed. */
final class Clocks {
    private static final String SOURCE = "clock.c";

    /** How often the library looks its offset up. */
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
                        : Optional.of("run with --clocks; it needs a C compiler, cc"),
                Clocks::jump));
    }

    /** @param directory for the library, and a file with each node's offset */
    static Clocks in(Path directory) throws IOException {
        Path made = Files.createDirectories(directory.toAbsolutePath());
        Path source = made.resolve(SOURCE);
        try (InputStream text = Clocks.class.getResourceAsStream(SOURCE)) {
            Files.copy(text, source, StandardCopyOption.REPLACE_EXISTING);
        }
        Path library = made.resolve("clock.so");
        Signals.run("cc", "-O2", "-shared", "-fPIC", "-o", library.toString(), source.toString());
        return new Clocks(made, library);
    }

    /** The same place with a clock of the host's own. */
    Rig.Place with(Rig.Place place, int host) {
        set(host, Duration.ZERO);
        List<String> entering = new ArrayList<>(place.entering());
        entering.addAll(List.of("env", "LD_PRELOAD=" + library, "HEADROOM_CLOCK=" + file(host)));
        return new Rig.Place(entering, place.clusterHost(), place.httpHost());
    }

    private Path file(int host) {
        return directory.resolve("clock" + host);
    }

    private void set(int host, Duration offset) {
        try {
            Files.writeString(file(host), offset.toSeconds() + "\n");
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static Optional<Duration> jump(Stage stage, RandomGenerator chance) throws TimeoutException {
        Clocks clocks = stage.clocks().orElseThrow();
        int host = chance.nextBoolean() ? stage.spm().host() : stage.any(chance).host();
        clocks.set(host, chance.nextBoolean() ? HOUR : HOUR.negated());
        Watch.pause(CACHED.plus(Fault.between(chance, 3, 10)));
        clocks.set(host, Duration.ZERO);
        Watch.pause(CACHED);
        return Optional.empty();
    }
}
