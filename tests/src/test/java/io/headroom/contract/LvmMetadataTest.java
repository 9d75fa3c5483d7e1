package io.headroom.contract;

import io.headroom.cluster.Metadata;
import io.headroom.model.Bytes;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.Volume;
import io.headroom.rig.LoopPool;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Real LVM on loop devices, each of which is a LUN. */
class LvmMetadataTest extends MetadataContract {
    private static final Bytes EXTENT = Bytes.mebi(4);

    /** For the metadata, the mailbox, and 256 MiB. */
    private static final long FIRST = 412;

    @TempDir
    Path directory;

    private LoopPool pool;

    @BeforeEach
    void makePool() throws IOException {
        pool = new LoopPool(directory, List.of(FIRST)).create(EXTENT);
    }

    @AfterEach
    void removePool() throws IOException {
        pool.close();
    }

    @Override
    Metadata open() throws IOException {
        return pool.metadata();
    }

    @Override
    Change.AddLun newLun() throws IOException {
        Path device = pool.addLun(256);
        pool.reopen();
        return new Change.AddLun(device.toString(), Bytes.ZERO, false);
    }

    @Override
    Change.GrowLun largerLun(Lun lun) throws IOException {
        pool.luns().grow(Path.of(lun.device()), FIRST + 64);
        return new Change.GrowLun(lun.device(), Bytes.ZERO);
    }

    @Override
    void fill(Volume volume) throws IOException {
        whileActive(volume, device -> {
            try (OutputStream output = Files.newOutputStream(device)) {
                byte[] full = new byte[(int) volume.size().value()];
                Arrays.fill(full, (byte) 0x5A);
                output.write(full);
            }
            return null;
        });
    }

    @Override
    boolean readsAsZeros(Volume volume, Bytes from, Bytes length) throws IOException {
        return whileActive(volume, device -> {
            try (InputStream input = Files.newInputStream(device)) {
                input.skipNBytes(from.value());
                for (byte one : input.readNBytes((int) length.value())) {
                    if (one != 0) {
                        return false;
                    }
                }
                return true;
            }
        });
    }

    private <T> T whileActive(Volume volume, Work<T> work) throws IOException {
        Path device = pool.activate(volume.name());
        try {
            return work.on(device);
        } finally {
            pool.deactivate(volume.name());
        }
    }

    private interface Work<T> {
        T on(Path device) throws IOException;
    }
}
