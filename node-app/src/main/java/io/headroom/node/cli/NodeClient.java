package io.headroom.node.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headroom.node.api.Answer;
import io.headroom.node.api.AnswerJson;
import io.headroom.node.api.VolumeAnswer;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** Asks one node over HTTP. */
final class NodeClient {
    /** The node is near; it is this process that may have to wait for a busy machine. */
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(15);

    /** Longer than a node takes until it says that it waits no longer: {@code pekko.http.server.request-timeout}. */
    private static final Duration ORDER_LIMIT = Duration.ofSeconds(58);

    private static final int OK = 200;
    private static final int GOES_ON = 202;
    private static final JsonMapper JSON = new JsonMapper();

    /** How an order reaches its path. */
    enum Method {
        /** With a JSON body. */
        POST,
        /** With parameters. */
        DELETE
    }

    private final String url;

    /** @param url of the node, such as {@code http://127.0.0.1:7480} */
    NodeClient(String url) {
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    /**
     * @return the body of the answer
     * @throws CommandFailure where the node cannot be reached, or answers with a failure
     */
    String ask(String question, Map<String, String> parameters) {
        return body(send(request(question, parameters).build(), ANSWER_LIMIT));
    }

    /**
     * Has an order carried out.
     *
     * @return the body of the answer
     * @throws CommandFailure where the node cannot be reached, refuses it, or does not wait for its end
     */
    String order(Method method, String path, Map<String, Object> parameters) {
        HttpRequest.Builder request = method == Method.DELETE
                ? request(path, texts(parameters)).DELETE()
                : request(path, Map.of())
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json(parameters)));
        return body(send(request.build(), ORDER_LIMIT));
    }

    /** A name as a part of a path. */
    static String segment(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private String body(HttpResponse<String> response) {
        if (response.statusCode() == GOES_ON) {
            VolumeAnswer.GoingOn goingOn = AnswerJson.read(response.body(), VolumeAnswer.GoingOn.class);
            throw new CommandFailure("still going on: " + goingOn.cause(), goingOn.next());
        }
        if (response.statusCode() != OK) {
            throw failure(response);
        }
        return response.body();
    }

    private static String json(Map<String, Object> parameters) {
        try {
            return JSON.writeValueAsString(parameters);
        } catch (JsonProcessingException broken) {
            throw new IllegalStateException("an order that is no JSON: " + parameters, broken);
        }
    }

    private static Map<String, String> texts(Map<String, Object> parameters) {
        return parameters.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> String.valueOf(entry.getValue())));
    }

    private HttpRequest.Builder request(String question, Map<String, String> parameters) {
        String query = parameters.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        try {
            return HttpRequest.newBuilder(
                    URI.create(url + "/api/v1/" + question + (query.isEmpty() ? "" : "?" + query)));
        } catch (IllegalArgumentException notAUrl) {
            throw new CommandFailure("\"" + url + "\" is no URL of a node", "use one like http://127.0.0.1:7480");
        }
    }

    private CommandFailure silent(String cause) {
        return new CommandFailure(
                "the node at " + url + " does not answer: " + cause,
                "is it running there? name another with --url or HEADROOM_URL");
    }

    private HttpResponse<String> send(HttpRequest request, Duration limit) {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_LIMIT)
                .build();
        CompletableFuture<HttpResponse<String>> answer =
                client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        try {
            // The request's own limit ends with the first byte of the answer.
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException unreachable) {
            throw silent(
                    unreachable.getCause() instanceof ConnectException
                            ? "the connection is refused"
                            : String.valueOf(unreachable.getCause().getMessage()));
        } catch (TimeoutException late) {
            answer.cancel(true);
            throw silent("no whole answer within " + limit.toSeconds() + " s");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted while asking " + url, "");
        }
    }

    private CommandFailure failure(HttpResponse<String> response) {
        try {
            return CommandFailure.of(AnswerJson.read(response.body(), Answer.Failure.class));
        } catch (IllegalArgumentException notOurs) {
            return new CommandFailure(
                    url + " answers with status " + response.statusCode(), "is that the HTTP port of a Headroom node?");
        }
    }
}
