package io.headroom.node;

import io.headroom.cluster.LockedFile;
import io.headroom.cluster.MajorityLease;
import io.headroom.cluster.NodeSettings;
import io.headroom.cluster.PoolSettings;
import io.headroom.cluster.ProcessLease;
import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.node.device.BlockDevices;
import io.headroom.port.Tenure;
import io.headroom.port.Volumes;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.mailbox.MailboxArea;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * The pool's storage, opened for one node. Host and SPM have a device of their own, so that a host's mail never waits
 * behind the SPM's scan of everybody's.
 */
final class PoolAccess implements AutoCloseable {
    private final BackEnd backEnd;
    private final LockedFile claim;
    private final Mailbox host;
    private final Mailbox spm;

    /** The pool's mailbox through a device of its own. */
    private record Mailbox(BlockDevice device, MailboxArea area) implements AutoCloseable {
        static Mailbox open(BackEnd backEnd) throws IOException {
            BlockDevice device = BlockDevice.open(backEnd.mailbox(), BlockDevice.Settings.DIRECT);
            try {
                return new Mailbox(
                        device,
                        MailboxArea.open(device, backEnd.pool())
                                .toCompletableFuture()
                                .join());
            } catch (CompletionException unusable) {
                try (device) {
                    throw unusable;
                }
            }
        }

        @Override
        public void close() throws IOException {
            device.close();
        }
    }

    private PoolAccess(BackEnd backEnd, LockedFile claim, Mailbox host, Mailbox spm) {
        this.backEnd = backEnd;
        this.claim = claim;
        this.host = host;
        this.spm = spm;
    }

    /**
     * Opens the pool and claims the host's number in it, which ends with this object or with the process. Blocks.
     *
     * @throws RefusedStart where there is no such pool, or a living node has the number
     */
    static PoolAccess open(NodeSettings settings, Executor blocking) {
        LockedFile claim = null;
        BackEnd backEnd = null;
        Mailbox host = null;
        try {
            claim = claim(hosts(settings.pool()), settings);
            backEnd = backEnd(settings, blocking);
            host = Mailbox.open(backEnd);
            PoolAccess access = new PoolAccess(backEnd, claim, host, Mailbox.open(backEnd));
            access.requireRoomFor(settings.host());
            return access;
        } catch (IOException | CompletionException unusable) {
            Throwable cause = unusable instanceof CompletionException ? unusable.getCause() : unusable;
            release(claim, backEnd, host, cause);
            throw new RefusedStart(
                    cause.getMessage() == null ? cause.toString() : cause.getMessage(),
                    "check " + place(settings.pool()),
                    cause);
        } catch (RefusedStart refused) {
            release(claim, backEnd, host, refused);
            throw refused;
        }
    }

    private static Path hosts(PoolSettings pool) throws IOException {
        if (pool instanceof PoolSettings.Directory directory) {
            return FileBackEnd.hosts(directory);
        }
        if (pool instanceof PoolSettings.VolumeGroup group) {
            return LvmBackEnd.hosts(group);
        }
        throw new AssertionError("unhandled " + pool);
    }

    private static BackEnd backEnd(NodeSettings settings, Executor blocking) throws IOException {
        String holder = "host " + settings.host() + ", " + settings.cluster().address() + ", process "
                + ProcessHandle.current().pid();
        if (settings.pool() instanceof PoolSettings.Directory directory) {
            return FileBackEnd.open(directory, holder, blocking);
        }
        if (settings.pool() instanceof PoolSettings.VolumeGroup group) {
            return LvmBackEnd.open(group, settings.host(), holder, blocking);
        }
        throw new AssertionError("unhandled " + settings.pool());
    }

    private static String place(PoolSettings pool) {
        if (pool instanceof PoolSettings.Directory directory) {
            return "headroom.pool.directory, which is " + directory.directory();
        }
        if (pool instanceof PoolSettings.VolumeGroup group) {
            return "headroom.pool.vg, which is " + group.name() + ", and headroom.pool.devices, which are "
                    + String.join(", ", group.devices());
        }
        throw new AssertionError("unhandled " + pool);
    }

    private static LockedFile claim(Path hosts, NodeSettings settings) throws IOException {
        HostId host = settings.host();
        String self = "process " + ProcessHandle.current().pid() + " at "
                + settings.cluster().address();
        Path number = hosts.resolve(host.toString());
        if (!Files.exists(number)) {
            Files.write(number, new byte[0]);
        }
        Optional<LockedFile> claim = LockedFile.tryLock(number, self);
        if (claim.isEmpty()) {
            throw new RefusedStart(
                    "host " + host + " of this pool is a living node already: " + LockedFile.holderOf(number)
                            + "; this one is " + self,
                    "give each node its own headroom.host-id, or stop the other one");
        }
        return claim.get();
    }

    private static void release(LockedFile claim, BackEnd backEnd, Mailbox host, Throwable because) {
        try (claim;
                backEnd;
                host) {
            // closed in reverse, where there is something to close
        } catch (IOException failed) {
            because.addSuppressed(failed);
        }
    }

    private void requireRoomFor(HostId number) {
        int hosts = host.area().identity().layout().hosts();
        if (number.value() > hosts) {
            close();
            throw new RefusedStart(
                    "headroom.host-id is " + number + ", and the pool's mailbox was made for " + hosts + " hosts",
                    "allowed is 1 to " + hosts);
        }
    }

    PoolId pool() {
        return backEnd.pool();
    }

    /** For the host's own mail. */
    MailboxArea hostArea() {
        return host.area();
    }

    /** For the SPM, and for whoever looks at everybody's mail. */
    MailboxArea spmArea() {
        return spm.area();
    }

    ProcessLease lease() {
        return backEnd.lease();
    }

    /** Completes, with the reason, when this host must not go on under its number; never otherwise. */
    CompletionStage<String> refused() {
        return backEnd.refused();
    }

    Optional<MajorityLease.Means> majority() {
        return backEnd.majority();
    }

    Volumes volumes() {
        return backEnd.volumes();
    }

    /** The block devices of this host that may become LUNs; empty where a LUN of this kind of storage is none. */
    Optional<BlockDevices> devices() {
        return backEnd.devices();
    }

    /** How the back end makes the changes, for an operator who asked before. May block. */
    List<String> steps(List<Tenure.Change> changes) {
        try {
            List<String> steps = new ArrayList<>();
            for (Tenure.Change change : changes) {
                steps.addAll(backEnd.steps(change));
            }
            return steps;
        } catch (IOException failed) {
            throw new UncheckedIOException("the steps cannot be told: " + failed.getMessage(), failed);
        }
    }

    /** Where the pool itself has a place for the embedded database. */
    Optional<Path> journal() {
        return backEnd.journal();
    }

    @Override
    public void close() {
        try (claim;
                backEnd;
                host;
                spm) {
            // closed in reverse: the claim after the devices
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
