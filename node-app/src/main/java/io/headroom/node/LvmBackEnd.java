package io.headroom.node;

import io.headroom.cluster.FlockFile;
import io.headroom.cluster.Keeper;
import io.headroom.cluster.KeptLease;
import io.headroom.cluster.LeaseTool;
import io.headroom.cluster.MajorityLease;
import io.headroom.cluster.PoolSettings;
import io.headroom.cluster.ProcessLease;
import io.headroom.cluster.Sanlock;
import io.headroom.cluster.SanlockArea;
import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.node.device.BlockDevices;
import io.headroom.node.lvm.LvmCommand;
import io.headroom.node.lvm.LvmHost;
import io.headroom.node.lvm.LvmPool;
import io.headroom.node.lvm.LvmVolumes;
import io.headroom.node.process.DirectRunner;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure;
import io.headroom.port.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * A pool of logical volumes on shared LUNs. What this node writes for itself is below the runtime directory:
 *
 * <pre>
 *   GROUP/hosts/ID      locked by the living node with this number
 *   GROUP/UUID.lease    the lease, where all nodes are on this machine
 *   GROUP/host-ID/      LVM's configuration for the commands of this node
 * </pre>
 *
 * @param sanlock this host's part in the leases on the LUNs; empty where all nodes are on this machine
 * @param majority over sanlock, too
 */
record LvmBackEnd(
        LvmPool group,
        BlockDevices blockDevices,
        Path mailbox,
        ProcessLease lease,
        Volumes volumes,
        QemuImg qemuImg,
        Optional<Sanlock> sanlock,
        Optional<MajorityLease.Means> majority)
        implements BackEnd {
    /** Of one command of LVM; on slow storage and with thousands of volumes it takes seconds. */
    private static final Duration LVM_LIMIT = Duration.ofSeconds(30);

    private static final Duration QEMU_IMG_LIMIT = Duration.ofSeconds(30);

    /** Of the end of this host's part in the leases; the unit gives the whole node 90 s. */
    private static final Duration LEAVE_LIMIT = Duration.ofSeconds(20);

    /** Where the program was unpacked, by the words of its launcher. */
    private static final String HOME = "headroom.home";

    /** The directory with a file for each host's number; made where it is missing. */
    static Path hosts(PoolSettings.VolumeGroup settings) throws IOException {
        return Files.createDirectories(own(settings).resolve("hosts"));
    }

    private static Path own(PoolSettings.VolumeGroup settings) {
        return settings.runtime().resolve(settings.name());
    }

    /**
     * Finds the pool among its devices and makes its mailbox available on this host.
     *
     * @param holder who this node is, for an operator who asks why another one does not get the lease
     */
    static LvmBackEnd open(PoolSettings.VolumeGroup settings, HostId host, String holder, Executor blocking)
            throws IOException {
        LvmPool group = LvmPool.open(new LvmPool.Settings(
                settings.name(),
                settings.uuid().map(PoolId::new),
                settings.devices(),
                own(settings).resolve("host-" + host),
                LVM_LIMIT));
        Keeper.Settings keeper = keeper();
        LvmHost tables = group.host(new DirectRunner());
        tables.tidy();
        Optional<Sanlock> sanlock = sanlock(settings.lease(), group.id(), tables, host);
        LeaseTool tool = sanlock.map(Sanlock::spm)
                .orElseGet(() -> new FlockFile(own(settings).resolve(group.id() + ".lease"), holder));
        QemuImg qemuImg = new QemuImg(QEMU_IMG_LIMIT);
        LvmBackEnd backEnd = new LvmBackEnd(
                group,
                new BlockDevices(
                        host, settings.devices(), group, BlockDevices.Machine.REAL, ClusterDevices.COMMAND_LIMIT),
                tables.activateMailbox(),
                new KeptLease(tool, keeper, runner -> group.metadata(runner, qemuImg), blocking),
                new LvmVolumes(tables, qemuImg, blocking),
                qemuImg,
                sanlock,
                sanlock.map(own -> new MajorityLease.Means(own.majority(), keeper(), blocking)));
        sanlock.ifPresent(Sanlock::stay);
        return backEnd;
    }

    private static Keeper.Settings keeper() {
        String home = System.getProperty(HOME);
        if (home == null) {
            throw new RefusedStart(
                    "this node does not know where Headroom is installed, and so not where its keeper is",
                    "start it with bin/headroom, or set the system property " + HOME);
        }
        return Keeper.Settings.installed(Path.of(home));
    }

    private static Optional<Sanlock> sanlock(PoolSettings.Lease lease, PoolId pool, LvmHost tables, HostId host)
            throws IOException {
        if (!(lease instanceof PoolSettings.Lease.Sanlock settings)) {
            return Optional.empty();
        }
        Sanlock sanlock = new Sanlock(
                new SanlockArea(pool.value(), tables.activateLeases()), host, settings.daemon(), new DirectRunner());
        sanlock.requireDaemon();
        return Optional.of(sanlock);
    }

    @Override
    public PoolId pool() {
        return group.id();
    }

    @Override
    public List<String> steps(Tenure.Change change) throws IOException {
        return group.commandsOf(change, qemuImg).stream()
                .map(LvmCommand::toString)
                .toList();
    }

    @Override
    public CompletionStage<String> refused() {
        return sanlock.map(Sanlock::hostIdTaken).orElseGet(CompletableFuture::new);
    }

    @Override
    public Optional<BlockDevices> devices() {
        return Optional.of(blockDevices);
    }

    /** None: the next SPM would not have it. */
    @Override
    public Optional<Path> journal() {
        return Optional.empty();
    }

    /** The mailbox stays active: another node of this machine may have it, and it never changes. */
    @Override
    public void close() throws IOException {
        if (sanlock.isPresent()) {
            sanlock.get().leave(LEAVE_LIMIT);
        }
    }
}
