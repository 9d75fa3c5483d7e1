package io.headroom.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.headroom.cluster.LocalHost;
import io.headroom.cluster.Membership;
import io.headroom.cluster.MembershipActor;
import io.headroom.cluster.NodeSettings;
import io.headroom.cluster.SpmRole;
import io.headroom.disk.GrowthPolicy;
import io.headroom.host.HostActor;
import io.headroom.host.Outbox;
import io.headroom.host.UsageActor;
import io.headroom.ledger.LedgerActor;
import io.headroom.model.PoolId;
import io.headroom.node.http.HttpServer;
import io.headroom.port.Bell;
import io.headroom.port.Clock;
import io.headroom.spm.Levels;
import io.headroom.spm.Spm;
import io.headroom.spm.SpmActor;
import io.headroom.store.event.PoolEventCodec;
import io.headroom.store.journal.JournalAuditTrail;
import io.headroom.store.journal.JournalSchema;
import io.headroom.store.journal.JournalSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node: the lasting actor system with the host, its monitors and its HTTP server, and the membership that comes and
 * goes beside it. What was started last stops first, so that an SPM steps down while its host still works.
 */
public final class Node {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    /** Pulls of the storage, checks of images and starts of the cluster's system that may block at the same time. */
    private static final int BLOCKING_THREADS = 16;

    /** How long each part may take to stop: a step-down waits for the storage. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    /** The smallest part of the idle rhythm by which a host may come early, so that hosts do not write in step. */
    private static final double EARLIEST = 0.8;

    /**
     * The exit status of a node whose number another living host has. Started again, it would only disturb that host
     * again: the unit leaves it.
     */
    static final int NUMBER_TAKEN = 78;

    private static final int STOPPED = 0;
    private static final int FAILED = 1;

    private final Deque<Part> parts = new ArrayDeque<>();
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();
    private int httpPort;

    private record Part(String name, AutoCloseable stop) {}

    private Node() {}

    /**
     * Starts a node and returns when it listens; it joins its cluster by itself. Blocks for some seconds.
     *
     * @throws RefusedStart saying what is in the way and what to do; nothing is left running
     */
    public static Node start(NodeSettings settings) {
        Node node = new Node();
        try {
            node.begin(settings);
            return node;
        } catch (RuntimeException refused) {
            node.stop();
            throw refused;
        }
    }

    private void begin(NodeSettings settings) {
        requireFree(
                "headroom.cluster.port",
                settings.cluster().host(),
                settings.cluster().port());
        requireFree(
                "headroom.http.port", settings.http().host(), settings.http().port());
        ExecutorService blocking = blockingThreads();
        parts.push(new Part("blocking threads", () -> end(blocking)));
        PoolAccess access = PoolAccess.open(settings, blocking);
        parts.push(new Part("pool", access));

        AtomicReference<Bell> spmBell = new AtomicReference<>(host -> {});
        NodeSettings.Growth growth = settings.growth();
        GrowthPolicy policy = new GrowthPolicy(growth.smallestChunk(), growth.largestChunk(), growth.takeover());
        ActorSystem<HostActor.Command> host =
                host(settings, access, policy, h -> spmBell.get().ring(h));
        parts.push(new Part("host", () -> end(host)));
        Monitors monitors = Monitors.watch(settings.monitors(), host, blocking);
        parts.push(new Part("monitors", monitors));

        Membership<SpmActor.Command> membership = membership(settings, access, host, blocking);
        parts.push(new Part("membership", () -> await(membership.leave(STOP_LIMIT))));
        spmBell.set(membership.bell());
        SpmOrders orders = SpmOrders.start(
                host,
                claims ->
                        UsageActor.create(new UsageActor.Surroundings(host, access.volumes(), claims, Clock.system())),
                settings.host(),
                membership,
                changes -> CompletableFuture.supplyAsync(() -> access.steps(changes), blocking));
        SpmPlace place = new SpmPlace(settings.pool(), access.lease(), membership, blocking);
        HttpServer http = http(
                settings,
                host,
                new NodeAnswers(host, orders, membership, policy, place),
                orders,
                new ClusterDevices(access.devices().isPresent(), membership));
        httpPort = http.port();
        parts.push(new Part("HTTP server", () -> await(http.stop())));
        host.getWhenTerminated().whenComplete((done, failure) -> ended.complete(FAILED));
        access.refused().thenAccept(why -> {
            LOG.error("this node must not go on: {}", why);
            ended.complete(NUMBER_TAKEN);
        });
        LOG.info(
                "node of host {} in pool {}: cluster {}, http {}:{}",
                settings.host(),
                access.pool(),
                settings.cluster().address(),
                settings.http().host(),
                httpPort);
    }

