package io.headroom.simulation;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What happened in simulated worlds: in how many of them, and how often. A run that broke no rule shows with it that the
 * rule was put to the test.
 */
final class Tally {
    private record Count(int worlds, long times) {
        private static final Count NONE = new Count(0, 0);

        private Count plus(Count other) {
            return new Count(worlds + other.worlds, times + other.times);
        }
    }

    private final Map<String, Count> counts = new TreeMap<>();

    /** It happened in this world, once more. */
    void count(String what) {
        counts.merge(what, new Count(1, 1), (before, one) -> new Count(1, before.times() + 1));
    }

    /** Takes up what another world saw. */
    void add(Tally world) {
        world.counts.forEach((what, count) -> counts.merge(what, count, Count::plus));
    }

    /** In how many worlds it happened. */
    int worldsWith(String what) {
        return counts.getOrDefault(what, Count.NONE).worlds();
    }

    /** What was counted at least once. */
    Set<String> seen() {
        return counts.keySet();
    }

    /** One line for each, as somebody who repeats the run reads it. */
    @Override
    public String toString() {
        StringBuilder lines = new StringBuilder();
        counts.forEach((what, count) -> lines.append("seeds with ")
                .append(what)
                .append(": ")
                .append(count.worlds())
                .append(" (")
                .append(count.times())
                .append(" times)\n"));
        return lines.toString();
    }
}
