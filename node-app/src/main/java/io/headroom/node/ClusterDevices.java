package io.headroom.node;

import io.headroom.cluster.Membership;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.model.HostId;
import io.headroom.node.device.BlockDevices;
import io.headroom.node.http.HostDevices;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** The block devices of every host that the cluster reaches. @param areLuns this host's pool is made of some */
record ClusterDevices(boolean areLuns, Membership<?> membership) implements HostDevices {
    /** Of each of the two programs that a host runs on the device. */
    static final Duration COMMAND_LIMIT = Duration.ofSeconds(2);

    /** Both, and the way there and back. */
    static final Duration LIMIT = Duration.ofSeconds(5);

    @Override
    public CompletionStage<List<DeviceSight>> look(DeviceQuestion question) {
        return membership.look(question, LIMIT);
    }

    /** What this host answers when the cluster asks it. */
    static Function<DeviceQuestion, CompletionStage<DeviceSight>> ofThisHost(
            HostId host, Optional<BlockDevices> devices, Executor blocking) {
        if (devices.isPresent()) {
            return question -> CompletableFuture.supplyAsync(() -> devices.get().look(question), blocking);
        }
        DeviceSight none = new DeviceSight(
                host,
                Optional.empty(),
                "its pool is made of files, not of devices; correct headroom.pool there",
                List.of(),
                0);
        return question -> CompletableFuture.completedStage(none);
    }
}
