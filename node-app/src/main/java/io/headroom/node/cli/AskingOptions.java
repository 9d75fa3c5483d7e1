package io.headroom.node.cli;

import io.headroom.node.api.Answer;
import io.headroom.node.api.AnswerJson;
import java.io.PrintWriter;
import java.time.ZoneId;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** What every command that asks a node has in common. */
final class AskingOptions {
    enum Output {
        TEXT,
        JSON
    }

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "${env:HEADROOM_URL:-http://127.0.0.1:7480}",
            description = "The node to ask; HEADROOM_URL or ${DEFAULT-VALUE}.")
    private String url;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "text|json",
            defaultValue = "TEXT",
            description = "How to show the answer; text by default.")
    private Output output;

    NodeClient node() {
        return new NodeClient(url);
    }

    /** Asks, and shows the answer as it was wanted. */
    <T extends Answer> void show(
            PrintWriter to,
            String question,
            Map<String, String> parameters,
            Class<T> type,
            BiFunction<Words, T, String> words) {
        show(to, question, client -> client.ask(question, parameters), type, words);
    }

    /** @param asking gives the body of the answer */
    <T extends Answer> void show(
            PrintWriter to,
            String question,
            Function<NodeClient, String> asking,
            Class<T> type,
            BiFunction<Words, T, String> words) {
        String body = asking.apply(new NodeClient(url));
        try {
            T answer = AnswerJson.read(body, type);
            to.print(output == Output.JSON ? body : words.apply(new Words(ZoneId.systemDefault()), answer));
            to.flush();
        } catch (IllegalArgumentException notOurs) {
            throw new CommandFailure(
                    url + " answers with something else than " + question + ": " + notOurs.getMessage(),
                    "is that the HTTP port of a Headroom node?");
        }
    }
}
