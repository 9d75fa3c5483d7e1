package io.headroom.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured in one group: a table for people, and one flat JSON object for programs. */
final class Figures {
    private static final String ROW = "%-44s %9s %9s %9s %9s %6s  %s%n";

    private final String group;
    private final Map<String, Object> json = new LinkedHashMap<>();
    private final List<String> rows = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    Figures(String group) {
        this.group = group;
        json.put("machine.processors", Runtime.getRuntime().availableProcessors());
        json.put("machine.load_before", load());
    }

    private static double load() {
        return rounded(ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    /**
     * How long something took, again and again.
     *
     * @param key what the keys begin with; {@code .p50_ms}, {@code .p90_ms}, … follow
     * @param toBeat in words, may be empty
     * @return the median in milliseconds
     */
    double times(String key, String what, List<Duration> samples, String toBeat) {
        if (samples.isEmpty()) {
            throw new IllegalArgumentException(key + " has no samples");
        }
        List<Double> sorted =
                samples.stream().map(took -> took.toNanos() / 1e6).sorted().toList();
        double median = percentile(sorted, 50);
        json.put(key + ".p50_ms", rounded(median));
        json.put(key + ".p90_ms", rounded(percentile(sorted, 90)));
        json.put(key + ".p99_ms", rounded(percentile(sorted, 99)));
        json.put(key + ".max_ms", rounded(percentile(sorted, 100)));
        json.put(key + ".count", sorted.size());
        rows.add(row(
                what + ", ms",
                text(median),
                text(percentile(sorted, 90)),
                text(percentile(sorted, 99)),
                text(percentile(sorted, 100)),
                Integer.toString(sorted.size()),
                toBeat));
        return median;
    }

    /**
     * One figure.
     *
     * @param key with its unit at the end
     */
    void figure(String key, String what, double value, String toBeat) {
        json.put(key, rounded(value));
        rows.add(row(what, text(value), "", "", "", "", toBeat));
    }

    /** How it was measured, below the table. */
    void note(String text) {
        notes.add(text);
    }

    /** The value that {@code percent} of the samples are not over. */
    private static double percentile(List<Double> sorted, int percent) {
        int rank = (int) Math.ceil(sorted.size() * percent / 100.0);
        return sorted.get(Math.max(1, rank) - 1);
    }

    String table() {
        StringBuilder table = new StringBuilder("\n" + group + "\n");
        table.append(row("", "p50", "p90", "p99", "max", "count", "to beat"));
        rows.forEach(table::append);
        notes.forEach(note -> table.append("  ").append(note).append('\n'));
        return table.toString();
    }

    /** @return the file */
    Path writeTo(Path directory) throws IOException {
        json.put("machine.load_after", load());
        Path file = directory.resolve(group + ".json");
        new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(
                        Files.createDirectories(directory)
                                .resolve(file.getFileName())
                                .toFile(),
                        json);
        return file;
    }

    private static String row(Object... cells) {
        return String.format(ROW, cells);
    }

    private static String text(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f", value);
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
