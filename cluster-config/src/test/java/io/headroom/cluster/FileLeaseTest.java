package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Epoch;
import io.headroom.port.PoolLease;
import io.headroom.port.PoolLease.Acquisition;
import io.headroom.port.Tenure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLeaseTest extends PoolLeaseContract {
    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        file = Files.createFile(directory.resolve("lease"));
    }

    @Override
    PoolLease newLease(int host, Metadata.Source source) {
        return new FileLease(file, "host " + host, source, executor);
    }

    @Test
    void refusedSecondAcquisition_leavesTheLockWhereItIs() throws Exception {
        taken(1);
        done(lease(2).acquire());

        assertThat(run("try")).startsWith("busy");
    }

    @Test
    void otherProcess_excludes_untilItIsKilled() throws Exception {
        Process holder = start("hold");
        try {
            BufferedReader output = holder.inputReader(StandardCharsets.UTF_8);
            assertThat(output.readLine()).isEqualTo("held");
            PoolLease lease = lease(1);
            assertThat(done(lease.acquire())).isEqualTo(new Acquisition.Busy("other process"));
            holder.destroyForcibly();

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> done(lease.acquire()) instanceof Acquisition.Taken);
        } finally {
            holder.destroyForcibly();
        }
    }

    /** The kernel's lock ends with the process and never before: nobody takes over from one that is only frozen. */
    @Test
    void frozenProcess_keepsTheLease_untilItIsKilled() throws Exception {
        Process holder = start("hold");
        try {
            assertThat(holder.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("held");
            PoolLease lease = lease(1);
            signal("-STOP", holder);

            Awaitility.await()
                    .during(Duration.ofSeconds(3))
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> done(lease.acquire()) instanceof Acquisition.Busy);
            signal("-CONT", holder);
            assertThat(done(lease.acquire())).isEqualTo(new Acquisition.Busy("other process"));
            signal("-STOP", holder);
            holder.destroyForcibly();

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> done(lease.acquire()) instanceof Acquisition.Taken);
        } finally {
            holder.destroyForcibly();
        }
    }

    private static void signal(String signal, Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", signal, String.valueOf(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void replacedFile_losesTheLeaseBeforeTheNextChange() throws Exception {
        Tenure tenure = taken(1);
        Files.move(file, directory.resolve("moved"));
        Files.createFile(file);

        assertThatThrownBy(() -> done(tenure.tag(new Epoch(1)))).hasRootCauseInstanceOf(IOException.class);
        assertThat(tagged).isEmpty();
        assertThat(tenure.lost().toCompletableFuture().join()).contains("removed or replaced");
    }

    @Test
    void missingFile_isAnErrorThatSaysSo() throws Exception {
        Files.delete(file);

        assertThatThrownBy(() -> done(lease(1).acquire())).hasMessageContaining("is this the directory of a pool?");
    }

    @Test
    void holderThatCannotBeNoted_doesNotKeepTheLeaseFromEverybody() throws Exception {
        Path inTheWay = Files.createDirectory(directory.resolve("lease.holder"));
        PoolLease lease = lease(1);
        assertThatThrownBy(() -> done(lease.acquire())).hasMessageContaining("lease.holder");

        Files.delete(inTheWay);
        assertThat(done(lease.acquire())).isInstanceOf(Acquisition.Taken.class);
        assertThat(run("try")).as("and it is held").startsWith("busy");
    }

    private String run(String what) throws Exception {
        Process process = start(what);
        try {
            return process.inputReader(StandardCharsets.UTF_8).readLine();
        } finally {
            process.destroyForcibly();
        }
    }

    private Process start(String what) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OtherProcess.class.getName(),
                        what,
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Holds, or tries, the lock of the file in another process. */
    static final class OtherProcess {
        private OtherProcess() {}

        public static void main(String[] arguments) throws IOException {
            Path lease = Path.of(arguments[1]);
            try (FileChannel channel = FileChannel.open(lease, StandardOpenOption.WRITE)) {
                boolean locked = channel.tryLock() != null;
                if (locked && arguments[0].equals("hold")) {
                    Files.writeString(lease.resolveSibling("lease.holder"), "other process\n");
                    System.out.println("held");
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
                } else {
                    System.out.println(locked ? "free" : "busy");
                }
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }
}
