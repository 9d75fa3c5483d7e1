package io.headroom.model;

import java.util.List;
import java.util.regex.Pattern;

/** A volume's name: unique in its pool, the name of an LV with LVM and of a file with the file back end. */
public record VolumeName(String value) {
    /** Characters, ASCII. */
    public static final int LONGEST = 64;

    /** What Headroom calls its own LVs. */
    public static final String OWN = "headroom_";

    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0," + (LONGEST - 1) + "}");

    /** LVM keeps these for itself, at the beginning of a name. */
    private static final List<String> RESERVED_BEGINNINGS = List.of(OWN, "snapshot", "pvmove");

    /** And these, anywhere in it. */
    private static final List<String> RESERVED = List.of(
            "_cdata",
            "_cmeta",
            "_corig",
            "_cpool",
            "_cvol",
            "_imeta",
            "_iorig",
            "_mimage",
            "_mlog",
            "_pmspare",
            "_rimage",
            "_rmeta",
            "_tdata",
            "_tmeta",
            "_tpool",
            "_vdata",
            "_vorigin",
            "_wcorig");

    /** @throws IllegalArgumentException naming the text and what is allowed */
    public VolumeName {
        if (value == null || !ALLOWED.matcher(value).matches()) {
            throw new IllegalArgumentException("not a volume's name: \"" + value + "\"; allowed are 1 to " + LONGEST
                    + " letters, digits and . _ + - with a letter or digit first");
        }
        String name = value;
        if (RESERVED_BEGINNINGS.stream().anyMatch(name::startsWith)
                || RESERVED.stream().anyMatch(name::contains)) {
            throw new IllegalArgumentException("not a volume's name: \"" + value + "\"; no name may begin with "
                    + String.join(", ", RESERVED_BEGINNINGS) + ", nor contain " + String.join(", ", RESERVED)
                    + ", which are kept for other uses");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
