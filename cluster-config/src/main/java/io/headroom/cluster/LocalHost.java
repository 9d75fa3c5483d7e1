package io.headroom.cluster;

import io.headroom.host.HostReport;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * What the cluster may ask of the host that it runs on. It outlives every life of the cluster system; both may be
 * called from any thread and must not block.
 *
 * @param rung the SPM has written a reply for this host
 * @param report what the host knows of itself
 */
public record LocalHost(Runnable rung, Supplier<CompletionStage<HostReport>> report) {}
