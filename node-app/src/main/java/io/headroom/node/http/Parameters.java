package io.headroom.node.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headroom.ledger.Audit;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The parameters of a question; each reading gives an allowed value or a {@link BadParameter}. */
final class Parameters {
    private static final Pattern AGO = Pattern.compile("(\\d{1,6})([smhd])");

    private static final JsonMapper JSON = new JsonMapper();
    private static final String HOST = "a host's number";
    private static final String SIZE = "a size such as 100G, or a number of bytes";
    private static final int LONGEST_TEXT = 255;

    private final Map<String, List<String>> values;

    /** @param allowed the names that the question knows */
    Parameters(Map<String, List<String>> values, Set<String> allowed) {
        for (Map.Entry<String, List<String>> entry : values.entrySet()) {
            if (!allowed.contains(entry.getKey())) {
                throw new BadParameter("the parameter " + entry.getKey() + " is unknown; allowed "
                        + (allowed.isEmpty() ? "is none" : "are " + String.join(", ", new TreeSet<>(allowed))));
            }
            if (entry.getValue().size() > 1) {
                throw new BadParameter("the parameter " + entry.getKey() + " is given "
                        + entry.getValue().size() + " times; allowed is once");
            }
        }
        this.values = values;
    }

    /**
     * The same from a JSON object of texts, numbers and truths.
     *
     * @param json empty for an empty object
     */
    static Parameters ofJson(String json, Set<String> allowed) {
        Map<String, List<String>> values = new HashMap<>();
        try {
            JsonNode object = json.isBlank() ? JSON.createObjectNode() : JSON.readTree(json);
            if (!object.isObject()) {
                throw new BadParameter("the body is no JSON object");
            }
            object.properties().forEach(field -> {
                if (!field.getValue().isValueNode()) {
                    throw new BadParameter(
                            field.getKey(), field.getValue().toString(), "a text, a number, true or false");
                }
                if (!field.getValue().isNull()) {
                    values.put(field.getKey(), List.of(field.getValue().asText()));
                }
            });
        } catch (JsonProcessingException broken) {
            throw new BadParameter("the body is no JSON: " + broken.getOriginalMessage());
        }
        return new Parameters(values, allowed);
    }

    boolean flag(String name) {
        return read(name, "true or false", text -> {
                    if (!text.equals("true") && !text.equals("false")) {
                        throw new IllegalArgumentException(text);
                    }
                    return text.equals("true");
                })
                .orElse(false);
    }

    Optional<HostId> host(String name) {
        return read(name, "a host's number, 1 and up", text -> new HostId(Integer.parseInt(text)));
    }

    /** A text that has to be there. */
    String required(String name) {
        String allowed = "1 to " + LONGEST_TEXT + " printable characters";
        return read(name, allowed, text -> printable(text, LONGEST_TEXT))
                .orElseThrow(() -> new BadParameter(name, "", allowed));
    }

    HostId requiredHost(String name) {
        return read(name, HOST, text -> new HostId(Integer.parseInt(text)))
                .orElseThrow(() -> new BadParameter(name, "", HOST));
    }

    Optional<String> text(String name) {
        return read(name, "1 to " + LONGEST_TEXT + " printable characters", text -> printable(text, LONGEST_TEXT));
    }

    Bytes requiredSize(String name) {
        return size(name).orElseThrow(() -> new BadParameter(name, "", SIZE));
    }

    Optional<Bytes> size(String name) {
        return read(name, SIZE, Bytes::parse);
    }

    /** Who asks, for the audit. */
    String by() {
        return read(
                        "by",
                        "1 to " + Limits.BY_LENGTH + " printable characters",
                        text -> printable(text, Limits.BY_LENGTH))
                .orElse("operator");
    }

    private static String printable(String text, int longest) {
        if (text.isBlank() || text.length() > longest || !text.chars().allMatch(c -> c >= ' ' && c != 0x7f)) {
            throw new IllegalArgumentException(text);
        }
        return text;
    }

    /** @param now what a time such as {@code 15m} is counted back from */
    Audit.Query audit(Instant now) {
        return new Audit.Query(
                read("volume", "a volume's name or id", text -> new VolumeId(text).value()),
                read("vm", "a VM's name", text -> new VmName(text).value()),
                read("host", HOST, text -> new HostId(Integer.parseInt(text)).value()),
                read("since", "a time such as 15m, 2h or 3d back, or 2026-05-31T12:00:00Z", text -> time(text, now)),
                read("limit", "1 to " + Audit.Query.MOST_LINES, text -> within(text, Audit.Query.MOST_LINES))
                        .map(Long::intValue)
                        .orElse(Audit.Query.USUAL_LINES),
                read("before", "the number of a line, 1 and up", text -> within(text, Long.MAX_VALUE))
                        .orElse(Audit.Query.NEWEST));
    }

    private static long within(String text, long most) {
        long number = Long.parseLong(text);
        if (number < 1 || number > most) {
            throw new IllegalArgumentException(text);
        }
        return number;
    }

    private static Instant time(String text, Instant now) {
        Matcher ago = AGO.matcher(text);
        if (!ago.matches()) {
            return Instant.parse(text);
        }
        long count = Long.parseLong(ago.group(1));
        switch (ago.group(2)) {
            case "s":
                return now.minus(Duration.ofSeconds(count));
            case "m":
                return now.minus(Duration.ofMinutes(count));
            case "h":
                return now.minus(Duration.ofHours(count));
            case "d":
                return now.minus(Duration.ofDays(count));
            default:
                throw new AssertionError("unhandled unit " + text);
        }
    }

    private <T> Optional<T> read(String name, String allowed, Function<String, T> reading) {
        if (!values.containsKey(name)) {
            return Optional.empty();
        }
        String text = values.get(name).get(0);
        try {
            return Optional.of(reading.apply(text));
        } catch (IllegalArgumentException | DateTimeParseException refused) {
            throw new BadParameter(name, text, allowed);
        }
    }
}
