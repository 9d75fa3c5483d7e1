package io.headroom.model;

import java.util.regex.Pattern;

/** What a LUN is called: the path of its device, or the name that a person gave it in a pool of files. */
public record LunName(String value) {
    private static final Pattern ALLOWED =
            Pattern.compile("[A-Za-z0-9/][!#-\\[\\]-~]{0," + (Limits.DEVICE_LENGTH - 1) + "}");

    /** @throws IllegalArgumentException naming the text and what is allowed */
    public LunName {
        if (value == null || !ALLOWED.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "not a device: \"" + value + "\"; allowed are 1 to "
                            + Limits.DEVICE_LENGTH
                            + " printable characters without spaces, quotes and backslashes, with a letter, a digit or / first");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
