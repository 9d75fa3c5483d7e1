package io.headroom.node;

import io.headroom.cluster.FileLease;
import io.headroom.cluster.MajorityLease;
import io.headroom.cluster.PoolSettings;
import io.headroom.cluster.ProcessLease;
import io.headroom.model.PoolId;
import io.headroom.node.device.BlockDevices;
import io.headroom.node.file.FileMetadata;
import io.headroom.node.file.FilePool;
import io.headroom.node.file.FileSteps;
import io.headroom.node.file.FileVolumes;
import io.headroom.node.file.PoolFiles;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure;
import io.headroom.port.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** A pool of files in a directory. */
record FileBackEnd(PoolFiles files, FilePool identity, ProcessLease lease, Volumes volumes) implements BackEnd {
    private static final Duration QEMU_IMG_LIMIT = Duration.ofSeconds(30);

    /** The directory with a file for each host's number. */
    static Path hosts(PoolSettings.Directory settings) throws IOException {
        PoolFiles files = new PoolFiles(settings.directory());
        FilePool.open(files);
        return files.hosts();
    }

    /** @param holder who this node is, for an operator who asks why another one does not get the lease */
    static FileBackEnd open(PoolSettings.Directory settings, String holder, Executor blocking) throws IOException {
        PoolFiles files = new PoolFiles(settings.directory());
        FilePool identity = FilePool.open(files);
        QemuImg qemuImg = new QemuImg(QEMU_IMG_LIMIT);
        return new FileBackEnd(
                files,
                identity,
                new FileLease(files.lease(), holder, () -> FileMetadata.open(files, qemuImg), blocking),
                new FileVolumes(files, qemuImg, blocking));
    }

    @Override
    public PoolId pool() {
        return identity.id();
    }

    @Override
    public Path mailbox() {
        return files.mailbox();
    }

    /** Never: all nodes are on this machine, and its number was claimed before. */
    @Override
    public CompletionStage<String> refused() {
        return new CompletableFuture<>();
    }

    @Override
    public Optional<BlockDevices> devices() {
        return Optional.empty();
    }

    @Override
    public List<String> steps(Tenure.Change change) {
        return List.of(FileSteps.of(change));
    }

    /** The lock would stay with a frozen node, and the healthy majority would end itself. */
    @Override
    public Optional<MajorityLease.Means> majority() {
        return Optional.empty();
    }

    @Override
    public Optional<Path> journal() {
        return Optional.of(files.journal());
    }

    @Override
    public void close() {
        // The lease ends with its tenure, and nothing else is held open.
    }
}
