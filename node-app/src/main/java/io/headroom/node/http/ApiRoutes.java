package io.headroom.node.http;

import io.headroom.node.api.Answer;
import io.headroom.port.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.ExceptionHandler;
import org.apache.pekko.http.javadsl.server.MethodRejection;
import org.apache.pekko.http.javadsl.server.PathMatchers;
import org.apache.pekko.http.javadsl.server.RejectionHandler;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.management.javadsl.PekkoManagement;

/**
 * The routes of a node. Every answer but that to Prometheus is JSON, the refusals too, with their cause and next step.
 *
 * <pre>
 *   /alive             the process lives
 *   /ready             the host can read the mailbox: it guards its disks, with or without a cluster
 *   /metrics           this host, and where it is SPM the pool, in Prometheus' text format
 *   /cluster/…         Pekko Management's routes, read-only; 503 while the cluster's system is replaced
 *   /api/v1/status     everything at a glance
 *   /api/v1/pool       the SPM's report; 503 where no SPM answers
 *   /api/v1/spm        who has the SPM's role; /api/v1/spm/move moves it, see SpmRoutes
 *   /api/v1/hosts      this host, and the others by their signs on the storage
 *   /api/v1/disks      this host's disks; with all=true everybody's
 *   /api/v1/vms        this host's VMs, and why one does not run; with all=true everybody's
 *   /api/v1/audit      the history; volume, vm, host, since, limit, before
 *   /api/v1/vms/NAME/…, /api/v1/volumes, /api/v1/luns   what {@link OrderRoutes} says
 * </pre>
 */
final class ApiRoutes extends AllDirectives {
    private static final Set<String> NO_PARAMETER = Set.of();
    private static final Set<String> OF_THE_AUDIT = Set.of("volume", "vm", "host", "since", "limit", "before");

    private final Questions questions;
    private final SpmRoutes spm;
    private final MetricsRoute metrics;
    private final OrderRoutes orders;
    private final Supplier<Optional<ActorSystem<?>>> cluster;
    private final Clock clock;

    ApiRoutes(NodeFacts facts, NodeOrders orders, HostDevices devices, Clock clock) {
        this.questions = new Questions(facts);
        this.spm = new SpmRoutes(facts);
        this.metrics = new MetricsRoute(facts);
        OrderDesk desk = new OrderDesk(facts, orders, questions);
        this.orders = new OrderRoutes(questions, desk, new LunDesk(facts, devices, desk, clock));
        this.cluster = facts::cluster;
        this.clock = clock;
    }

    Route routes() {
        Route known = concat(
                question("alive", NO_PARAMETER, asked -> CompletableFuture.completedStage(new Answer.Alive(true))),
                question("ready", NO_PARAMETER, asked -> questions.ready()),
                metrics.route(),
                pathPrefix(PathMatchers.segment("api").slash("v1"), this::api),
                pathPrefixTest("cluster", this::management));
        return handleExceptions(failures(), () -> handleRejections(rejections(), () -> known));
    }

    private Route api() {
        return concat(
                question("status", NO_PARAMETER, asked -> questions.status()),
                question("pool", NO_PARAMETER, asked -> questions.pool()),
                spm.routes(),
                question("hosts", NO_PARAMETER, asked -> questions.hosts()),
                question("disks", Set.of("all"), asked -> questions.disks(asked.flag("all"))),
                question("vms", Set.of("all"), asked -> questions.vms(asked.flag("all"))),
                question("audit", OF_THE_AUDIT, asked -> questions.audit(asked.audit(clock.time()))),
                orders.routes());
    }

    private Route question(
            String name, Set<String> allowed, Function<Parameters, CompletionStage<? extends Answer>> answering) {
        return path(
                name,
                () -> get(() -> parameterMultiMap(
                        values -> completeWithFuture(Responses.of(answering.apply(new Parameters(values, allowed)))))));
    }

    /** The cluster's system is another one after each new beginning, so its routes are asked for each time. */
    private Route management() {
        return extractRequest(request -> cluster.get()
                .map(system -> PekkoManagement.get(system).getRoutes())
                .orElseGet(() -> complete(Responses.failed(new Unavailable(new Answer.Failure(
                        "no cluster", "the cluster's actor system is being replaced", "try again in a second"))))));
    }

    private ExceptionHandler failures() {
        return ExceptionHandler.newBuilder()
                .matchAny(failure -> complete(Responses.failed(failure)))
                .build();
    }

    private RejectionHandler rejections() {
        return RejectionHandler.newBuilder()
                .handleAll(
                        MethodRejection.class,
                        methods -> complete(Responses.failure(
                                StatusCodes.METHOD_NOT_ALLOWED,
                                "method not allowed",
                                "this path does not take it",
                                "use "
                                        + methods.stream()
                                                .map(method ->
                                                        method.supported().value())
                                                .distinct()
                                                .sorted()
                                                .collect(Collectors.joining(" or ")))))
                .handleNotFound(complete(Responses.failure(
                        StatusCodes.NOT_FOUND,
                        "not found",
                        "there is nothing at this path",
                        "use /api/v1/ with status, pool, spm, hosts, vms, disks, audit, volumes or luns; /alive, /ready,"
                                + " /metrics, /cluster/members")))
                .build();
    }
}
