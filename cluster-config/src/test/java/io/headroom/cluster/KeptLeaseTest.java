package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.port.PoolLease;
import io.headroom.port.PoolLease.Acquisition;
import io.headroom.port.Tenure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With {@code flock}; and what happens when keeper, waiter or command are killed or stopped. */
class KeptLeaseTest extends PoolLeaseContract {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Of a command that is to outlive it: first it has to begin. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    @Override
    PoolLease newLease(int host, Metadata.Source source) {
        return kept(host, keeper -> source.open());
    }

    private PoolLease kept(int host, KeptLease.Source source) {
        FlockFile tool = new FlockFile(directory.resolve("lease"), "host " + host);
        return new KeptLease(tool, Keepers.settings(Keepers.PATIENT), source, executor);
    }

    @Test
    void killedKeeper_losesTheLease_whichCanBeTakenAgain() throws Exception {
        Sleeper sleeper = new Sleeper();
        PoolLease lease = kept(1, sleeper);
        Tenure tenure = takenFrom(lease);

        kill("-KILL", sleeper.keeper());

        assertThat(done(tenure.lost())).contains("the keeper", "is gone");
        assertOver(tenure.tag(new Epoch(1)));
        done(takenFrom(lease).release());
    }

    @Test
    void keeperKilledDuringACommand_leavesItsOutcomeOpen_andTheLeaseTakenUntilTheCommandIsGone() throws Exception {
        Sleeper sleeper = new Sleeper();
        Tenure tenure = takenFrom(kept(1, sleeper));
        CompletableFuture<Void> change = tenure.tag(new Epoch(1)).toCompletableFuture();
        ProcessHandle command = sleeper.command();
        ProcessHandle waiter = command.parent().orElseThrow();

        // As long as the waiter cannot see that its keeper is gone, the lease is not free.
        kill("-STOP", waiter.pid());
        kill("-KILL", sleeper.keeper());
        assertThatThrownBy(() -> done(change)).hasMessageContaining("unknown");
        assertThat(done(lease(2).acquire())).isInstanceOf(Acquisition.Busy.class);
        assertThat(command.isAlive()).isTrue();
        kill("-CONT", waiter.pid());

        taken(2);
        assertThat(command.isAlive()).isFalse();
    }

    @Test
    void killedWaiter_takesTheCommandWithIt_andTheKeeperGoesOn() throws Exception {
        Sleeper sleeper = new Sleeper();
        Tenure tenure = takenFrom(kept(1, sleeper));
        CompletableFuture<Void> change = tenure.tag(new Epoch(1)).toCompletableFuture();
        ProcessHandle command = sleeper.command();

        kill("-KILL", command.parent().orElseThrow().pid());

        assertThatThrownBy(() -> done(change)).hasMessageContaining("was killed: its waiter died");
        assertThat(command.isAlive()).isFalse();
        assertThat(done(tenure.change(new Tenure.Change.Extend(null, Bytes.ZERO))))
                .isEqualTo(new Tenure.Outcome.Done());
        done(tenure.release());
    }

    @Test
    void waiterKilledBetweenCommands_isReplaced() throws Exception {
        Sleeper sleeper = new Sleeper();
        Tenure tenure = takenFrom(kept(1, sleeper));
        done(tenure.change(new Tenure.Change.Extend(null, Bytes.ZERO)));
        ProcessHandle waiter = ProcessHandle.of(sleeper.keeper())
                .flatMap(keeper -> keeper.children().findAny())
                .orElseThrow();

        kill("-KILL", waiter.pid());

        await().atMost(PATIENCE).until(() -> !waiter.isAlive());
        assertThat(done(tenure.change(new Tenure.Change.Extend(null, Bytes.ZERO))))
                .isEqualTo(new Tenure.Outcome.Done());
        done(tenure.release());
    }

