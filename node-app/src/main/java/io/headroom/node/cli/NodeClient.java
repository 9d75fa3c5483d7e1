package io.headroom.node.cli;

import io.headroom.node.api.Answer;
import io.headroom.node.api.AnswerJson;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/** Asks one node over HTTP. */
final class NodeClient {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(3);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(15);
    private static final int OK = 200;

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
        HttpResponse<String> response = send(request(question, parameters).build());
        if (response.statusCode() != OK) {
            throw failure(response);
        }
        return response.body();
    }

    /**
     * Gives an order.
     *
     * @return the body of the answer
     * @throws CommandFailure where the node cannot be reached, or does not carry it out
     */
    String order(String order, Map<String, String> parameters) {
        HttpResponse<String> response = send(request(order, parameters)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
        if (response.statusCode() != OK) {
            throw failure(response);
        }
        return response.body();
    }

    private HttpRequest.Builder request(String question, Map<String, String> parameters) {
        String query = parameters.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        try {
            URI uri = URI.create(url + "/api/v1/" + question + (query.isEmpty() ? "" : "?" + query));
            return HttpRequest.newBuilder(uri).timeout(ANSWER_LIMIT);
        } catch (IllegalArgumentException notAUrl) {
            throw new CommandFailure("\"" + url + "\" is no URL of a node", "use one like http://127.0.0.1:7480");
        }
    }

    private HttpResponse<String> send(HttpRequest request) {
        HttpClient client =
                HttpClient.newBuilder().connectTimeout(CONNECT_LIMIT).build();
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException unreachable) {
            String cause = unreachable instanceof ConnectException
                    ? "the connection is refused"
                    : String.valueOf(unreachable.getMessage());
            throw new CommandFailure(
                    "the node at " + url + " does not answer: " + cause,
                    "is it running there? name another with --url or HEADROOM_URL");
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
