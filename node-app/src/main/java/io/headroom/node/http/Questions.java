package io.headroom.node.http;

import io.headroom.cluster.Peers;
import io.headroom.host.HostReport;
import io.headroom.ledger.Audit;
import io.headroom.model.VmName;
import io.headroom.node.api.Answer;
import io.headroom.node.api.SpmAnswer;
import io.headroom.spm.SpmReport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** Puts together what a question wants to know; a stage that fails with {@link Unavailable} says who did not answer. */
final class Questions {
    private final NodeFacts facts;

    Questions(NodeFacts facts) {
        this.facts = facts;
    }

    CompletionStage<Answer> status() {
        CompletionStage<Answer> pool = pool().exceptionally(Questions::told);
        return self().thenCompose(
                        self -> hostsOrProblem(self).thenCombine(pool, (hosts, told) -> statusOf(self, hosts, told)));
    }

    /** This host answers without the others, too; that they are missing is a problem of its own. */
    private CompletionStage<Answer.Hosts> hostsOrProblem(HostReport self) {
        return facts.peers()
                .handle((peers, failure) -> failure == null
                        ? Answer.Hosts.of(self, peers)
                        : Answer.Hosts.of(
                                self.withProblems(
                                        List.of("the other hosts are not known: " + said(failure) + "; ask again")),
                                List.of()));
    }

    private Answer statusOf(HostReport self, Answer.Hosts hosts, Answer pool) {
        List<Answer.Disk> disks = Answer.Disks.of(List.of(self), List.of()).disks();
        double takeover = seconds(facts.policy().takeover());
        return new Answer.Status(
                hosts.self(),
                facts.isMember(),
                facts.policy().sustainedPerSecond().value(),
                takeover,
                lastingLess(disks, takeover),
                facts.spm()
                        .takeover()
                        .cutOff()
                        .map(Questions::seconds)
                        .map(time -> new SpmAnswer.PowerLoss(time, lastingLess(disks, time)))
                        .orElse(null),
                pool instanceof Answer.Pool known ? known : null,
                pool instanceof Answer.Failure failure ? failure : null,
                hosts.others());
    }

    private static List<Answer.Disk> lastingLess(List<Answer.Disk> disks, double seconds) {
        return disks.stream()
                .filter(disk -> disk.leftSeconds() != null && disk.leftSeconds() < seconds)
                .toList();
    }

    private static double seconds(Duration time) {
        return time.toMillis() / 1000.0;
    }

    CompletionStage<Answer> pool() {
        CompletionStage<SpmReport> asked = facts.pool();
        return asked.handle((report, failure) -> {
            if (failure != null) {
                throw noSpm(failure);
            }
            return Answer.Pool.of(report);
        });
    }

    CompletionStage<Answer.Hosts> hosts() {
        return self().thenCombine(peers(), Answer.Hosts::of);
    }

    /** @param all everybody's disks, as far as the cluster reaches */
    CompletionStage<Answer.Disks> disks(boolean all) {
        if (!all) {
            return self().thenApply(report -> Answer.Disks.of(List.of(report), List.of()));
        }
        return self().thenCombine(members(), Questions::withSelf).thenCombine(peers(), Answer.Disks::of);
    }

    /** @param all everybody's VMs, as far as the cluster reaches */
    CompletionStage<Answer> vms(boolean all) {
        if (!all) {
            return self().thenApply(report -> Answer.Vms.of(List.of(report), List.of()));
        }
        return self().thenCombine(members(), Questions::withSelf).thenCombine(peers(), Answer.Vms::of);
    }

    /** Holds a VM of this host, or lets it go. */
    CompletionStage<Answer> hold(String vm, boolean held) {
        VmName name;
        try {
            name = new VmName(vm);
        } catch (IllegalArgumentException refused) {
            throw new BadParameter(refused.getMessage());
        }
        return facts.hold(name, held).handle((answer, failure) -> {
            if (failure != null) {
                throw new Unavailable(new Answer.Failure(
                        "whether VM " + vm + " is " + (held ? "held" : "released") + " is unknown",
                        said(failure),
                        "look with headroom vm list, and order it again"));
            }
            if (!answer.problem().isEmpty()) {
                throw new Refused(new Answer.Failure(
                        "VM " + vm + " is not " + (held ? "held" : "released") + " for good",
                        answer.problem(),
                        "see headroom vm list; the order can be repeated"));
            }
            return new Answer.VmHeld(vm, held);
        });
    }

    CompletionStage<Answer> audit(Audit.Query query) {
        return facts.audit(query).handle((page, failure) -> {
            if (failure != null) {
                throw new Unavailable(new Answer.Failure(
                        "the history cannot be read",
                        said(failure),
                        "growth goes on without it; ask again in some seconds"));
            }
            return Answer.Trail.of(page);
        });
    }

    CompletionStage<Answer> ready() {
        return self().thenApply(report -> {
            if (report.incarnation().number() == 0) {
                throw new Unavailable(new Answer.Failure(
                        "not ready",
                        report.problems().isEmpty()
                                ? "the mailbox was not read yet"
                                : String.join("; ", report.problems()),
                        "check the pool's storage; the node keeps trying"));
            }
            return new Answer.Ready(true, facts.isMember());
        });
    }

    private CompletionStage<HostReport> self() {
        return facts.host().handle((report, failure) -> {
            if (failure != null) {
                throw new Unavailable(new Answer.Failure(
                        "this host does not answer", said(failure), "try again; see the node's log"));
            }
            return report;
        });
    }

    /** A cluster that ends just now has no answer; whoever lives all the same is told as silent. */
    private CompletionStage<List<HostReport>> members() {
        return facts.members().exceptionally(failure -> List.of());
    }

    private CompletionStage<List<Peers.Peer>> peers() {
        return facts.peers().handle((peers, failure) -> {
            if (failure != null) {
                throw new Unavailable(new Answer.Failure(
                        "the other hosts are not known", said(failure), "ask again; this host alone always answers"));
            }
            return peers;
        });
    }

    Unavailable noSpm(Throwable failure) {
        return new Unavailable(new Answer.Failure(
                "no SPM answers",
                said(failure),
                facts.isMember()
                        ? "a takeover takes some seconds, try again; disks are guarded over the storage meanwhile"
                        : "this node looks for its cluster; ask another node, or try again"));
    }

    /** The node itself always answers, also when it is in no cluster. */
    private static List<HostReport> withSelf(HostReport self, List<HostReport> members) {
        return Stream.concat(
                        Stream.of(self),
                        members.stream().filter(member -> !member.host().equals(self.host())))
                .sorted((one, other) -> one.host().compareTo(other.host()))
                .toList();
    }

    private static Answer told(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof Unavailable unavailable) {
            return unavailable.failure();
        }
        throw new CompletionException(cause);
    }

    private static String said(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
