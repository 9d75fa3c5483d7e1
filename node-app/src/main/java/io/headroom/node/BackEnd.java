package io.headroom.node;

import io.headroom.cluster.MajorityLease;
import io.headroom.cluster.ProcessLease;
import io.headroom.model.PoolId;
import io.headroom.node.device.BlockDevices;
import io.headroom.port.Tenure;
import io.headroom.port.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The kind of storage that a pool is on: what differs between files and logical volumes. */
sealed interface BackEnd extends AutoCloseable permits FileBackEnd, LvmBackEnd {
    PoolId pool();

    /** The file or device with the mailbox and the pool log; it can be opened as long as this back end is. */
    Path mailbox();

    ProcessLease lease();

    /** Completes, with the reason, when this host must not go on under its number; never otherwise. */
    CompletionStage<String> refused();

    /** By which lease one side of a partition goes on; empty where the larger side does. */
    Optional<MajorityLease.Means> majority();

    Volumes volumes();

    /** The block devices of this host that may become LUNs; empty where a LUN of this kind of storage is none. */
    Optional<BlockDevices> devices();

    /**
     * How this back end makes the change: the exact commands, or a sentence where it runs none. Changes nothing, and may
     * block.
     */
    List<String> steps(Tenure.Change change) throws IOException;

    /** Where the pool itself has a place for the embedded database. */
    Optional<Path> journal();

    /** Ends what belongs to this node; the pool and what is on it stay as they are. */
    @Override
    void close() throws IOException;
}
