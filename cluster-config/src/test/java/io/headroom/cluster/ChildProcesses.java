package io.headroom.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs as children of this process, for tests of whoever wants a {@link Runner}. */
final class ChildProcesses implements Runner {
    @Override
    public Ended run(List<String> argv, Map<String, String> environment, Duration limit) throws IOException {
        Path output = Files.createTempFile("child", "output");
        Path errors = Files.createTempFile("child", "errors");
        try {
            ProcessBuilder builder = new ProcessBuilder(argv)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(output.toFile())
                    .redirectError(errors.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IOException(argv + " ran longer than " + limit);
            }
            return new Ended(process.exitValue(), text(output), text(errors));
        } catch (InterruptedException interrupted) {
            throw new IOException(interrupted);
        } finally {
            Files.delete(output);
            Files.delete(errors);
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }
}
