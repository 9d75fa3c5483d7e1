package io.headroom.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.headroom.host.HostReport;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.model.HostId;
import io.headroom.port.Bell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.apache.pekko.io.Tcp;

/** One life of the replaceable actor system: from its start until it left or was downed. */
final class ClusterSystem<M> {
    /** What an actor system's name must not have. */
    private static final String NOT_IN_A_NAME = "[^A-Za-z0-9_-]";

    /** How much longer than the system itself an answer is waited for. */
    private static final Duration GRACE = Duration.ofMillis(250);

    private static final Set<MemberStatus> IN = Set.of(
            MemberStatus.joining(),
            MemberStatus.weaklyUp(),
            MemberStatus.up(),
            MemberStatus.leaving(),
            MemberStatus.exiting());

    private final HostId own;

    /**
     * The nodes of a pool share it and no others do: a system hears nothing from one of another name. Where nodes of two
     * pools were in one cluster, one of the pools would have no SPM, and orders would go to the other's.
     */
    private final String name;

    private final SpmRole<M> role;
    private final ActorSystem<BellActor.Message> system;
    private final Cluster cluster;
    private final ActorRef<M> spm;

    /**
     * Starts a system that is in no cluster yet; blocks until its port is bound.
     *
     * @throws RuntimeException where the port cannot be bound
     */
    ClusterSystem(
            NodeSettings settings,
            Config journal,
            SpmRole<M> role,
            LocalHost host,
            Optional<MajorityLease.Means> majority) {
        this.own = settings.host();
        this.name = "headroom-" + role.pool().value().replaceAll(NOT_IN_A_NAME, "_");
        this.role = role;
        this.system = ActorSystem.create(
                Behaviors.setup(context -> {
                    context.spawn(restarted(ReporterActor.create(host)), "reporter");
                    return restarted(BellActor.create(settings.host(), host.rung()));
                }),
                name,
                setup(config(settings, journal, majority.isPresent()), majority));
        this.cluster = Cluster.get(system);
        Bell hosts = other -> system.tell(new BellActor.RingHost(other));
        this.spm = ClusterSingleton.get(system)
                .init(SingletonActor.of(role.behaviour().apply(hosts), "spm").withStopMessage(role.stepDown()));
    }

    /** A bell or a report is not worth a membership. */
    private static <T> Behavior<T> restarted(Behavior<T> behaviour) {
        return Behaviors.supervise(behaviour).onFailure(SupervisorStrategy.restart());
    }

    private static ActorSystemSetup setup(Config config, Optional<MajorityLease.Means> majority) {
        ActorSystemSetup setup = ActorSystemSetup.create(BootstrapSetup.create(config));
        return majority.map(setup::and).orElse(setup);
    }

    private static Config config(NodeSettings settings, Config journal, boolean majority) {
        Map<String, Object> port = Map.of(
                "pekko.remote.artery.canonical.hostname", settings.cluster().host(),
                "pekko.remote.artery.canonical.port", settings.cluster().port());
        return settings.pekko()
                .withFallback(ConfigFactory.parseMap(port))
                .withFallback(journal)
                .withFallback(majority ? resource("cluster-majority.conf") : ConfigFactory.empty())
                .withFallback(resource("cluster-system.conf"))
                .withFallback(ConfigFactory.defaultReference(ClusterSystem.class.getClassLoader()))
                .resolve();
    }

    private static Config resource(String name) {
        return ConfigFactory.parseResourcesAnySyntax(ClusterSystem.class.getClassLoader(), name);
    }

    void join(List<String> contacts) {
        List<Address> addresses = contacts.stream()
                .map(contact -> AddressFromURIString.parse("pekko://" + name + "@" + contact))
                .toList();
        cluster.manager().tell(new JoinSeedNodes(addresses));
    }

    void form() {
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
    }

    boolean isMember() {
        return IN.contains(cluster.selfMember().status());
    }

    /** It was downed or leaves: it comes back into no cluster. */
    boolean isEnding() {
        return CoordinatedShutdown.get(system).getShutdownReason().isPresent();
    }

