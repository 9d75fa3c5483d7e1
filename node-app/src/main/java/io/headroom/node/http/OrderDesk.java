package io.headroom.node.http;

import io.headroom.host.UsageActor;
import io.headroom.model.HostId;
import io.headroom.model.VolumeId;
import io.headroom.model.VolumeName;
import io.headroom.node.api.Answer;
import io.headroom.node.api.VolumeAnswer;
import io.headroom.port.Tenure;
import io.headroom.port.Tenure.Change.Wipe;
import io.headroom.spm.Order;
import io.headroom.spm.SpmReport;
import io.headroom.spm.VolumesReport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Takes orders and questions about volumes and LUNs. A stage that fails with {@link Refused} or {@link Unavailable} says
 * what is in the way; an order that takes longer than this node waits is answered as going on.
 */
final class OrderDesk {
    private static final String AGAIN = "give the order again: one that was carried out is answered as done";

    private final NodeFacts facts;
    private final NodeOrders orders;
    private final Questions questions;

    OrderDesk(NodeFacts facts, NodeOrders orders, Questions questions) {
        this.facts = facts;
        this.orders = orders;
        this.questions = questions;
    }

    CompletionStage<Answer> volumes() {
        return report().thenApply(VolumeAnswer.Volumes::of);
    }

    CompletionStage<Answer> luns() {
        return report().thenApply(VolumeAnswer.Luns::of);
    }

    /** @param name or id */
    CompletionStage<Answer> volume(String name) {
        return find(name).thenCombine(questions.disks(true), (found, all) -> {
            String id = found.volume().id().value();
            List<Answer.Disk> disks = all.disks().stream()
                    .filter(disk -> disk.volume().equals(id))
                    .toList();
            return new VolumeAnswer.Shown(VolumeAnswer.Volume.of(found), disks);
        });
    }

    CompletionStage<Answer> create(Parameters asked) {
        return carry(
                new Order.CreateVolume(
                        volumeName(asked.required("name")), asked.requiredSize("virtualSize"), asked.size("size")),
                asked);
    }

    /** Nobody is asked about what can be no name: the SPM may have to be waited for. */
    private static String volumeName(String name) {
        try {
            return new VolumeName(name).value();
        } catch (IllegalArgumentException refused) {
            throw new BadParameter(refused.getMessage());
        }
    }

    CompletionStage<Answer> resize(String volume, Parameters asked) {
        return carry(new Order.ResizeVolume(volume, asked.requiredSize("virtualSize")), asked);
    }

    CompletionStage<Answer> delete(String volume, Parameters asked) {
        return carry(new Order.DeleteVolume(volume, asked.flag("wipe")), asked);
    }

    CompletionStage<Answer> activate(String volume, Parameters asked) {
        boolean shared = asked.flag("shared");
        if (!asked.flag("dryRun")) {
            return onThisHost(volume, id -> orders.activate(id, shared));
        }
        return facts.host()
                .thenCompose(self -> pretend(new Order.AssignVolume(volume, self.host(), shared), asked))
                .thenApply(steps -> plan(steps, List.of("this host makes volume " + volume + " available to QEMU")));
    }

    CompletionStage<Answer> deactivate(String volume, Parameters asked) {
        if (!asked.flag("dryRun")) {
            return onThisHost(volume, orders::deactivate);
        }
        return facts.host()
                .thenCompose(self -> pretend(new Order.ReleaseVolume(volume, self.host()), asked))
                .thenApply(steps -> plan(List.of("this host takes volume " + volume + " away from QEMU"), steps));
    }

    /** For a host that cannot give the volume back itself, since it is dead. */
    CompletionStage<Answer> release(String volume, Parameters asked) {
        HostId host = asked.requiredHost("host");
        return facts.peers().thenCompose(peers -> {
            if (peers.stream().anyMatch(peer -> peer.host().equals(host) && peer.alive())) {
                throw new Refused(
                        "host " + host + " gives signs of life, and may use volume " + volume,
                        "on that host: headroom volume deactivate " + volume);
            }
            return carry(new Order.ReleaseVolume(volume, host), asked);
        });
    }

    private CompletionStage<Answer> onThisHost(
            String volume, Function<VolumeId, CompletionStage<UsageActor.Told>> ordering) {
        return find(volume).thenCompose(found -> {
            String name = found.volume().name();
            return inTime(ordering.apply(found.volume().id()), told -> {
                told.refusal().ifPresent(cause -> {
                    throw new Refused("volume " + name + ": " + cause, "see: headroom volume show " + name);
                });
                return new VolumeAnswer.Available(name, told.path());
            });
        });
    }

