package io.headroom.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.headroom.model.Bytes;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** One section of the configuration; every reading either gives an allowed value or refuses with the key's full name. */
record Section(String name, Config config) {

    Section section(String key) {
        return new Section(name + "." + key, read(key, "a section in braces", config::getConfig));
    }

    String text(String key) {
        return read(key, "a text", config::getString);
    }

    Optional<String> optionalText(String key) {
        return Optional.of(text(key)).filter(text -> !text.isBlank());
    }

    /** One of a few words. */
    String choice(String key, String... allowed) {
        String text = text(key);
        if (!List.of(allowed).contains(text)) {
            throw refuse(key, text, "\"" + String.join("\" or \"", allowed) + "\"");
        }
        return text;
    }

    int number(String key, int least, int most) {
        String allowed = "a whole number from " + least + " to " + most;
        int value = read(key, allowed, config::getInt);
        if (value < least || value > most) {
            throw refuse(key, value, allowed);
        }
        return value;
    }

    Duration time(String key, Duration least, Duration most) {
        String allowed = "a time from " + words(least) + " to " + words(most) + ", such as 500ms or 2s";
        Duration value = read(key, allowed, config::getDuration);
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw refuse(key, text(key), allowed);
        }
        return value;
    }

    Bytes size(String key, Bytes least, Bytes most) {
        String allowed = "a size from " + least + " to " + most + ", such as 2560M";
        String text = text(key);
        Bytes value;
        try {
            value = Bytes.parse(text);
        } catch (IllegalArgumentException notASize) {
            throw new RefusedSetting(name + "." + key + " is \"" + text + "\"; allowed is " + allowed, notASize);
        }
        if (least.isOver(value) || value.isOver(most)) {
            throw refuse(key, text, allowed);
        }
        return value;
    }

    Optional<Path> path(String key) {
        return optionalText(key).map(text -> absolute(key, text));
    }

    List<Path> paths(String key, int most) {
        return texts(key, most).stream().map(text -> absolute(key, text)).toList();
    }

    List<String> texts(String key, int most) {
        String allowed = "a list of at most " + most + " texts";
        List<String> values = read(key, allowed, config::getStringList);
        if (values.size() > most) {
            throw refuse(key, values.size() + " entries", allowed);
        }
        return values;
    }

    RefusedSetting refuse(String key, Object value, String allowed) {
        return RefusedSetting.of(name + "." + key, value, allowed);
    }

    private Path absolute(String key, String text) {
        Path path;
        try {
            path = Path.of(text);
        } catch (InvalidPathException invalid) {
            throw new RefusedSetting(name + "." + key + " is \"" + text + "\"; allowed is an absolute path", invalid);
        }
        if (!path.isAbsolute()) {
            throw refuse(key, text, "an absolute path");
        }
        return path.normalize();
    }

    private <T> T read(String key, String allowed, Function<String, T> reading) {
        try {
            return reading.apply(key);
        } catch (ConfigException refused) {
            Object value = config.hasPath(key) ? config.getValue(key).unwrapped() : "";
            throw new RefusedSetting(name + "." + key + " is \"" + value + "\"; allowed is " + allowed, refused);
        }
    }

    private static String words(Duration time) {
        return time.toMillis() < 1000 ? time.toMillis() + "ms" : time.toSeconds() + "s";
    }
}
