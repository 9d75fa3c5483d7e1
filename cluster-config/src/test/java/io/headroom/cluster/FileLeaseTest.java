package io.headroom.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.VolumeId;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLeaseTest {
    @TempDir
    Path directory;

    private final ExecutorService executor = Executors.newFixedThreadPool(4);
    private final List<Epoch> tagged = new ArrayList<>();
    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        file = Files.createFile(directory.resolve("lease"));
    }

    @AfterEach
    void end() {
        executor.shutdownNow();
    }

    @Test
    void secondNode_isToldWhoHoldsIt() {
        taken(lease("host 1"));

        assertThat(done(lease("host 2").acquire())).isEqualTo(new Acquisition.Busy("host 1"));
    }

    @Test
    void givenBack_isFreeForTheNext() {
        Tenure first = taken(lease("host 1"));
        done(first.release());
        taken(lease("host 2"));

        assertThat(Files.exists(directory.resolve("lease.holder"))).isTrue();
        assertOver(first.tag(new Epoch(1)));
    }

    @Test
    void acquiredAgainByItsOwnNode_endsTheFormerTenureOnly() {
        FileLease lease = lease("host 1");
        Tenure former = taken(lease);
        Tenure later = taken(lease);

        assertOver(former.tag(new Epoch(1)));
        assertOver(former.inspect());
        assertOver(former.change(new Tenure.Change.Extend(new VolumeId("v"), Bytes.gibi(1))));
        assertThat(former.lost().toCompletableFuture()).isCompleted();
        done(later.tag(new Epoch(2)));
        assertThat(tagged).containsExactly(new Epoch(2));
    }

    @Test
    void formerTenureGivenBack_leavesTheLeaseWithTheLater() {
        FileLease lease = lease("host 1");
        Tenure former = taken(lease);
        Tenure later = taken(lease);
        done(former.release());

        assertThat(done(lease("host 2").acquire())).isInstanceOf(Acquisition.Busy.class);
        done(later.release());
        taken(lease("host 2"));
    }

    @Test
    void releasedTwice_isHarmless() {
        Tenure tenure = taken(lease("host 1"));
        done(tenure.release());
        done(tenure.release());

        taken(lease("host 2"));
    }

    @Test
    void refusedSecondAcquisition_leavesTheLockWhereItIs() throws Exception {
        taken(lease("host 1"));
        done(lease("host 2").acquire());

        assertThat(run("try")).startsWith("busy");
    }

    @Test
    void otherProcess_excludes_untilItIsKilled() throws Exception {
        Process holder = start("hold");
        try {
            BufferedReader output = holder.inputReader(StandardCharsets.UTF_8);
            assertThat(output.readLine()).isEqualTo("held");
            FileLease lease = lease("host 1");
            assertThat(done(lease.acquire())).isEqualTo(new Acquisition.Busy("other process"));
            holder.destroyForcibly();

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> done(lease.acquire()) instanceof Acquisition.Taken);
        } finally {
            holder.destroyForcibly();
        }
    }

    @Test
    void replacedFile_losesTheLeaseBeforeTheNextChange() throws IOException {
        Tenure tenure = taken(lease("host 1"));
        Files.move(file, directory.resolve("moved"));
        Files.createFile(file);

        assertThatThrownBy(() -> done(tenure.tag(new Epoch(1)))).hasRootCauseInstanceOf(IOException.class);
        assertThat(tagged).isEmpty();
        assertThat(tenure.lost().toCompletableFuture().join()).contains("removed or replaced");
    }

    @Test
    void missingFile_isAnErrorThatSaysSo() throws IOException {
        Files.delete(file);

        assertThatThrownBy(() -> done(lease("host 1").acquire()))
                .hasMessageContaining("is this the directory of a pool?");
    }

    @Test
    void metadataThatCannotBeOpened_givesTheLockBack() {
        FileLease broken = new FileLease(
                file,
                "host 1",
                () -> {
                    throw new IOException("catalogue is damaged");
                },
                executor);

        assertThatThrownBy(() -> done(broken.acquire())).hasMessageContaining("catalogue is damaged");
        taken(lease("host 2"));
    }

    private FileLease lease(String holder) {
        return new FileLease(file, holder, Recorded::new, executor);
    }

    private Tenure taken(FileLease lease) {
        Acquisition acquisition = done(lease.acquire());
        assertThat(acquisition).isInstanceOf(Acquisition.Taken.class);
        return ((Acquisition.Taken) acquisition).tenure();
    }

    private static void assertOver(CompletionStage<?> stage) {
        assertThatThrownBy(() -> done(stage)).hasMessageContaining("this tenure is over");
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, SECONDS).join();
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
                .redirectErrorStream(true)
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

    private final class Recorded implements Metadata {
        @Override
        public Tenure.Inventory inspect() {
            return new Tenure.Inventory(Bytes.gibi(1), Bytes.gibi(1), Bytes.mebi(1), Epoch.NONE, List.of(), List.of());
        }

        @Override
        public void tag(Epoch epoch) {
            tagged.add(epoch);
        }

        @Override
        public Tenure.Outcome change(Tenure.Change change) {
            return new Tenure.Outcome.Done();
        }
    }
}
