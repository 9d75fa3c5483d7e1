package io.headroom.port;

import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The pool's volumes as one host sees them. Nothing here changes the pool. */
public interface Volumes {
    /** Which volume a file or device that QEMU has open is; empty where it is none of this pool. */
    CompletionStage<Optional<Found>> find(String path);

    /** The first of these that is a volume of this pool; empty where none is. */
    default CompletionStage<Optional<Found>> nearest(List<String> paths) {
        return paths.isEmpty()
                ? CompletableFuture.completedStage(Optional.empty())
                : find(paths.get(0))
                        .thenCompose(found -> found.isPresent()
                                ? CompletableFuture.completedStage(found)
                                : nearest(paths.subList(1, paths.size())));
    }

    /**
     * Makes a volume that this host may use available to QEMU, at its present size. Repeating it is harmless.
     *
     * @return the path that QEMU opens
     */
    CompletionStage<String> activate(VolumeId volume);

    /** Takes the volume away from this host; fails, and changes nothing, while anybody has it open. Repeating it is harmless. */
    CompletionStage<Void> deactivate(VolumeId volume);

    /** Makes the volume's present size visible on this host and measures it. Repeating it is harmless. */
    CompletionStage<Bytes> refresh(VolumeId volume);

    /** The end of the image inside the volume, read while QEMU has it open: the highest offset in use. */
    CompletionStage<Bytes> imageEnd(VolumeId volume);

    /**
     * @param size measured on this host
     * @param bounded the device itself ends there, as an LV does; a file does not, so QEMU has to bound it
     */
    record Found(VolumeId volume, String name, Bytes size, boolean bounded) {}
}