    /** Where its HTTP server listens. */
    public int httpPort() {
        return httpPort;
    }

    /**
     * Waits until the node was stopped, or cannot go on.
     *
     * @return 0 after {@link #stop()}, 1 when the host failed, 78 when another host has its number; the log has the cause
     */
    public int awaitEnd() {
        int status = ended.join();
        if (status != STOPPED) {
            LOG.error("this node cannot go on and ends; its log says why");
            stop();
        }
        return status;
    }

    /** Stops in order: the SPM, if it is here, steps down and the node leaves its cluster first. Repeating is harmless. */
    public synchronized void stop() {
        ended.complete(STOPPED);
        while (!parts.isEmpty()) {
            Part part = parts.pop();
            try {
                part.stop().close();
            } catch (Exception failed) {
                LOG.warn("stopping the {} failed: {}", part.name(), failed.toString());
            }
        }
    }

    private static ActorSystem<HostActor.Command> host(
            NodeSettings settings, PoolAccess access, GrowthPolicy policy, Bell spm) {
        SecureRandom chance = new SecureRandom();
        NodeSettings.Mailbox rhythm = settings.mailbox();
        long life = Math.round(rhythm.signOfLife().toMillis() * (EARLIEST + (1 - EARLIEST) * chance.nextDouble()));
        HostActor.Settings of = new HostActor.Settings(
                access.pool(),
                settings.host(),
                settings.cluster().address(),
                chance.nextLong(),
                new Outbox.Timing(rhythm.bellPoll(), rhythm.scan(), Duration.ofMillis(life)),
                policy);
        HostActor.Surroundings around = new HostActor.Surroundings(
                access.hostArea().hostMail(settings.host()), access.volumes(), spm, Clock.system());
        Config config = settings.pekko()
                .withFallback(ConfigFactory.parseResourcesAnySyntax(Node.class.getClassLoader(), "host-system.conf"))
                .withFallback(ConfigFactory.defaultReference(Node.class.getClassLoader()))
                .resolve();
        return ActorSystem.create(HostActor.create(of, around), "host", config);
    }

    private static Membership<SpmActor.Command> membership(
            NodeSettings settings, PoolAccess access, ActorSystem<HostActor.Command> host, ExecutorService blocking) {
        JournalSettings journal;
        Config ledger;
        try {
            journal = journal(settings, access);
            ledger = journal.config();
        } catch (IllegalArgumentException unusable) {
            throw new RefusedStart(unusable.getMessage(), "correct headroom.journal", unusable);
        }
        MembershipActor.Storage storage = new MembershipActor.Storage(
                access.spmArea().hostMail(settings.host()),
                access.spmArea().spmMail(),
                access.lease(),
                blocking,
                Clock.system(),
                access.majority());
        SpmRole<SpmActor.Command> role = new SpmRole<>(
                access.pool(),
                hosts -> spm(settings, access, new JournalSchema(journal, blocking), hosts),
                new SpmActor.StepDown(),
                SpmActor.Rung::new);
        LocalHost local = new LocalHost(
                () -> host.tell(new HostActor.Rung()),
                () -> NodeAnswers.host(host),
                ClusterDevices.ofThisHost(settings.host(), access.devices(), blocking));
        try {
            return Membership.start(host, settings, storage, role, ledger, local);
        } catch (RuntimeException failed) {
            throw new RefusedStart(
                    "the cluster cannot listen on " + settings.cluster().address() + ": " + failed.getMessage(),
                    "free the port, or set headroom.cluster.host and headroom.cluster.port",
                    failed);
        }
    }

