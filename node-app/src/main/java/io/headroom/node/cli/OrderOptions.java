package io.headroom.node.cli;

import io.headroom.node.api.Answer;
import io.headroom.node.api.VolumeAnswer;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every command that gives an order has in common. */
final class OrderOptions {
    @Mixin
    private AskingOptions asking;

    @Option(names = "--dry-run", description = "Changes nothing, and shows what would be done, in order.")
    private boolean dryRun;

    /** Gives the order, and shows what came of it; its parameters without those that are null. */
    <T extends Answer> void give(
            PrintWriter to,
            NodeClient.Method method,
            String path,
            Map<String, Object> parameters,
            Class<T> type,
            BiFunction<Words, T, String> words) {
        Map<String, Object> all = new LinkedHashMap<>();
        parameters.forEach((name, value) -> {
            if (value != null) {
                all.put(name, value);
            }
        });
        all.put("by", System.getProperty("user.name"));
        if (dryRun) {
            all.put("dryRun", true);
            asking.show(to, path, client -> client.order(method, path, all), VolumeAnswer.Plan.class, Words::plan);
        } else {
            asking.show(to, path, client -> client.order(method, path, all), type, words);
        }
    }
}
