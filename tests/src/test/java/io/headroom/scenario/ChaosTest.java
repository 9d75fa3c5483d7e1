package io.headroom.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.chaos.Chaos;
import io.headroom.rig.Rig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** A short run of {@code make chaos} with faults that need no rights beyond one's own. */
class ChaosTest {
    private static final Path DIRECTORY = Path.of("target", "scenario", "chaos");

    @Test
    void oneOfEach_breaksNoPromise() throws IOException {
        Rig.remove(DIRECTORY.resolve("chaos.json"));

        int status = new CommandLine(new Chaos())
                .execute(
                        "--faults=4",
                        "--seed=5",
                        "--patience=180",
                        "--only=kill-spm,freeze-host,swap-incoming,move-spm",
                        "--directory=" + DIRECTORY,
                        "--distribution=" + Path.of("..", "node-app", "target", "dist"));

        String report = Files.readString(DIRECTORY.resolve("chaos.json"));
        assertThat(status).as(report).isZero();
        assertThat(report).contains("\"faults\":4", "\"violations\":0");
    }

    @Test
    void faultThatIsUnknown_isRefused() {
        int status = new CommandLine(new Chaos()).execute("--only=earthquake");

        assertThat(status).isEqualTo(CommandLine.ExitCode.USAGE);
    }
}
