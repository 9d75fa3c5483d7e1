package io.headroom.node.http;

import io.headroom.cluster.Peers;
import io.headroom.disk.GrowthPolicy;
import io.headroom.host.HostReport;
import io.headroom.ledger.Audit;
import io.headroom.model.VmName;
import io.headroom.spm.SpmReport;
import io.headroom.vm.VmActor;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;

/** Where the answers come from. A failed stage means that whoever was asked did not answer in time. */
public interface NodeFacts {
    /** This host, by its own words. */
    CompletionStage<HostReport> host();

    /** A person holds a VM of this host, or lets it go. */
    CompletionStage<VmActor.HoldAnswer> hold(VmName vm, boolean held);

    /** Every member of the cluster that answers; nobody where there is none. */
    CompletionStage<List<HostReport>> members();

    /** All hosts, by their signs on the storage. */
    CompletionStage<List<Peers.Peer>> peers();

    /** The pool, by the words of its SPM. */
    CompletionStage<SpmReport> pool();

    /** The history, by the words of the SPM's ledger. */
    CompletionStage<Audit.Page> audit(Audit.Query query);

    /** Where the SPM's role is. */
    SpmFacts spm();

    /** The cluster's present actor system; empty while it is replaced. */
    Optional<ActorSystem<?>> cluster();

    /** This node is in a cluster. */
    boolean isMember();

    /** What this host promises its guests. */
    GrowthPolicy policy();
}
