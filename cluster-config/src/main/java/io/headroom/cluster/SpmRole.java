package io.headroom.cluster;

import io.headroom.model.HostId;
import io.headroom.model.PoolId;
import io.headroom.port.Bell;
import java.util.function.Function;
import org.apache.pekko.actor.typed.Behavior;

/**
 * What the cluster has to know of the SPM to run it as its singleton.
 *
 * @param pool whose SPM it is; a cluster is of one pool, and lets nodes of no other one in
 * @param behaviour makes the SPM in whatever life of the cluster system it is needed; it restarts itself when it
 *     fails, since the cluster does not; the bell rings hosts
 * @param stepDown asks it to give its role back in order and to stop
 * @param rung tells it that a host has mail
 * @param <M> what the SPM understands
 */
public record SpmRole<M>(PoolId pool, Function<Bell, Behavior<M>> behaviour, M stepDown, Function<HostId, M> rung) {}
