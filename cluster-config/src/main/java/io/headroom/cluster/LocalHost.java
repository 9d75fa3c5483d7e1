package io.headroom.cluster;

import io.headroom.host.HostReport;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the cluster may ask of the host that it runs on. It outlives every life of the cluster system; all may be
 * called from any thread and must not block.
 *
 * @param rung the SPM has written a reply for this host
 * @param report what the host knows of itself
 * @param look what the host sees of a block device
 */
public record LocalHost(
        Runnable rung,
        Supplier<CompletionStage<HostReport>> report,
        Function<DeviceQuestion, CompletionStage<DeviceSight>> look) {}
