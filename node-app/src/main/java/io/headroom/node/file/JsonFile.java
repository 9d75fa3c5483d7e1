package io.headroom.node.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/** The small JSON files of a pool: one object each, with its format's number. */
final class JsonFile {
    private static final long LARGEST = 64 * 1024;
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonFile() {}

    static ObjectNode object(int format) {
        return MAPPER.createObjectNode().put("format", format);
    }

    static byte[] bytes(ObjectNode json) {
        return (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * @param newest format that is known; every older one can be read
     * @throws UnusablePool naming the file, what is wrong with it, and the next step
     */
    static <T> T read(Path file, int newest, Function<JsonNode, T> reading) throws IOException {
        try {
            if (Files.size(file) > LARGEST) {
                throw new IllegalArgumentException("it is larger than " + LARGEST + " bytes");
            }
            JsonNode json = MAPPER.readTree(Files.readAllBytes(file));
            if (format(json) < 1 || format(json) > newest) {
                throw new IllegalArgumentException("its format is " + format(json) + ", and this version reads "
                        + (newest == 1 ? "1" : "1 to " + newest));
            }
            return reading.apply(json);
        } catch (JsonProcessingException | RuntimeException unreadable) {
            throw new UnusablePool(
                    file + " cannot be read: " + cause(unreadable) + "; nothing was changed; restore the file",
                    unreadable);
        }
    }

    static long format(JsonNode json) {
        return number(json, "format");
    }

    static Iterable<JsonNode> list(JsonNode json, String field) {
        if (!json.path(field).isArray()) {
            throw new IllegalArgumentException(field + " is missing or no list");
        }
        return json.get(field);
    }

    static String text(JsonNode json, String field) {
        if (!json.path(field).isTextual()) {
            throw new IllegalArgumentException(field + " is missing or no text");
        }
        return json.get(field).textValue();
    }

    static long number(JsonNode json, String field) {
        if (!json.path(field).canConvertToLong() || !json.path(field).isIntegralNumber()) {
            throw new IllegalArgumentException(field + " is missing or no whole number");
        }
        return json.get(field).longValue();
    }

    private static String cause(Exception unreadable) {
        return unreadable instanceof JsonProcessingException json ? json.getOriginalMessage() : unreadable.getMessage();
    }
}
