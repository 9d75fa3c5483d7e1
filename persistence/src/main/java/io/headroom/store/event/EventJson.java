package io.headroom.store.event;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.headroom.ledger.Deed;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * How the stored JSON looks: records as objects, sizes and numbers as numbers, names as text, durations in whole
 * microseconds, instants as ISO-8601 text, a reason by its stored code.
 *
 * <p>It is strict: a field that is unknown, missing, null or of another type is refused, because a changed format is
 * a new manifest; what differs under an old manifest is damage.
 */
final class EventJson {
    private EventJson() {}

    static JsonMapper mapper() {
        return JsonMapper.builder()
                .enable(
                        DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                        DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                        DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
                        DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                        DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .addModule(new Jdk8Module())
                .addModule(values())
                .build();
    }

    /** What an order did is told apart by its own name, which never changes its meaning. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Deed.Creation.class, name = "creation"),
        @JsonSubTypes.Type(value = Deed.Deletion.class, name = "deletion"),
        @JsonSubTypes.Type(value = Deed.Resize.class, name = "resize"),
        @JsonSubTypes.Type(value = Deed.Assignment.class, name = "assignment"),
        @JsonSubTypes.Type(value = Deed.NewLun.class, name = "new-lun"),
        @JsonSubTypes.Type(value = Deed.LargerLun.class, name = "larger-lun")
    })
    private interface DeedKinds {}

    private static SimpleModule values() {
        SimpleModule module = new SimpleModule("headroom-values");
        module.setMixInAnnotation(Deed.class, DeedKinds.class);
        number(module, Bytes.class, Bytes::value, Bytes::new);
        number(module, Epoch.class, Epoch::value, Epoch::new);
        number(module, Ticket.class, Ticket::value, Ticket::new);
        number(module, HostId.class, HostId::value, value -> new HostId(Math.toIntExact(value)));
        number(module, Why.class, Why::code, EventJson::why);
        number(
                module,
                Duration.class,
                duration -> duration.toNanos() / 1_000,
                value -> Duration.of(value, ChronoUnit.MICROS));
        text(module, PoolId.class, PoolId::value, PoolId::new);
        text(module, VmName.class, VmName::value, VmName::new);
        text(module, VolumeId.class, VolumeId::value, VolumeId::new);
        text(module, Instant.class, Instant::toString, Instant::parse);
        key(module, Epoch.class, Epoch::toString, text -> new Epoch(Long.parseLong(text)));
        key(module, VolumeId.class, VolumeId::value, VolumeId::new);
        key(module, LogPosition.class, LogPosition::toString, EventJson::position);
        return module;
    }

    private static Why why(long code) {
        return Stream.of(Why.values())
                .filter(why -> why.code() == code)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no reason has the code " + code));
    }

    private static LogPosition position(String text) {
        int dot = text.indexOf('.');
        if (dot < 0) {
            throw new IllegalArgumentException("not a place in the pool log: " + text + "; wanted is epoch.sequence");
        }
        return new LogPosition(
                new Epoch(Long.parseLong(text.substring(0, dot))), Long.parseLong(text.substring(dot + 1)));
    }

    private static <T> void key(
            SimpleModule module, Class<T> type, Function<T, String> write, Function<String, T> read) {
        module.addKeySerializer(type, new JsonSerializer<>() {
            @Override
            public void serialize(T value, JsonGenerator json, SerializerProvider provider) throws IOException {
                json.writeFieldName(write.apply(value));
            }
        });
        module.addKeyDeserializer(type, new KeyDeserializer() {
            @Override
            public Object deserializeKey(String key, DeserializationContext context) throws IOException {
                try {
                    return read.apply(key);
                } catch (IllegalArgumentException refused) {
                    throw JsonMappingException.from(context, refused.getMessage(), refused);
                }
            }
        });
    }

    private static <T> void number(SimpleModule module, Class<T> type, ToLongFunction<T> write, LongFunction<T> read) {
        value(module, type, (value, json) -> json.writeNumber(write.applyAsLong(value)), json -> {
            if (!json.hasToken(JsonToken.VALUE_NUMBER_INT)) {
                throw JsonMappingException.from(json, "a whole number is wanted, not " + json.currentToken());
            }
            return read.apply(json.getLongValue());
        });
    }

    private static <T> void text(
            SimpleModule module, Class<T> type, Function<T, String> write, Function<String, T> read) {
        value(module, type, (value, json) -> json.writeString(write.apply(value)), json -> {
            if (!json.hasToken(JsonToken.VALUE_STRING)) {
                throw JsonMappingException.from(json, "a text is wanted, not " + json.currentToken());
            }
            return read.apply(json.getText());
        });
    }

    private static <T> void value(SimpleModule module, Class<T> type, Writing<T> writing, Reading<T> reading) {
        module.addSerializer(type, new JsonSerializer<>() {
            @Override
            public void serialize(T value, JsonGenerator json, SerializerProvider provider) throws IOException {
                writing.write(value, json);
            }
        });
        module.addDeserializer(type, new JsonDeserializer<>() {
            @Override
            public T deserialize(JsonParser json, DeserializationContext context) throws IOException {
                try {
                    return reading.read(json);
                } catch (ArithmeticException | IllegalArgumentException | DateTimeException refused) {
                    throw JsonMappingException.from(json, refused.getMessage(), refused);
                }
            }
        });
    }

    @FunctionalInterface
    private interface Writing<T> {
        void write(T value, JsonGenerator json) throws IOException;
    }

    @FunctionalInterface
    private interface Reading<T> {
        T read(JsonParser json) throws IOException;
    }
}
