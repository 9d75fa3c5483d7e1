package io.headroom.lab;

import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import io.headroom.node.lvm.LvmPool;
import io.headroom.node.lvm.LvmVolumes;
import io.headroom.node.process.DirectRunner;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Volumes;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Tries the host's side of a volume on a real device-mapper, of which the other tests have only a stand-in. The volume
 * is active nowhere, before and after. Status 0 only if everything holds.
 */
public final class HostSide {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Volumes volumes;
    private final VolumeId volume;

    private HostSide(Volumes volumes, VolumeId volume) {
        this.volumes = volumes;
        this.volume = volume;
    }

    /** @param args the volume group, a glob of its devices, a directory for LVM's configuration, the volume's id */
    public static void main(String[] args) throws IOException {
        LvmPool.Settings settings =
                new LvmPool.Settings(args[0], Optional.empty(), List.of(args[1]), Path.of(args[2]), LIMIT);
        Volumes volumes =
                new LvmVolumes(LvmPool.open(settings).host(new DirectRunner()), new QemuImg(LIMIT), Runnable::run);
        new HostSide(volumes, new VolumeId(args[3])).tryEverything();
    }

    private void tryEverything() throws IOException {
        refused("refresh of an inactive volume", volumes.refresh(volume), "not active on this host");
        Path device = Path.of(done(volumes.activate(volume)));
        holds("activation makes the device " + device, Files.exists(device));
        Volumes.Found found = done(volumes.find(device.toString())).orElseThrow();
        holds("the device is found to be the volume", found.volume().equals(volume));
        holds("activation can be repeated", done(volumes.activate(volume)).equals(device.toString()));
        Bytes size = done(volumes.refresh(volume));
        holds("a refresh tells the device's size, " + size, size.equals(sizeOf(device)));
        try (FileChannel open = FileChannel.open(device)) {
            refused("deactivation of an open volume", volumes.deactivate(volume), "in use");
            holds("it is still there", open.size() == size.value());
        }
        done(volumes.deactivate(volume));
        holds("deactivation takes the device away", Files.notExists(device));
        done(volumes.deactivate(volume));
        refused("refresh of a volume that is inactive again", volumes.refresh(volume), "not active on this host");
    }

    private static Bytes sizeOf(Path device) throws IOException {
        try (FileChannel open = FileChannel.open(device)) {
            return Bytes.of(open.size());
        }
    }

    private static <T> T done(CompletionStage<T> answer) {
        return answer.toCompletableFuture().join();
    }

    private static void refused(String what, CompletionStage<?> answer, String words) {
        try {
            answer.toCompletableFuture().join();
        } catch (CompletionException refused) {
            String cause = refused.getCause().getMessage();
            holds(what + " is refused: " + cause, cause.contains(words));
            return;
        }
        holds(what + " is refused", false);
    }

    private static void holds(String what, boolean itDoes) {
        System.out.println((itDoes ? "holds: " : "WRONG: ") + what);
        if (!itDoes) {
            System.exit(1);
        }
    }
}
