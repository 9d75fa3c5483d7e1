package io.headroom.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What was inflicted, and what came of it. */
final class Tally {
    private static final class Kind {
        int runs;
        final List<Long> gaps = new ArrayList<>();
        final List<Long> calms = new ArrayList<>();
        final List<String> violations = new ArrayList<>();
    }

    private final Map<String, Kind> kinds = new TreeMap<>();
    private final Map<String, String> obstacles = new TreeMap<>();

    void ran(String fault) {
        kind(fault).runs++;
    }

    /** @param gap without an SPM */
    void gap(String fault, Duration gap) {
        kind(fault).gaps.add(gap.toMillis());
    }

    /** @param calm from the fault's end until all was well */
    void calm(String fault, Duration calm) {
        kind(fault).calms.add(calm.toMillis());
    }

    void violated(String fault, List<String> violations) {
        kind(fault).violations.addAll(violations);
    }

    void impossible(String fault, String obstacle) {
        obstacles.put(fault, obstacle);
    }

    private Kind kind(String fault) {
        return kinds.computeIfAbsent(fault, name -> new Kind());
    }

    int runs() {
        return kinds.values().stream().mapToInt(kind -> kind.runs).sum();
    }

    int violations() {
        return kinds.values().stream().mapToInt(kind -> kind.violations.size()).sum();
    }

    String table() {
        StringBuilder text = new StringBuilder(String.format(
                "%-18s %5s %11s  %-21s %s%n",
                "fault", "runs", "violations", "without SPM, ms", "well again after, ms"));
        kinds.forEach((name, kind) -> {
            text.append(String.format(
                    "%-18s %5d %11d  %-21s %s%n",
                    name, kind.runs, kind.violations.size(), range(kind.gaps), range(kind.calms)));
            kind.violations.forEach(
                    violation -> text.append("    ").append(violation).append('\n'));
        });
        obstacles.forEach((name, why) -> text.append(String.format("%-18s     - %s%n", name, why)));
        return text.toString();
    }

    private static String range(List<Long> millis) {
        List<Long> sorted = millis.stream().sorted().toList();
        return sorted.isEmpty()
                ? "-"
                : sorted.get(0) + " / " + sorted.get(sorted.size() / 2) + " / " + sorted.get(sorted.size() - 1);
    }

    String json(long seed) throws JsonProcessingException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("seed", seed);
        all.put("faults", runs());
        all.put("violations", violations());
        Map<String, Object> byKind = new LinkedHashMap<>();
        kinds.forEach((name, kind) -> byKind.put(
                name,
                Map.of(
                        "runs", kind.runs,
                        "violations", kind.violations,
                        "without_spm_ms", kind.gaps,
                        "well_again_ms", kind.calms)));
        all.put("kinds", byKind);
        all.put("not_possible_here", obstacles);
        return new ObjectMapper().writeValueAsString(all);
    }
}
