package io.headroom.bench;

import com.typesafe.config.ConfigFactory;
import io.headroom.cluster.LocalHost;
import io.headroom.cluster.Membership;
import io.headroom.cluster.MembershipActor;
import io.headroom.cluster.NodeSettings;
import io.headroom.cluster.SpmRole;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.model.HostId;
import io.headroom.port.Bell;
import io.headroom.port.Clock;
import io.headroom.port.PoolLease;
import io.headroom.rig.Rig;
import io.headroom.rig.Watch;
import io.headroom.spm.SpmActor;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Two nodes in one process with everything that lies between a request and its reply: each with its lasting actor
 * system, its host and its membership, in one real cluster over TCP on the loopback. The SPM is on the first; the host
 * of the second is the one to measure.
 */
final class TwoNodes implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Deque<Closeable> parts = new ArrayDeque<>();
    private final BenchHost remote;

    TwoNodes(BenchPool pool) throws Exception {
        try {
            node(pool, new HostId(1));
            this.remote = node(pool, new HostId(2));
        } catch (Exception failed) {
            close();
            throw failed;
        }
    }

    /** Starts a node and waits until it is a member of the cluster. */
    private BenchHost node(BenchPool pool, HostId id) throws Exception {
        NodeSettings settings = settings(pool, id);
        String address = settings.cluster().address();
        LocalSystem lasting = LocalSystem.start("host", pool.system());
        parts.push(lasting::close);
        AtomicReference<Bell> bell = new AtomicReference<>(host -> {});
        BenchHost host = new BenchHost(
                lasting.actors(),
                pool.files(),
                pool.blocking(),
                new BenchHost.Plan(id, address, List.of(BenchPool.volume(id.value())), Rhythm.DEFAULT),
                ringing -> bell.get().ring(ringing));
        parts.addLast(host::close);
        PoolLease lease = pool.lease(id);
        MembershipActor.Storage storage = new MembershipActor.Storage(
                pool.area().hostMail(id), pool.area().spmMail(), lease, pool.blocking(), Clock.system());
        SpmRole<SpmActor.Command> role = new SpmRole<>(
                pool.area().identity().pool(),
                hosts -> pool.spm(id, address, lease, Rhythm.DEFAULT, hosts),
                new SpmActor.StepDown(),
                SpmActor.Rung::new);
        Membership<SpmActor.Command> membership = Membership.start(
                lasting.actors(),
                settings,
                storage,
                role,
                pool.journal(),
                new LocalHost(host::rung, host::report, TwoNodes::none));
        parts.push(() -> membership.leave(LIMIT).toCompletableFuture().join());
        bell.set(membership.bell());
        Watch.until("node " + id + " is in the cluster", LIMIT, membership::isMember);
        return host;
    }

    private static CompletionStage<DeviceSight> none(DeviceQuestion question) {
        return CompletableFuture.failedFuture(new UnsupportedOperationException("nobody adds LUNs to a bench"));
    }

    private static NodeSettings settings(BenchPool pool, HostId id) throws IOException {
        return NodeSettings.of(ConfigFactory.parseString(
                """
                headroom {
                  host-id = %s
                  cluster.port = %d
                  pool.directory = "%s"
                }
                """.formatted(id, Rig.freePort(), pool.files().directory())));
    }

    /** The host that the cluster's network lies between. */
    BenchHost remote() {
        return remote;
    }

    @Override
    public void close() throws IOException {
        while (!parts.isEmpty()) {
            parts.pop().close();
        }
    }
}
