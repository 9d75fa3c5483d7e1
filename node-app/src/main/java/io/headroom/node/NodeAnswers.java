package io.headroom.node;

import io.headroom.cluster.Membership;
import io.headroom.cluster.Peers;
import io.headroom.disk.GrowthPolicy;
import io.headroom.host.HostActor;
import io.headroom.host.HostReport;
import io.headroom.ledger.Audit;
import io.headroom.model.VmName;
import io.headroom.node.http.NodeFacts;
import io.headroom.node.http.SpmFacts;
import io.headroom.spm.SpmActor;
import io.headroom.spm.SpmReport;
import io.headroom.vm.VmActor;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Asks the node's own actors, and the SPM wherever it is. */
record NodeAnswers(
        ActorSystem<HostActor.Command> hostSystem,
        SpmOrders orders,
        Membership<SpmActor.Command> membership,
        GrowthPolicy policy,
        SpmFacts spm)
        implements NodeFacts {
    private static final Duration OWN_LIMIT = Duration.ofSeconds(2);
    private static final Duration NETWORK_LIMIT = Duration.ofSeconds(3);

    /** The ledger's database may be slow, and a page large. */
    private static final Duration HISTORY_LIMIT = Duration.ofSeconds(10);

    @Override
    public CompletionStage<HostReport> host() {
        return host(hostSystem).thenCombine(orders.problems(), HostReport::withProblems);
    }

    static CompletionStage<HostReport> host(ActorSystem<HostActor.Command> system) {
        return AskPattern.ask(system, HostActor.Describe::new, OWN_LIMIT, system.scheduler());
    }

    @Override
    public CompletionStage<VmActor.HoldAnswer> hold(VmName vm, boolean held) {
        return AskPattern.ask(
                hostSystem, replyTo -> new HostActor.HoldVm(vm, held, replyTo), OWN_LIMIT, hostSystem.scheduler());
    }

    @Override
    public CompletionStage<List<HostReport>> members() {
        return membership.hostReports(NETWORK_LIMIT);
    }

    @Override
    public CompletionStage<List<Peers.Peer>> peers() {
        return membership.peers(OWN_LIMIT);
    }

    @Override
    public CompletionStage<SpmReport> pool() {
        return membership.askSpm(SpmActor.Describe::new, NETWORK_LIMIT);
    }

    @Override
    public CompletionStage<Audit.Page> audit(Audit.Query query) {
        CompletionStage<SpmActor.AuditAnswer> answer =
                membership.askSpm(replyTo -> new SpmActor.ReadAudit(query, replyTo), HISTORY_LIMIT);
        return answer.thenApply(told -> told.page().orElseThrow(() -> new IllegalStateException(told.problem())));
    }

    @Override
    public Optional<ActorSystem<?>> cluster() {
        return membership.system();
    }

    @Override
    public boolean isMember() {
        return membership.isMember();
    }
}