    /** The others wait for nothing from it. */
    boolean isDowned() {
        MemberStatus status = cluster.selfMember().status();
        return status == MemberStatus.down() || status == MemberStatus.removed();
    }

    /** Closes every connection and the port at once, for an ending system that waits for peers which are cut off. */
    void cutConnections() {
        // A system that is terminating hears no order to stop one of its actors, but the actor itself does.
        Tcp.get(Adapter.toClassic(system)).manager().tell(PoisonPill.getInstance(), Adapter.toClassic(spm));
    }

    /** {@code host:port} of each member that counts. */
    Set<String> members() {
        return StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
                .map(Member::address)
                .filter(address -> address.getHost().isPresent())
                .map(ClusterSystem::hostPort)
                .collect(Collectors.toSet());
    }

    private static String hostPort(Address address) {
        String hostPort = address.hostPort();
        return hostPort.substring(hostPort.indexOf('@') + 1);
    }

    /** {@code host:port} of each member that is up, the oldest first: the SPM's role is the oldest one's. */
    List<String> byAge() {
        return StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
                .filter(member -> member.status() == MemberStatus.up())
                .sorted(Member.ageOrdering())
                .map(Member::address)
                .map(ClusterSystem::hostPort)
                .toList();
    }

    /** Tells a host of this cluster to leave it in order and to come back as its youngest member. */
    void renew(HostId host) {
        system.tell(new BellActor.RenewHost(host));
    }

    void ringSpm() {
        spm.tell(role.rung().apply(own));
    }

    <R> CompletionStage<R> askSpm(Function<ActorRef<R>, M> question, Duration limit) {
        return bounded(AskPattern.<M, R>ask(spm, question::apply, limit, system.scheduler()), limit)
                .exceptionallyCompose(failure -> CompletableFuture.failedStage(
                        failure instanceof TimeoutException
                                ? new TimeoutException("no SPM answered within " + limit.toSeconds() + " s")
                                : failure));
    }

    /** What each node tells of itself; one that does not answer in time is left out. */
    CompletionStage<List<HostReport>> hostReports(Duration limit) {
        CompletionStage<List<ReporterActor.Told>> told = askHosts(ReporterActor.Tell::new, limit);
        return told.thenApply(
                all -> all.stream().flatMap(one -> one.report().stream()).toList());
    }

    /** What each node sees of a device; one that does not answer in time is left out. */
    CompletionStage<List<DeviceSight>> look(DeviceQuestion question, Duration limit) {
        return askHosts(replyTo -> new ReporterActor.Look(question, replyTo), limit);
    }

    private <R> CompletionStage<List<R>> askHosts(
            Function<ActorRef<R>, ReporterActor.Message> question, Duration limit) {
        CompletionStage<Receptionist.Listing> listing = AskPattern.ask(
                system.receptionist(),
                (ActorRef<Receptionist.Listing> replyTo) -> Receptionist.find(ReporterActor.KEY, replyTo),
                limit,
                system.scheduler());
        return bounded(listing, limit).thenCompose(found -> {
            List<CompletableFuture<Optional<R>>> asked = new ArrayList<>();
            for (ActorRef<ReporterActor.Message> reporter : found.getServiceInstances(ReporterActor.KEY)) {
                CompletionStage<R> told =
                        AskPattern.<ReporterActor.Message, R>ask(reporter, question::apply, limit, system.scheduler());
                asked.add(bounded(told, limit).thenApply(Optional::of).exceptionally(silent -> Optional.empty()));
            }
            return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
                    .thenApply(all -> asked.stream()
                            .flatMap(answer -> answer.join().stream())
                            .toList());
        });
    }

    /** A system that ended meanwhile keeps no time any more. */
    private static <T> CompletableFuture<T> bounded(CompletionStage<T> asked, Duration limit) {
        return asked.toCompletableFuture().orTimeout(limit.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
    }

    ActorSystem<?> system() {
        return system;
    }

    CompletionStage<Done> whenEnded() {
        return system.getWhenTerminated();
    }

    /** Leaves in order: the SPM, if it is here, steps down first. */
    void end() {
        system.terminate();
    }
}
