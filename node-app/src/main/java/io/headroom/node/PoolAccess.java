package io.headroom.node;

import io.headroom.cluster.FileLease;
import io.headroom.cluster.LockedFile;
import io.headroom.cluster.NodeSettings;
import io.headroom.model.HostId;
import io.headroom.node.file.FileMetadata;
import io.headroom.node.file.FilePool;
import io.headroom.node.file.FileVolumes;
import io.headroom.node.file.PoolFiles;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.PoolLease;
import io.headroom.port.Volumes;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.mailbox.MailboxArea;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * The pool's storage, opened for one node of a file pool. Host and SPM have a device of their own, so that a host's
 * mail never waits behind the SPM's scan of everybody's.
 */
final class PoolAccess implements AutoCloseable {
    private static final Duration QEMU_IMG_LIMIT = Duration.ofSeconds(30);

    private final PoolFiles files;
    private final FilePool pool;
    private final LockedFile claim;
    private final BlockDevice hostDevice;
    private final BlockDevice spmDevice;
    private final MailboxArea hostArea;
    private final MailboxArea spmArea;
    private final PoolLease lease;
    private final Volumes volumes;

    private PoolAccess(NodeSettings settings, PoolFiles files, LockedFile claim, Executor blocking) throws IOException {
        this.files = files;
        this.pool = FilePool.open(files);
        this.claim = claim;
        this.hostDevice = BlockDevice.open(files.mailbox(), BlockDevice.Settings.DIRECT);
        this.spmDevice = BlockDevice.open(files.mailbox(), BlockDevice.Settings.DIRECT);
        this.hostArea =
                MailboxArea.open(hostDevice, pool.id()).toCompletableFuture().join();
        this.spmArea =
                MailboxArea.open(spmDevice, pool.id()).toCompletableFuture().join();
        String holder = "host " + settings.host() + ", " + settings.cluster().address() + ", process "
                + ProcessHandle.current().pid();
        QemuImg qemuImg = new QemuImg(QEMU_IMG_LIMIT);
        this.lease = new FileLease(files.lease(), holder, () -> FileMetadata.open(files, qemuImg), blocking);
        this.volumes = new FileVolumes(files, qemuImg, blocking);
    }

    /**
     * Opens the pool and claims the host's number in it, which ends with this object or with the process. Blocks.
     *
     * @throws RefusedStart where there is no such pool, or a living node has the number
     */
    static PoolAccess open(NodeSettings settings, Executor blocking) {
        PoolFiles files = new PoolFiles(settings.pool().directory());
        LockedFile claim = null;
        try {
            FilePool.open(files);
            claim = claim(files, settings);
            PoolAccess access = new PoolAccess(settings, files, claim, blocking);
            access.requireRoomFor(settings.host());
            return access;
        } catch (IOException | CompletionException unusable) {
            Throwable cause = unusable instanceof CompletionException ? unusable.getCause() : unusable;
            release(claim, cause);
            throw new RefusedStart(
                    cause.getMessage() == null ? cause.toString() : cause.getMessage(),
                    "check headroom.pool.directory, which is " + files.directory(),
                    cause);
        } catch (RefusedStart refused) {
            release(claim, refused);
            throw refused;
        }
    }

    private static LockedFile claim(PoolFiles files, NodeSettings settings) throws IOException {
        Path number = files.hosts().resolve(settings.host().toString());
        if (!Files.exists(number)) {
            Files.write(number, new byte[0]);
        }
        Optional<LockedFile> claim =
                LockedFile.tryLock(number, "process " + ProcessHandle.current().pid());
        if (claim.isEmpty()) {
            throw new RefusedStart(
                    "host " + settings.host() + " of this pool is a living node already: "
                            + LockedFile.holderOf(number),
                    "give each node its own headroom.host-id, or stop the other one");
        }
        return claim.get();
    }

    private static void release(LockedFile claim, Throwable because) {
        try {
            if (claim != null) {
                claim.close();
            }
        } catch (IOException failed) {
            because.addSuppressed(failed);
        }
    }

    private void requireRoomFor(HostId host) {
        int hosts = hostArea.identity().layout().hosts();
        if (host.value() > hosts) {
            close();
            throw new RefusedStart(
                    "headroom.host-id is " + host + ", and the pool's mailbox was made for " + hosts + " hosts",
                    "allowed is 1 to " + hosts);
        }
    }

    PoolFiles files() {
        return files;
    }

    FilePool pool() {
        return pool;
    }

    /** For the host's own mail. */
    MailboxArea hostArea() {
        return hostArea;
    }

    /** For the SPM, and for whoever looks at everybody's mail. */
    MailboxArea spmArea() {
        return spmArea;
    }

    PoolLease lease() {
        return lease;
    }

    Volumes volumes() {
        return volumes;
    }

    @Override
    public void close() {
        try (claim;
                hostDevice;
                spmDevice) {
            // closed in reverse: the claim last
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
