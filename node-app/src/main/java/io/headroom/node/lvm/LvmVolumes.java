package io.headroom.node.lvm;

import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import io.headroom.node.process.Blocking;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Volumes;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** The volumes of an LVM pool as one host sees them: a size is what the kernel's table on this host has. */
public final class LvmVolumes implements Volumes {
    private final LvmHost host;
    private final QemuImg qemuImg;
    private final Blocking blocking;

    /** @param executor runs what blocks: a command of LVM, or a check of a large image, takes seconds */
    public LvmVolumes(LvmHost host, QemuImg qemuImg, Executor executor) {
        this.host = host;
        this.qemuImg = qemuImg;
        this.blocking = new Blocking(executor);
    }

    @Override
    public CompletionStage<Optional<Found>> find(String path) {
        return blocking.stage(() -> {
            Path device;
            try {
                device = Path.of(path);
            } catch (InvalidPathException notAPath) {
                return Optional.empty();
            }
            return host.at(device)
                    .filter(one -> !one.name().startsWith(LvmPlanner.OWN))
                    .map(one -> new Found(one.volume(), one.name(), one.size(), true));
        });
    }

    @Override
    public CompletionStage<String> activate(VolumeId volume) {
        return blocking.stage(() -> host.activate(volume).toString());
    }

    @Override
    public CompletionStage<Void> deactivate(VolumeId volume) {
        return blocking.stage(() -> {
            host.deactivate(volume);
            return null;
        });
    }

    @Override
    public CompletionStage<Bytes> refresh(VolumeId volume) {
        return blocking.stage(() -> host.refresh(volume).size());
    }

    @Override
    public CompletionStage<Bytes> imageEnd(VolumeId volume) {
        return blocking.stage(() -> qemuImg.endOffset(host.path(host.active(volume))));
    }
}
