package io.headroom.node.qemu;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headroom.port.Qemu;

/** One line of the QEMU machine protocol (QMP) to and from values. */
final class QmpCodec {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final int SHOWN = 120;

    private QmpCodec() {}

    /** An empty set of arguments. */
    static ObjectNode arguments() {
        return MAPPER.createObjectNode();
    }

    static JsonNode json(String text) throws QmpException {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException notJson) {
            throw new QmpException("not JSON: " + start(text) + ": " + start(notJson.getOriginalMessage()), notJson);
        }
    }

    /** The line, with its end, that asks a monitor to execute {@code command}. */
    static String command(long id, String command, ObjectNode arguments) {
        ObjectNode line = MAPPER.createObjectNode().put("execute", command);
        if (!arguments.isEmpty()) {
            line.set("arguments", arguments);
        }
        return line.put("id", id) + "\n";
    }

    /** @throws QmpException naming the start of a line that is no QMP message */
    static QmpMessage message(String line) throws QmpException {
        JsonNode message = json(line);
        if (message.has("event")) {
            return event(message);
        }
        if (message.has("return")) {
            return new QmpMessage.Return(Fields.number(message, "id"), message.get("return"));
        }
        if (message.has("error")) {
            return refusal(message);
        }
        if (message.has("QMP")) {
            JsonNode version = Fields.object(Fields.object(Fields.object(message, "QMP"), "version"), "qemu");
            return new QmpMessage.Greeting(Fields.number(version, "major") + "." + Fields.number(version, "minor") + "."
                    + Fields.number(version, "micro"));
        }
        throw new QmpException("neither greeting, return, error nor event: " + start(line));
    }

    private static QmpMessage refusal(JsonNode message) throws QmpException {
        JsonNode error = Fields.object(message, "error");
        String errorClass = Fields.text(error, "class");
        String description = Fields.text(error, "desc");
        if (!message.has("id")) {
            throw new QmpException("QEMU could not read a command: " + errorClass + ": " + description);
        }
        return new QmpMessage.Refusal(Fields.number(message, "id"), errorClass, description);
    }

    private static QmpMessage event(JsonNode message) throws QmpException {
        String name = Fields.text(message, "event");
        JsonNode data = message.path("data");
        switch (name) {
            case "BLOCK_WRITE_THRESHOLD":
                return new QmpMessage.Told(new Qemu.Event.ThresholdCrossed(
                        Fields.text(data, "node-name"),
                        Fields.size(data, "write-threshold"),
                        Fields.size(data, "amount-exceeded")));
            case "BLOCK_IO_ERROR":
                return new QmpMessage.Told(new Qemu.Event.IoFailed(
                        Fields.text(data, "node-name"),
                        data.path("nospace").asBoolean(false),
                        Fields.text(data, "action").equals("stop")));
            case "STOP":
                return new QmpMessage.Told(new Qemu.Event.Stopped());
            case "RESUME":
                return new QmpMessage.Told(new Qemu.Event.Resumed());
            case "SHUTDOWN":
                return new QmpMessage.Told(new Qemu.Event.ShuttingDown());
            default:
                return new QmpMessage.UnknownEvent(start(name));
        }
    }

    /** As much of a text from outside as a message may quote. */
    static String start(String text) {
        String printable = text.replaceAll("\\p{Cntrl}", "?");
        return printable.length() <= SHOWN ? printable : printable.substring(0, SHOWN) + "…";
    }
}