    @Test
    void stoppedWaiter_isOverruledAtTheCommandsLimit() throws Exception {
        Sleeper sleeper = new Sleeper("kill -STOP $PPID;", LIMIT);
        Tenure tenure = takenFrom(kept(1, sleeper));
        CompletableFuture<Void> change = tenure.tag(new Epoch(1)).toCompletableFuture();
        ProcessHandle command = sleeper.command();

        assertThatThrownBy(() -> done(change)).hasMessageContaining("was killed: it ran longer than allowed");
        assertThat(command.isAlive()).isFalse();
        done(tenure.release());
    }

    @Test
    void stoppedKeeper_isKilledAfterTheLimit_andNothingElseStarts() throws Exception {
        Sleeper sleeper = new Sleeper("", Duration.ZERO);
        Tenure tenure = takenFrom(kept(1, sleeper));
        kill("-STOP", sleeper.keeper());

        CompletableFuture<Void> change = tenure.tag(new Epoch(1)).toCompletableFuture();

        assertThatThrownBy(() -> done(change)).hasMessageContaining("did not answer and was killed");
        assertThat(done(tenure.lost())).contains("is gone");
        assertOver(tenure.change(new Tenure.Change.Extend(null, Bytes.ZERO)));
        assertThat(Files.exists(sleeper.pid)).isFalse();
        taken(2);
    }

    @Test
    void keeperAskedToEnd_endsItsCommandFirst() throws Exception {
        Sleeper sleeper = new Sleeper();
        Tenure tenure = takenFrom(kept(1, sleeper));
        CompletableFuture<Void> change = tenure.tag(new Epoch(1)).toCompletableFuture();
        ProcessHandle command = sleeper.command();

        kill("-TERM", sleeper.keeper());

        assertThatThrownBy(() -> done(change)).hasMessageContaining("unknown");
        assertThat(done(tenure.lost())).contains("it was asked to by SIGTERM");
        assertThat(command.isAlive()).isFalse();
        taken(2);
    }

    @Test
    void replacedFile_losesTheLeaseBeforeTheNextChange() throws Exception {
        Tenure tenure = taken(1);
        Path file = directory.resolve("lease");
        Files.move(file, directory.resolve("moved"));
        Files.createFile(file);

        assertOver(tenure.tag(new Epoch(1)));
        assertThat(tagged).isEmpty();
        assertThat(done(tenure.lost())).contains("removed or replaced");
    }

    private static void kill(String signal, long pid) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", signal, String.valueOf(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Tagging takes for ever; any other change takes no time. */
    private final class Sleeper implements KeptLease.Source, Metadata {
        private final Path pid = directory.resolve("pid");
        private final AtomicReference<Runner> keeper = new AtomicReference<>();
        private final String before;
        private final Duration limit;

        /** Without a limit that could be reached here. */
        Sleeper() {
            this("", Duration.ofHours(1));
        }

        /** @param before what the command does before it sleeps; @param limit of that command */
        Sleeper(String before, Duration limit) {
            this.before = before;
            this.limit = limit;
        }

        @Override
        public Metadata open(Runner runner) {
            keeper.set(runner);
            return this;
        }

        long keeper() {
            return ((Keeper) keeper.get()).pid();
        }

        ProcessHandle command() {
            await().atMost(PATIENCE).until(() -> Files.exists(pid) && Files.size(pid) > 0);
            return await().atMost(PATIENCE)
                    .until(
                            () -> ProcessHandle.of(
                                    Long.parseLong(Files.readString(pid).trim())),
                            p -> p.isPresent())
                    .orElseThrow();
        }

        @Override
        public Tenure.Inventory inspect() {
            throw new AssertionError("nobody inspects");
        }

        @Override
        public void tag(Epoch epoch) throws IOException {
            String script = before + "echo $$ > " + pid + "; exec sleep 1000";
            keeper.get().run(List.of("sh", "-c", script), Map.of(), limit);
        }

        @Override
        public Tenure.Outcome change(Tenure.Change change) throws IOException {
            keeper.get().run(List.of("true"), Map.of(), PATIENCE);
            return new Tenure.Outcome.Done();
        }
    }
}
