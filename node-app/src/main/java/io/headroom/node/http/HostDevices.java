package io.headroom.node.http;

import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** What the hosts of the pool see of block devices. */
public interface HostDevices {
    /** An order about several LUNs begins with another one within this time: somebody waits for the answer over HTTP. */
    Duration ANOTHER_LUN_WITHIN = Duration.ofSeconds(20);

    /** Whether the pool's LUNs are block devices; those of a pool of files are names with a size. */
    boolean areLuns();

    /** The answers of every host that the cluster reaches, without those that do not answer in time. */
    CompletionStage<List<DeviceSight>> look(DeviceQuestion question);
}
