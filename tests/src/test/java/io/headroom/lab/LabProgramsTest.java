package io.headroom.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.node.process.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lab's own programs are in Python; what they decide without any machine is tested in {@code test_lab.py}. */
class LabProgramsTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int OUTPUT = 64 << 10;

    @Test
    void testsOfTheLabsPrograms_hold() {
        Path lab = Path.of("lab");
        assertThat(lab).matches(Files::isDirectory);

        Command.Outcome outcome = new Command(
                        List.of("python3", "-B", "-m", "unittest", "discover", "-s", lab.toString()), LIMIT, OUTPUT)
                .run();

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Command.Outcome.Exited.class,
                        exited -> assertThat(exited.status())
                                .as(exited.toString())
                                .isZero());
    }
}
