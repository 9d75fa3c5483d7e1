package io.headroom.model;

import java.util.regex.Pattern;

/** What every identifier that crosses the storage or a command line has to look like. */
final class Name {
    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+#:-]*");

    private Name() {}

    /** Returns {@code text}, or refuses it with its kind, the text and what is allowed. */
    static String checked(String kind, String text, int longest) {
        if (text == null || text.length() > longest || !ALLOWED.matcher(text).matches()) {
            throw new IllegalArgumentException("not a " + kind + ": \"" + text + "\"; allowed are 1 to " + longest
                    + " letters, digits and . _ + # : - with a letter or digit first");
        }
        return text;
    }
}
