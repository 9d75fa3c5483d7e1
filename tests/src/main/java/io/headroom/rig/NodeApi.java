package io.headroom.rig;

import io.headroom.node.api.Answer;
import io.headroom.node.api.AnswerJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** Asks one node over HTTP, as the command line does. */
public final class NodeApi {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(LIMIT).build();
    private final int port;

    NodeApi(int port) {
        this.port = port;
    }

    /** Empty where the node does not answer, or answers that it cannot. */
    public <T extends Answer> Optional<T> ask(String path, Class<T> type) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(LIMIT)
                .build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            return response.statusCode() == 200
                    ? Optional.of(AnswerJson.read(response.body(), type))
                    : Optional.empty();
        } catch (IOException away) {
            return Optional.empty();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    public Optional<Answer.Status> status() {
        return ask("/api/v1/status", Answer.Status.class);
    }

    public Optional<Answer.Pool> pool() {
        return ask("/api/v1/pool", Answer.Pool.class);
    }

    public Optional<Answer.Disks> disks() {
        return ask("/api/v1/disks", Answer.Disks.class);
    }

    /** The newest lines, newest first. */
    public Optional<Answer.Trail> audit(int limit) {
        return ask("/api/v1/audit?limit=" + limit, Answer.Trail.class);
    }
}
