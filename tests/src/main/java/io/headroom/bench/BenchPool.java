package io.headroom.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.headroom.cluster.FileLease;
import io.headroom.ledger.LedgerActor;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.node.Node;
import io.headroom.node.file.FileMetadata;
import io.headroom.node.file.FilePool;
import io.headroom.node.file.PoolCreation;
import io.headroom.node.file.PoolFiles;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Bell;
import io.headroom.port.Clock;
import io.headroom.port.PoolLease;
import io.headroom.rig.Rig;
import io.headroom.spm.Levels;
import io.headroom.spm.Spm;
import io.headroom.spm.SpmActor;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.event.PoolEventCodec;
import io.headroom.store.journal.JournalAuditTrail;
import io.headroom.store.journal.JournalSchema;
import io.headroom.store.journal.JournalSettings;
import io.headroom.store.mailbox.MailboxArea;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A file pool, and an SPM on it as a node runs it: direct I/O, the lock of the operating system as its lease, the
 * catalogue of the file back end, the pool log, and a ledger on an embedded database.
 */
final class BenchPool implements AutoCloseable {
    static final Duration HEARTBEAT = Duration.ofSeconds(1);

    private static final Duration QEMU_IMG_LIMIT = Duration.ofSeconds(30);
    private static final Bytes VIRTUAL_SIZE = Bytes.gibi(100);
    private static final Bytes INITIAL = BenchHost.CHUNK.times(4);
    private static final int BLOCKING_THREADS = 16;

    private final PoolFiles files;
    private final PoolId id;
    private final SpmWork work = new SpmWork();
    private final BlockDevice device;
    private final MailboxArea area;
    private final JournalSettings journal;
    private final ExecutorService blocking;

    private BenchPool(PoolFiles files) throws IOException {
        this.files = files;
        this.id = FilePool.open(files).id();
        this.device = BlockDevice.open(files.mailbox(), BlockDevice.Settings.DIRECT);
        this.area = MailboxArea.open(work.counting(device), id)
                .toCompletableFuture()
                .join();
        this.journal = new JournalSettings.Embedded(files.journal().resolve("ledger"));
        this.blocking = Executors.newFixedThreadPool(BLOCKING_THREADS, task -> {
            Thread thread = new Thread(task, "blocking");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Makes the pool, over whatever an earlier run has left there, and opens it. */
    static BenchPool create(Path directory, int hosts, int volumes) throws IOException {
        return create(directory, hosts, volumes, Bytes.gibi(100_000));
    }

    /** A full one: it has what its volumes begin with, and nothing more. */
    static BenchPool createFull(Path directory, int hosts, int volumes) throws IOException {
        return create(directory, hosts, volumes, INITIAL.times(volumes));
    }

    private static BenchPool create(Path directory, int hosts, int volumes, Bytes capacity) throws IOException {
        Rig.remove(directory);
        Map<String, Bytes> sizes = IntStream.rangeClosed(1, volumes)
                .boxed()
                .collect(Collectors.toMap(BenchPool::volume, number -> VIRTUAL_SIZE));
        new PoolCreation(capacity, BenchHost.CHUNK, hosts, INITIAL, sizes)
                .create(directory, new QemuImg(QEMU_IMG_LIMIT), Instant.now());
        return open(directory);
    }

    static BenchPool open(Path directory) throws IOException {
        return new BenchPool(new PoolFiles(directory));
    }

    /** @param number 1 for the first */
    static String volume(int number) {
        return "volume" + number;
    }

    PoolFiles files() {
        return files;
    }

    PoolId id() {
        return id;
    }

    /** The SPM's way to the mailbox. */
    MailboxArea area() {
        return area;
    }

    /** What the SPM has had the storage do. */
    SpmWork.Done work() {
        return work.done();
    }

    ExecutorService blocking() {
        return blocking;
    }

    /** A process's own. */
    PoolLease lease(HostId host) {
        return new FileLease(
                files.lease(),
                "host " + host,
                () -> work.counting(FileMetadata.open(files, new QemuImg(QEMU_IMG_LIMIT))),
                blocking);
    }

    /** What an actor system needs beside its own settings to run the SPM's ledger. */
    Config journal() {
        return journal.config();
    }

    /** The settings of a node's lasting actor system, with the ledger's. */
    Config system() {
        return journal().withFallback(lastingSystem()).resolve();
    }

    /** The settings of a node's lasting actor system. */
    static Config lastingSystem() {
        ClassLoader loader = Node.class.getClassLoader();
        return ConfigFactory.parseResourcesAnySyntax(loader, "host-system.conf")
                .withFallback(ConfigFactory.defaultReference(loader))
                .resolve();
    }

    /**
     * @param address where its node is reached by others; empty where it is in no cluster
     * @param hosts rings a host over the network
     */
    Behavior<SpmActor.Command> spm(HostId host, String address, PoolLease lease, Rhythm rhythm, Bell hosts) {
        Spm.Timing timing = new Spm.Timing(HEARTBEAT, rhythm.scan(), rhythm.bell());
        SpmActor.Settings settings =
                new SpmActor.Settings(id, host, address, timing, Levels.Limits.NONE, SpmActor.TICK);
        JournalSchema schema = new JournalSchema(journal, blocking);
        return Behaviors.setup(context -> {
            JournalAuditTrail trail = new JournalAuditTrail(context.getSystem(), id);
            return SpmActor.create(
                    settings,
                    new SpmActor.Surroundings(
                            area::spmMail,
                            area.headerStore(),
                            area.poolLog(new PoolEventCodec()),
                            lease,
                            hosts,
                            trail,
                            feeder -> LedgerActor.create(
                                    id, feeder, new LedgerActor.JournalAccess(schema::create, trail::eventsFrom)),
                            Clock.system()));
        });
    }

    /** After the actor systems that use it have ended. */
    @Override
    public void close() throws IOException {
        blocking.shutdown();
        device.close();
    }
}
