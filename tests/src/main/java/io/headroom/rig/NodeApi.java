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
    private final String url;

    NodeApi(String host, int port) {
        this.url = "http://" + host + ":" + port;
    }

    /** As the command line takes it. */
    public String url() {
        return url;
    }

    /**
     * The whole answer, whatever it is.
     *
     * @throws IOException where the node does not answer
     */
    public HttpResponse<String> get(String path) throws IOException {
        return send(
                HttpRequest.newBuilder(URI.create(url + path)).timeout(LIMIT).build());
    }

    /**
     * Gives an order; the whole answer, whatever it is.
     *
     * @throws IOException where the node does not answer
     */
    public HttpResponse<String> post(String path, String json) throws IOException {
        return send(HttpRequest.newBuilder(URI.create(url + path))
                .timeout(LIMIT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    private HttpResponse<String> send(HttpRequest request) throws IOException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking " + url, interrupted);
        }
    }

    /** Empty where the node does not answer, or answers that it cannot. */
    public <T extends Answer> Optional<T> ask(String path, Class<T> type) {
        try {
            HttpResponse<String> response = get(path);
            return response.statusCode() == 200
                    ? Optional.of(AnswerJson.read(response.body(), type))
                    : Optional.empty();
        } catch (IOException away) {
            return Optional.empty();
        }
    }

    public Optional<Answer.Status> status() {
        return ask("/api/v1/status", Answer.Status.class);
    }

    public Optional<Answer.Pool> pool() {
        return ask("/api/v1/pool", Answer.Pool.class);
    }

    public Optional<Answer.Vms> vms() {
        return ask("/api/v1/vms", Answer.Vms.class);
    }

    public Optional<Answer.Disks> disks() {
        return ask("/api/v1/disks", Answer.Disks.class);
    }

    /** What the node says of itself, and of the others by their signs on the storage. */
    public Optional<Answer.Hosts> hosts() {
        return ask("/api/v1/hosts", Answer.Hosts.class);
    }

    /** The newest lines, newest first. */
    public Optional<Answer.Trail> audit(int limit) {
        return audit(limit, Long.MAX_VALUE);
    }

    /** Lines before the given number, newest first. */
    public Optional<Answer.Trail> audit(int limit, long before) {
        return ask("/api/v1/audit?limit=" + limit + "&before=" + before, Answer.Trail.class);
    }
}
