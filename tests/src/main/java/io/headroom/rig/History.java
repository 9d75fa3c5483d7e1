package io.headroom.rig;

import io.headroom.node.api.Answer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything that the audit of a pool tells, and whether it is one story.
 *
 * @param lines oldest first
 */
public record History(List<Answer.Line> lines) {
    private static final int PAGE = 1_000;
    private static final int MOST_PAGES = 1_000;

    /** The kinds of lines that tell a new size of a volume. */
    private static final Set<String> GROWING = Set.of("extended", "found-done", "size-found", "coalesced");

    public History {
        lines = List.copyOf(lines);
    }

    /**
     * Reads page after page.
     *
     * @throws IllegalStateException where the node does not answer, or says that the answer may be incomplete
     */
    public static History read(NodeApi node) {
        List<Answer.Line> lines = new ArrayList<>();
        long before = Long.MAX_VALUE;
        for (int page = 0; page < MOST_PAGES && before > 0; page++) {
            Answer.Trail trail = node.audit(PAGE, before)
                    .orElseThrow(() -> new IllegalStateException("the audit of " + node.url() + " does not answer"));
            if (trail.warning() != null) {
                throw new IllegalStateException("the audit may be incomplete: " + trail.warning());
            }
            lines.addAll(trail.lines());
            before = trail.next();
        }
        Collections.reverse(lines);
        return new History(lines);
    }

    /** Each time that the volume got a new size, by the volume's name. */
    public List<Answer.Line> growthsOf(String volume) {
        return lines.stream()
                .filter(line -> volume.equals(line.name()) && GROWING.contains(line.kind()))
                .toList();
    }

    /** What the history says a volume's size is; 0 of one that it does not know. */
    public long sizeOf(String volume) {
        return lines.stream()
                .filter(line -> volume.equals(line.name())
                        && (line.kind().equals("volume-created") || GROWING.contains(line.kind())))
                .mapToLong(Answer.Line::toBytes)
                .reduce(0, (before, after) -> after);
    }

    /** What cannot be true of one pool: a size that no line explains, an entry told twice, a hole. */
    public List<String> contradictions() {
        List<String> found = new ArrayList<>();
        Map<String, Long> sizes = new HashMap<>();
        Set<List<Long>> told = new HashSet<>();
        for (Answer.Line line : lines) {
            if (line.kind().equals("hole") || line.kind().equals("voided")) {
                found.add("the history has a gap: " + line);
            }
            if (line.sequence() > 0 && !told.add(List.of(line.epoch(), line.sequence()))) {
                found.add("told twice: " + line);
            }
            if (GROWING.contains(line.kind()) && line.fromBytes() != null) {
                Long known = sizes.get(line.volume());
                if (known != null && !known.equals(line.fromBytes())) {
                    found.add(line.name() + " had " + known + " bytes, and then " + line);
                }
            }
            if (line.volume() != null
                    && line.toBytes() != null
                    && !line.kind().equals("held")
                    && !line.kind().equals("abandoned")) {
                sizes.put(line.volume(), line.toBytes());
            }
        }
        return found;
    }
}