    private static Behavior<SpmActor.Command> spm(
            NodeSettings settings, PoolAccess access, JournalSchema schema, Bell hosts) {
        PoolId pool = access.pool();
        NodeSettings.Mailbox rhythm = settings.mailbox();
        NodeSettings.Levels levels = settings.levels();
        SpmActor.Settings of = new SpmActor.Settings(
                pool,
                settings.host(),
                settings.cluster().address(),
                new Spm.Timing(rhythm.heartbeat(), rhythm.scan(), rhythm.bellPoll()),
                new Levels.Limits(levels.warn(), levels.critical(), levels.reserve()),
                SpmActor.TICK);
        return Behaviors.setup(context -> {
            JournalAuditTrail trail = new JournalAuditTrail(context.getSystem(), pool);
            return SpmActor.create(
                    of,
                    new SpmActor.Surroundings(
                            access.spmArea()::spmMail,
                            access.spmArea().headerStore(),
                            access.spmArea().poolLog(new PoolEventCodec()),
                            access.lease(),
                            hosts,
                            trail,
                            feeder -> LedgerActor.create(
                                    pool, feeder, new LedgerActor.JournalAccess(schema::create, trail::eventsFrom)),
                            Clock.system()));
        });
    }

    private static JournalSettings journal(NodeSettings settings, PoolAccess access) {
        if (settings.journal() instanceof NodeSettings.Journal.Postgres postgres) {
            return new JournalSettings.PostgreSql(postgres.url(), postgres.user(), postgres.passwordFile());
        }
        if (settings.journal() instanceof NodeSettings.Journal.Embedded embedded) {
            Path directory = embedded.directory()
                    .or(access::journal)
                    .orElseThrow(() -> new IllegalStateException("the settings allow no pool without a journal"));
            return new JournalSettings.Embedded(directory.resolve("ledger"));
        }
        throw new AssertionError("unhandled " + settings.journal());
    }

    private static HttpServer http(
            NodeSettings settings,
            ActorSystem<?> system,
            NodeAnswers answers,
            SpmOrders orders,
            ClusterDevices devices) {
        NodeSettings.Http http = settings.http();
        try {
            return HttpServer.bind(system, http.host(), http.port(), answers, orders, devices, Clock.system())
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException failed) {
            throw new RefusedStart(
                    "the HTTP server cannot listen on " + http.host() + ":" + http.port() + ": "
                            + failed.getCause().getMessage(),
                    "free the port, or set headroom.http.host and headroom.http.port",
                    failed);
        }
    }

    private static void requireFree(String key, String host, int port) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(host, port));
        } catch (IOException taken) {
            throw new RefusedStart(
                    key + " is " + port + ", and " + host + ":" + port + " cannot be listened on: "
                            + taken.getMessage(),
                    "stop what uses the port, or set another",
                    taken);
        }
    }

    private static ExecutorService blockingThreads() {
        AtomicInteger number = new AtomicInteger();
        return Executors.newFixedThreadPool(BLOCKING_THREADS, task -> {
            Thread thread = new Thread(task, "blocking-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    private static void end(ExecutorService executor) throws InterruptedException {
        executor.shutdown();
        if (!executor.awaitTermination(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("a blocked call did not end within " + STOP_LIMIT.toSeconds() + " s");
        }
    }

    private static void end(ActorSystem<?> system) {
        system.terminate();
        await(system.getWhenTerminated());
    }

    private static void await(CompletionStage<?> stage) {
        stage.toCompletableFuture()
                .orTimeout(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join();
    }
}
