package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.port.PoolLease;
import io.headroom.port.PoolLease.Acquisition;
import io.headroom.port.Tenure;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Two hosts on this machine: real sanlock daemons without a watchdog, and a file as the shared storage. */
class SanlockLeaseTest extends PoolLeaseContract {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    static Path directory;

    private static final List<SanlockDaemon> DAEMONS = new ArrayList<>();
    private static final List<Sanlock> HOSTS = new ArrayList<>();

    @BeforeAll
    static void startHosts() throws IOException {
        Path storage = storage("leases");
        SanlockArea area = new SanlockArea("headroom_test", storage);
        for (int host = 1; host <= 2; host++) {
            SanlockDaemon daemon = new SanlockDaemon(directory.resolve("host-" + host), "hypervisor-" + host);
            DAEMONS.add(daemon);
            HOSTS.add(new Sanlock(area, new HostId(host), daemon.settings(), new ChildProcesses()));
        }
        HOSTS.get(0).create();
        HOSTS.parallelStream().forEach(SanlockLeaseTest::join);
    }

    private static void join(Sanlock host) {
        try {
            host.join();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    @AfterAll
    static void endHosts() {
        DAEMONS.forEach(SanlockDaemon::close);
    }

    @Override
    PoolLease newLease(int host, Metadata.Source source) {
        return kept(host, keeper -> source.open());
    }

    private PoolLease kept(int host, KeptLease.Source source) {
        return new KeptLease(HOSTS.get(host - 1).spm(), Keepers.settings(Keepers.PATIENT), source, executor);
    }

    @Test
    void holder_isNamedAsSanlockKnowsIt() throws Exception {
        taken(1);

        assertThat(done(lease(2).acquire())).isEqualTo(new Acquisition.Busy("host 1 (hypervisor-1)"));
    }

    @Test
    void otherProcessOfTheSameHost_isBusyToo() throws Exception {
        taken(1);

        Acquisition other = done(newLease(1, () -> null).acquire());
        assertThat(other).isEqualTo(new Acquisition.Busy("another process of this host, host 1"));
    }

    @Test
    void joinedAgain_isHarmless() throws Exception {
        taken(1);
        HOSTS.get(0).join();

        done(taken(1).tag(new Epoch(1)));
    }

    /** As when the host loses the storage: sanlock drops the lockspace and ends whoever has a lease in it. */
    @Test
    void lockspaceThatIsLost_losesTheLease_andIsJoinedAgainByTheNextAcquisition() throws Exception {
        Tenure tenure = taken(1);

        HOSTS.get(0).leave(PATIENCE);

        assertThat(done(tenure.lost())).contains("the keeper", "is gone");
        assertOver(tenure.tag(new Epoch(1)));
        done(taken(1).tag(new Epoch(2)));
        assertThat(tagged).containsExactly(new Epoch(2));
    }

    @Test
    void commandUnderWay_keepsTheLeaseFromOtherHosts_whenItsKeeperIsKilled() throws Exception {
        List<Runner> keepers = new ArrayList<>();
        PoolLease lease = kept(1, keeper -> {
            keepers.add(keeper);
            return null;
        });
        takenFrom(lease);
        Keeper keeper = (Keeper) keepers.get(0);
        executor.execute(() -> assertThatThrownBy(() -> keeper.run(List.of("sleep", "1000"), java.util.Map.of(), LIMIT))
                .hasMessageContaining("unknown"));
        ProcessHandle waiter = ProcessHandle.of(keeper.pid()).orElseThrow();
        ProcessHandle command = await().atMost(PATIENCE)
                .until(
                        () -> waiter.descendants()
                                .filter(process ->
                                        process.info().command().orElse("").endsWith("sleep"))
                                .findAny(),
                        Optional::isPresent)
                .orElseThrow();
        long waiting = command.parent().orElseThrow().pid();
        signal("-STOP", waiting);
        signal("-KILL", keeper.pid());
        await().atMost(PATIENCE).until(() -> keeper.whyLost().isPresent());

        assertThat(done(lease(2).acquire())).isInstanceOf(Acquisition.Busy.class);
        signal("-CONT", waiting);
        taken(2);
        assertThat(command.isAlive()).isFalse();
    }

    @Test
    void killedDaemon_endsTheKeeper_beforeAnotherHostCouldHaveTheLease() throws Exception {
        try (Apart apart = new Apart(3)) {
            Tenure tenure = apart.taken();

            apart.daemon.kill();

            assertThat(done(tenure.lost())).contains("whoever gave the lease has hung up");
            assertThatThrownBy(() -> done(apart.lease.acquire())).hasMessageContaining("sanlock does not answer");
        }
    }

    /** sanlock gives up after eight I/O timeouts, a minute before another host may have the lease. */
    @Test
    void storageThatIsLost_endsTheKeeper() throws Exception {
        try (Apart apart = new Apart(4)) {
            Tenure tenure = apart.taken();

            try (FileChannel storage = FileChannel.open(apart.storage, StandardOpenOption.WRITE)) {
                storage.truncate(0);
            }

            assertThat(done(tenure.lost())).contains("it was asked to by SIGTERM");
            assertOver(tenure.tag(new Epoch(1)));
            assertThatThrownBy(() -> done(apart.lease.acquire())).hasMessageContaining("cannot be taken");
        }
    }

    /** A host with a daemon and a storage of its own, for what those do not survive. */
    private final class Apart implements AutoCloseable {
        private final Path storage;
        private final SanlockDaemon daemon;
        private final PoolLease lease;

        Apart(int number) throws IOException {
            storage = storage("storage-" + number);
            daemon = new SanlockDaemon(directory.resolve("host-" + number), "hypervisor-" + number);
            Sanlock host = new Sanlock(
                    new SanlockArea("headroom_" + number, storage),
                    new HostId(number),
                    daemon.settings(),
                    new ChildProcesses());
            host.create();
            lease = new KeptLease(host.spm(), Keepers.settings(Keepers.PATIENT), keeper -> null, executor);
        }

        Tenure taken() {
            return takenFrom(lease);
        }

        @Override
        public void close() {
            daemon.close();
        }
    }

    private static Path storage(String name) throws IOException {
        Path storage = directory.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(storage.toFile(), "rw")) {
            file.setLength(SanlockArea.SIZE.value());
        }
        return storage;
    }

    @Test
    void daemonWithoutWatchdog_isRefusedWhereOneIsRequired() {
        Sanlock.Settings settings = new Sanlock.Settings(
                Duration.ofSeconds(1), true, DAEMONS.get(0).settings().runDirectory());
        Sanlock strict = new Sanlock(HOSTS.get(0).area(), new HostId(1), settings, new ChildProcesses());

        assertThatThrownBy(strict::join).hasMessageContaining("without a watchdog");
    }

    /** It takes sanlock 68 s: it watches the first one for as long as it would watch a dead one. */
    @Test
    @EnabledIfSystemProperty(named = "long", matches = "true")
    void secondHostWithALivingHostsId_isRefusedWithBothNamed_andTheFirstGoesOn() throws Exception {
        try (SanlockDaemon daemon = new SanlockDaemon(directory.resolve("host-3"), "hypervisor-3")) {
            Sanlock twin = new Sanlock(HOSTS.get(0).area(), new HostId(2), daemon.settings(), new ChildProcesses());

            assertThatThrownBy(twin::join)
                    .hasMessageContaining("used by another living host (hypervisor-2)")
                    .hasMessageContaining("this one is hypervisor-3");
        }
        done(taken(2).tag(new Epoch(1)));
    }

    private static void signal(String signal, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", signal, String.valueOf(pid))
                        .start()
                        .waitFor())
                .isZero();
    }
}
