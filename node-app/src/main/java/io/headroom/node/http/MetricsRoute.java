package io.headroom.node.http;

import io.headroom.host.HostReport;
import io.headroom.node.api.Answer;
import io.headroom.spm.Spm;
import io.headroom.spm.SpmReport;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.Route;

/** {@link Metrics} in the text format that Prometheus scrapes. 503 where the host itself does not answer in time. */
final class MetricsRoute extends AllDirectives {
    private static final PrometheusTextFormatWriter WRITER = PrometheusTextFormatWriter.create();
    private static final ContentType CONTENT_TYPE = ContentTypes.parse(WRITER.getContentType());

    private final NodeFacts facts;

    MetricsRoute(NodeFacts facts) {
        this.facts = facts;
    }

    Route route() {
        return path(
                "metrics",
                () -> get(() -> parameterMultiMap(values -> {
                    new Parameters(values, Set.of());
                    return completeWithFuture(scraped());
                })));
    }

    private CompletionStage<HttpResponse> scraped() {
        return facts.host()
                .thenCompose(self ->
                        served(self).thenApply(pool -> text(Metrics.of(self, facts.isMember(), facts.policy(), pool))))
                .exceptionally(failure -> Responses.failed(new Unavailable(new Answer.Failure(
                        "this host does not answer", failure.toString(), "try again; see the node's log"))));
    }

    /** The pool, where this node serves as its SPM. Nobody else is asked: a scrape tells of its own node. */
    private CompletionStage<Optional<SpmReport>> served(HostReport self) {
        if (!self.spm().equals(Optional.of(self.host()))) {
            return CompletableFuture.completedStage(Optional.empty());
        }
        return facts.pool()
                .handle((report, failure) -> Optional.ofNullable(report)
                        .filter(pool -> pool.host().equals(self.host()) && pool.phase() == Spm.Phase.SERVING));
    }

    private static HttpResponse text(MetricSnapshots metrics) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            WRITER.write(text, metrics, EscapingScheme.DEFAULT);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return HttpResponse.create().withEntity(HttpEntities.create(CONTENT_TYPE, text.toByteArray()));
    }
}
