package io.headroom.contract;

import io.headroom.cluster.Metadata;
import io.headroom.fake.MemoryMetadata;
import io.headroom.model.Bytes;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.Volume;

/** The pool in memory, which stands for the real ones in the simulation. */
class MemoryMetadataTest extends MetadataContract {
    private final MemoryMetadata metadata = new MemoryMetadata(Bytes.mebi(256), Bytes.mebi(4));

    @Override
    Metadata open() {
        return metadata;
    }

    @Override
    Change.AddLun newLun() {
        return new Change.AddLun("lun-1", Bytes.mebi(64), false);
    }

    @Override
    Change.GrowLun largerLun(Lun lun) {
        return new Change.GrowLun(lun.device(), lun.size().plus(Bytes.mebi(64)));
    }

    @Override
    void fill(Volume volume) {
        // What was never wiped is full.
    }

    @Override
    boolean readsAsZeros(Volume volume, Bytes from, Bytes length) {
        return metadata.isWiped(volume.id(), from.plus(length));
    }
}
