package io.headroom.node.file;

import io.headroom.disk.Qcow2;
import io.headroom.model.Bytes;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure.Volume;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The qcow2 files of a pool's volumes. What is done to one is durable when the method returns. */
final class Images {
    private static final Logger LOG = LoggerFactory.getLogger(Images.class);
    private static final Bytes CLUSTER = Bytes.of(64 * 1024);
    private static final int PIECE = 1 << 20;

    private final PoolFiles files;
    private final QemuImg qemuImg;

    Images(PoolFiles files, QemuImg qemuImg) {
        this.files = files;
        this.qemuImg = qemuImg;
    }

    boolean exists(Volume volume) {
        return Files.exists(path(volume));
    }

    boolean isInUse(Volume volume) throws IOException {
        return qemuImg.isInUse(path(volume));
    }

    /** Where the image ends inside of its file; nobody may have it open. */
    Bytes end(Volume volume) throws IOException {
        return qemuImg.endOffset(path(volume));
    }

    /**
     * What an image takes when it is full: {@code qemu-img} measures it. Where that differs from our own arithmetic, by
     * which the SPM plans, the larger one holds: a limit too large costs nothing, one too small stops a guest.
     */
    Bytes limit(Bytes virtualSize) throws IOException {
        Bytes measured = qemuImg.measure(virtualSize);
        Bytes computed = Qcow2.fullyAllocated(virtualSize, CLUSTER);
        if (!measured.equals(computed)) {
            LOG.warn("qemu-img measures {} for an image of {}, expected were {}", measured, virtualSize, computed);
        }
        return measured.max(computed);
    }

    /** An empty image, in the place of one that was begun. */
    void make(Volume volume, Bytes extent) throws IOException {
        qemuImg.create(path(volume), volume.virtualSize());
        lengthenToLimit(volume, extent);
        DurableFile.force(files.volumes());
    }

    /** Makes the image larger; one that is large enough stays as it is. */
    void resize(Volume volume, Bytes virtualSize, Bytes extent) throws IOException {
        if (!qemuImg.virtualSize(path(volume)).isAtLeast(virtualSize)) {
            qemuImg.resize(path(volume), virtualSize);
        }
        lengthenToLimit(volume, extent);
    }

    /** QEMU lets nobody enlarge a bounded node beyond the length that its file had when it was opened. */
    private void lengthenToLimit(Volume volume, Bytes extent) throws IOException {
        lengthen(volume, volume.limit().roundedUpTo(extent));
        DurableFile.forceContent(path(volume));
    }

    void lengthen(Volume volume, Bytes size) throws IOException {
        DurableFile.lengthen(path(volume), size.value());
    }

    /** What reads as zeros already is left alone, so that a sparse file does not grow by being wiped. */
    void wipe(Volume volume, Bytes from, Bytes length) throws IOException {
        if (!exists(volume)) {
            return;
        }
        ByteBuffer zeros = ByteBuffer.allocate(PIECE);
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        try (FileChannel file = FileChannel.open(path(volume), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long end = Math.min(file.size(), from.plus(length).value());
            for (long at = from.value(); at < end; at += piece.limit()) {
                piece.clear().limit((int) Math.min(PIECE, end - at));
                zeros.clear().limit(piece.limit());
                while (piece.hasRemaining() && file.read(piece, at + piece.position()) > 0) {}
                if (!piece.flip().equals(zeros)) {
                    while (zeros.hasRemaining()) {
                        file.write(zeros, at + zeros.position());
                    }
                    piece.limit(zeros.limit());
                }
            }
            file.force(true);
        }
    }

    void remove(Volume volume) throws IOException {
        Files.deleteIfExists(path(volume));
        DurableFile.force(files.volumes());
    }

    private Path path(Volume volume) {
        return files.image(volume.name());
    }
}
