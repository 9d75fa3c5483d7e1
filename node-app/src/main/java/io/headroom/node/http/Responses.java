package io.headroom.node.http;

import io.headroom.node.api.Answer;
import io.headroom.node.api.AnswerJson;
import io.headroom.node.api.VolumeAnswer;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers and failures as they go over HTTP.
 *
 * <pre>
 *   200  the answer                         400  the parameters or the body are not allowed
 *   202  the order goes on; give it again   404  there is no such path, or no such volume
 *                                           409  refused: the cause and the next step
 *                                           503  whoever could answer does not now
 * </pre>
 */
final class Responses {
    private static final Logger LOG = LoggerFactory.getLogger(Responses.class);

    private Responses() {}

    static CompletionStage<HttpResponse> of(CompletionStage<? extends Answer> answering) {
        return answering.handle((answer, failure) -> {
            if (failure != null) {
                return failed(failure);
            }
            return response(answer instanceof VolumeAnswer.GoingOn ? StatusCodes.ACCEPTED : StatusCodes.OK, answer);
        });
    }

    static HttpResponse failed(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof BadParameter) {
            return failure(
                    StatusCodes.BAD_REQUEST,
                    "bad parameter",
                    cause.getMessage(),
                    "correct the parameter and ask again");
        }
        if (cause instanceof Unavailable unavailable) {
            return response(StatusCodes.SERVICE_UNAVAILABLE, unavailable.failure());
        }
        if (cause instanceof Refused refused) {
            return response(
                    refused.isAboutSomethingUnknown() ? StatusCodes.NOT_FOUND : StatusCodes.CONFLICT,
                    refused.failure());
        }
        LOG.error("a question could not be answered", cause);
        return failure(StatusCodes.INTERNAL_SERVER_ERROR, "failed", cause.toString(), "see the node's log");
    }

    static HttpResponse failure(StatusCode status, String error, String cause, String next) {
        return response(status, new Answer.Failure(error, cause, next));
    }

    private static HttpResponse response(StatusCode status, Answer answer) {
        return HttpResponse.create()
                .withStatus(status)
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, AnswerJson.write(answer)));
    }
}
