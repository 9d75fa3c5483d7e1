package io.headroom.node.http;

import io.headroom.node.api.Answer;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.unmarshalling.Unmarshaller;

/** Questions, and orders that are JSON objects. */
abstract class JsonRoutes extends AllDirectives {
    /** Bytes of an order. */
    private static final long LARGEST_BODY = 64 << 10;

    /** A question without parameters. */
    final Route asked(Supplier<CompletionStage<Answer>> asking) {
        return get(() -> parameterMultiMap(values -> {
            new Parameters(values, Set.of());
            return completeWithFuture(Responses.of(asking.get()));
        }));
    }

    /**
     * A page of another origin cannot send this media type without being asked, so it cannot give orders.
     *
     * @param allowed the names that the order knows
     */
    final Route ordered(Function<Parameters, CompletionStage<Answer>> taking, Set<String> allowed) {
        Route refused = complete(Responses.failure(
                StatusCodes.UNSUPPORTED_MEDIA_TYPE,
                "unsupported media type",
                "an order is a JSON object",
                "send it with Content-Type: application/json"));
        Route taken = entity(
                Unmarshaller.entityToString(),
                body -> completeWithFuture(Responses.of(taking.apply(Parameters.ofJson(body, allowed)))));
        return post(() ->
                withSizeLimit(LARGEST_BODY, () -> extractRequestEntity(entity -> isJson(entity) ? taken : refused)));
    }

    private static boolean isJson(HttpEntity entity) {
        return entity.getContentType().mediaType().equals(MediaTypes.APPLICATION_JSON);
    }
}
