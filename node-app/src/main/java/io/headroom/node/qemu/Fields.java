package io.headroom.node.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import io.headroom.model.Bytes;

/** Fields that a monitor's answer must have, read with their type. */
final class Fields {
    private Fields() {}

    static String text(JsonNode object, String name) throws QmpException {
        JsonNode value = object.path(name);
        if (!value.isTextual()) {
            throw wrong(object, name, "a text");
        }
        return value.textValue();
    }

    static Bytes size(JsonNode object, String name) throws QmpException {
        long value = number(object, name);
        if (value < 0) {
            throw wrong(object, name, "a size");
        }
        return Bytes.of(value);
    }

    static long number(JsonNode object, String name) throws QmpException {
        JsonNode value = object.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw wrong(object, name, "a whole number");
        }
        return value.longValue();
    }

    static JsonNode object(JsonNode object, String name) throws QmpException {
        JsonNode value = object.path(name);
        if (!value.isObject()) {
            throw wrong(object, name, "an object");
        }
        return value;
    }

    private static QmpException wrong(JsonNode object, String name, String kind) {
        String found =
                object.has(name) ? "is " + QmpCodec.start(object.get(name).toString()) : "is missing";
        return new QmpException(
                "\"" + name + "\" has to be " + kind + " and " + found + " in " + QmpCodec.start(object.toString()));
    }
}