    /** Has the SPM carry it out, or say what it would do. */
    CompletionStage<Answer> carry(Order order, Parameters asked) {
        if (asked.flag("dryRun")) {
            return pretend(order, asked).thenApply(steps -> plan(steps, List.of()));
        }
        return inTime(orders.carry(order, asked.by(), false), answer -> {
            if (answer instanceof Order.Answer.Carried carried) {
                return new VolumeAnswer.Carried(
                        carried.what(),
                        carried.volume().map(VolumeAnswer.Volume::of).orElse(null));
            }
            throw refused(answer);
        });
    }

    private CompletionStage<List<String>> pretend(Order order, Parameters asked) {
        CompletionStage<Order.Answer.Planned> plan = orders.carry(order, asked.by(), true)
                .handle((answer, failure) -> {
                    if (failure != null) {
                        throw questions.noSpm(failure);
                    }
                    if (answer instanceof Order.Answer.Planned planned) {
                        return planned;
                    }
                    throw refused(answer);
                });
        return plan.thenCompose(planned -> orders.steps(oneWipe(planned.changes()))
                .thenApply(steps -> {
                    List<String> all = new ArrayList<>(steps);
                    planned.shares().forEach(share -> all.add("then: " + share));
                    return all;
                }));
    }

    /** A volume is wiped piece by piece; whoever asks before reads of it once. */
    private static List<Tenure.Change> oneWipe(List<Tenure.Change> changes) {
        List<Tenure.Change> whole = new ArrayList<>();
        for (Tenure.Change change : changes) {
            Tenure.Change last = whole.isEmpty() ? null : whole.get(whole.size() - 1);
            if (change instanceof Wipe next && last instanceof Wipe before) {
                whole.set(
                        whole.size() - 1,
                        new Wipe(before.volume(), before.from(), before.length().plus(next.length())));
            } else {
                whole.add(change);
            }
        }
        return whole;
    }

    private static VolumeAnswer.Plan plan(List<String> first, List<String> then) {
        List<String> steps = new ArrayList<>(first);
        steps.addAll(then);
        return new VolumeAnswer.Plan(steps);
    }

    private static RuntimeException refused(Order.Answer answer) {
        return answer instanceof Order.Answer.Refused refused
                ? new Refused(refused.cause(), refused.next())
                : new IllegalStateException("the SPM answers an order with " + answer);
    }

    /** An order may take longer than anybody waits for an answer over HTTP: then it matters whether an SPM is there. */
    private <T> CompletionStage<Answer> inTime(CompletionStage<T> ordered, Function<T, Answer> answer) {
        CompletionStage<CompletionStage<Answer>> either = ordered.handle((told, failure) -> {
            if (failure == null) {
                return CompletableFuture.completedStage(answer.apply(told));
            }
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (!(cause instanceof TimeoutException)) {
                throw questions.noSpm(failure);
            }
            return questions.pool().handle((pool, silent) -> {
                if (silent != null) {
                    throw new Unavailable(new Answer.Failure(
                            "no SPM answers", "nobody knows whether the order is carried out", AGAIN));
                }
                return new VolumeAnswer.GoingOn("the SPM is at it, or has other orders before this one", AGAIN);
            });
        });
        return either.thenCompose(Function.identity());
    }

    private CompletionStage<VolumesReport.Known> find(String nameOrId) {
        return report().thenApply(report -> report.volumes().stream()
                .filter(known -> known.volume().name().equals(nameOrId)
                        || known.volume().id().value().equals(nameOrId))
                .findFirst()
                .orElseThrow(() -> Refused.unknownVolume(nameOrId)));
    }

    /** The pool's SPM, by its own words. */
    CompletionStage<SpmReport> pool() {
        return facts.pool().handle((report, failure) -> {
            if (failure != null) {
                throw questions.noSpm(failure);
            }
            return report;
        });
    }

    CompletionStage<VolumesReport> report() {
        return orders.volumes().handle((report, failure) -> {
            if (failure != null) {
                throw questions.noSpm(failure);
            }
            if (!report.problem().isEmpty()) {
                throw new Unavailable(
                        new Answer.Failure("the SPM does not know yet", report.problem(), "ask again in a second"));
            }
            return report;
        });
    }
}
