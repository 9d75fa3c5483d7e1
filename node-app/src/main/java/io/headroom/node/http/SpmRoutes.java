package io.headroom.node.http;

import io.headroom.cluster.Membership;
import io.headroom.host.HostReport;
import io.headroom.model.HostId;
import io.headroom.node.api.Answer;
import io.headroom.node.api.SpmAnswer;
import io.headroom.port.Cause;
import io.headroom.spm.SpmReport;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.server.PathMatchers;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * The SPM's role.
 *
 * <pre>
 *   GET  /api/v1/spm           who has it, since when, and when another may have it
 *   POST /api/v1/spm/move      moves it in order to a host (to), or to whoever is next; answers when it has begun
 * </pre>
 */
final class SpmRoutes extends JsonRoutes {
    private final NodeFacts facts;

    SpmRoutes(NodeFacts facts) {
        this.facts = facts;
    }

    /** Below {@code /api/v1}. */
    Route routes() {
        return concat(
                path("spm", () -> asked(this::role)),
                path(
                        PathMatchers.segment("spm").slash("move"),
                        () -> ordered(asked -> move(asked.host("to")), Set.of("to"))));
    }

    private CompletionStage<Answer> role() {
        CompletionStage<Optional<SpmReport>> serving =
                facts.pool().handle((report, failure) -> Optional.ofNullable(report));
        CompletionStage<SpmAnswer.Lease> lease = facts.spm()
                .lease()
                .handle((state, failure) -> failure == null
                        ? new SpmAnswer.Lease(
                                state.kind(), state.place(), state.held().orElse(null), state.holder(), null)
                        : new SpmAnswer.Lease(null, null, null, null, Cause.of(failure)));
        CompletionStage<HostReport> host = facts.host();
        return host.thenCombine(serving, this::roleOf).thenCombine(lease, Function::apply);
    }

    private Function<SpmAnswer.Lease, Answer> roleOf(HostReport self, Optional<SpmReport> serving) {
        return lease -> new SpmAnswer.Role(
                serving.map(SpmReport::host).or(self::spm).map(HostId::value).orElse(null),
                self.spmAddress(),
                serving.map(SpmReport::epoch).orElse(self.epoch()).value(),
                serving.isPresent(),
                serving.map(report ->
                                report.phase().name().toLowerCase(Locale.ROOT).replace('_', ' '))
                        .orElse(null),
                serving.map(report -> report.since().toString()).orElse(null),
                self.spmSilent().map(SpmRoutes::seconds).orElse(null),
                facts.spm().succession(),
                lease,
                takeover(facts.spm().takeover(), serving.isPresent() ? Optional.empty() : self.spmSilent()));
    }

    /** @param silent for how long nobody heard of the SPM; empty where it answers, or nobody knows */
    private static SpmAnswer.Takeover takeover(SpmFacts.Takeover after, Optional<Duration> silent) {
        Optional<Duration> latest = silent.flatMap(since ->
                after.atTheLatest().map(limit -> limit.compareTo(since) > 0 ? limit.minus(since) : Duration.ZERO));
        return new SpmAnswer.Takeover(
                after.frozen().map(SpmRoutes::seconds).orElse(null),
                after.cutOff().map(SpmRoutes::seconds).orElse(null),
                latest.map(SpmRoutes::seconds).orElse(null));
    }

    private static double seconds(Duration time) {
        return time.toMillis() / 1000.0;
    }

    private CompletionStage<Answer> move(Optional<HostId> to) {
        CompletionStage<HostId> moving = facts.spm().move(to);
        return moving.handle((from, failure) -> {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            if (cause instanceof Membership.NotMoved refused) {
                throw new Refused("the SPM stays where it is: " + refused.getMessage(), "see: headroom spm show");
            } else if (cause != null) {
                throw new Unavailable(new Answer.Failure(
                        "whether the SPM moves is unknown", Cause.of(cause), "see: headroom spm show"));
            }
            return new SpmAnswer.Moving(from.value(), to.map(HostId::value).orElse(null));
        });
    }
}
