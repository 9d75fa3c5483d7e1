package io.headroom.node.lvm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headroom.model.Bytes;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Reads LVM's reports in JSON with sizes in bytes. What is not as expected is an error that quotes it. */
final class LvmReport {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final int QUOTED = 200;

    private LvmReport() {}

    /**
     * A device that LVM was shown.
     *
     * @param id of the physical volume that it is; empty where it is none
     * @param inUse whether its label says that it belongs to a group, which need not be seen
     * @param group empty where it belongs to none, or to one that is not seen
     */
    record Candidate(String device, String id, boolean inUse, Optional<Membership> group) {}

    record Membership(String name, PoolId id, Set<String> tags) {
        /** As another device tells it: one that LVM does not use, since it is a LUN seen twice, has no tags. */
        Membership with(Membership other) {
            Set<String> all = new HashSet<>(tags);
            all.addAll(other.tags);
            return new Membership(name, id, all);
        }
    }

    /** The answer to {@link LvmCommands#report()}. */
    static LvmGroup group(String json) throws UnusableGroup {
        JsonNode report = report(json);
        JsonNode group = rows(report, "vg", json).get(0);
        if (group == null) {
            throw unreadable("no volume group", json);
        }
        Map<String, List<String>> lost = new HashMap<>();
        for (JsonNode row : rows(report, "pvseg", json)) {
            lost.computeIfAbsent(text(row, "pv_uuid"), none -> new ArrayList<>())
                    .add(text(row, "lv_name"));
        }
        List<LvmGroup.Physical> physicals = new ArrayList<>();
        for (JsonNode row : rows(report, "pv", json)) {
            physicals.add(new LvmGroup.Physical(
                    text(row, "pv_uuid"),
                    text(row, "pv_name"),
                    bytes(row, "pv_size"),
                    bytes(row, "pv_free"),
                    !text(row, "pv_missing").isEmpty(),
                    (int) number(row, "pv_mda_count"),
                    lost.getOrDefault(text(row, "pv_uuid"), List.of()).stream()
                            .distinct()
                            .sorted()
                            .toList()));
        }
        List<LvmGroup.Logical> logicals = new ArrayList<>();
        for (JsonNode row : rows(report, "lv", json)) {
            logicals.add(new LvmGroup.Logical(
                    id(row, "lv_uuid", VolumeId::new),
                    text(row, "lv_name"),
                    bytes(row, "lv_size"),
                    tags(row, "lv_tags")));
        }
        Bytes extent = bytes(group, "vg_extent_size");
        if (extent.isZero()) {
            throw unreadable("an extent of 0", json);
        }
        return new LvmGroup(
                text(group, "vg_name"),
                id(group, "vg_uuid", PoolId::new),
                bytes(group, "vg_size"),
                bytes(group, "vg_free"),
                extent,
                number(group, "vg_seqno"),
                tags(group, "vg_tags"),
                physicals,
                logicals);
    }

    /** The answer to {@link LvmCommands#candidates()}. */
    static List<Candidate> candidates(String json) throws UnusableGroup {
        List<Candidate> candidates = new ArrayList<>();
        for (JsonNode row : rows(report(json), "pv", json)) {
            candidates.add(new Candidate(
                    text(row, "pv_name"),
                    text(row, "pv_uuid"),
                    text(row, "pv_in_use").equals("used"),
                    membership(row)));
        }
        return candidates;
    }

    /** A group whose other devices are not seen has a name in brackets and no UUID. */
    private static Optional<Membership> membership(JsonNode row) throws UnusableGroup {
        return text(row, "vg_uuid").isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Membership(text(row, "vg_name"), id(row, "vg_uuid", PoolId::new), tags(row, "vg_tags")));
    }

    private static JsonNode report(String json) throws UnusableGroup {
        try {
            JsonNode report = MAPPER.readTree(json).path("report");
            if (!report.isArray() || report.size() != 1) {
                throw unreadable(report.size() + " reports instead of one", json);
            }
            return report.get(0);
        } catch (JsonProcessingException broken) {
            throw new UnusableGroup("LVM's report is no JSON: " + start(json), broken);
        }
    }

    private static JsonNode rows(JsonNode report, String kind, String json) throws UnusableGroup {
        JsonNode rows = report.path(kind);
        if (!rows.isArray()) {
            throw unreadable("no \"" + kind + "\"", json);
        }
        return rows;
    }

    private static String text(JsonNode row, String field) throws UnusableGroup {
        JsonNode value = row.path(field);
        if (!value.isTextual()) {
            throw unreadable("no \"" + field + "\"", row.toString());
        }
        return value.textValue();
    }

    private static <T> T id(JsonNode row, String field, Function<String, T> type) throws UnusableGroup {
        try {
            return type.apply(text(row, field));
        } catch (IllegalArgumentException none) {
            throw unreadable("no UUID as \"" + field + "\"", row.toString());
        }
    }

    private static long number(JsonNode row, String field) throws UnusableGroup {
        try {
            return Long.parseLong(text(row, field));
        } catch (NumberFormatException none) {
            throw unreadable("no number as \"" + field + "\"", row.toString());
        }
    }

    private static Bytes bytes(JsonNode row, String field) throws UnusableGroup {
        long value = number(row, field);
        if (value < 0) {
            throw unreadable("no size as \"" + field + "\"", row.toString());
        }
        return Bytes.of(value);
    }

    private static Set<String> tags(JsonNode row, String field) throws UnusableGroup {
        String tags = text(row, field);
        return tags.isEmpty() ? Set.of() : Set.copyOf(List.of(tags.split(",")));
    }

    private static UnusableGroup unreadable(String what, String quoted) {
        return new UnusableGroup("LVM's report has " + what + ": " + start(quoted));
    }

    private static String start(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= QUOTED ? line : line.substring(0, QUOTED) + "…";
    }
}
