package io.headroom.contract;

import io.headroom.cluster.Metadata;
import io.headroom.model.Bytes;
import io.headroom.node.file.FileMetadata;
import io.headroom.node.file.PoolCreation;
import io.headroom.node.file.PoolFiles;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.Volume;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The file back end, with the real {@code qemu-img}. */
class FileMetadataContractTest extends MetadataContract {
    private static final QemuImg QEMU_IMG = new QemuImg(Duration.ofSeconds(60));

    @TempDir
    Path directory;

    private PoolFiles files;

    @BeforeEach
    void makePool() throws IOException {
        files = new PoolFiles(directory.resolve("pool"));
        new PoolCreation(Bytes.mebi(256), Bytes.mebi(4), 2, Bytes.mebi(4), Map.of())
                .create(files.directory(), QEMU_IMG, Instant.EPOCH);
    }

    @Override
    Metadata open() throws IOException {
        return FileMetadata.open(files, QEMU_IMG);
    }

    @Override
    Change.AddLun newLun() {
        return new Change.AddLun("shelf-2", Bytes.mebi(64), false);
    }

    @Override
    Change.GrowLun largerLun(Lun lun) {
        return new Change.GrowLun(lun.device(), lun.size().plus(Bytes.mebi(64)));
    }

    @Override
    void fill(Volume volume) throws IOException {
        byte[] full = new byte[Math.toIntExact(volume.size().value())];
        Arrays.fill(full, (byte) 0x5a);
        try (RandomAccessFile image =
                new RandomAccessFile(files.image(volume.name()).toFile(), "rw")) {
            image.write(full);
        }
    }

    @Override
    boolean readsAsZeros(Volume volume, Bytes from, Bytes length) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(length.value())];
        try (RandomAccessFile image =
                new RandomAccessFile(files.image(volume.name()).toFile(), "r")) {
            image.seek(from.value());
            image.readFully(bytes);
        }
        return Arrays.equals(bytes, new byte[bytes.length]);
    }
}
