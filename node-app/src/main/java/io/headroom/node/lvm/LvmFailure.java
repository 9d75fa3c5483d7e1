package io.headroom.node.lvm;

import io.headroom.model.Limits;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Why a command of LVM did not do what it was told. LVM's exit status says only that it failed, so its words are read;
 * those of its output are not, which announces changes that then fail.
 *
 * @param words LVM's own, without warnings that it always gives
 */
record LvmFailure(Kind kind, String words) {
    private static final Pattern NOISE = Pattern.compile("WARNING: (Activation disabled|This metadata update is NOT"
            + " backed up|Running as a non-root|Logical volume \\S+ not zeroed).*|File descriptor \\d+ .* leaked .*");
    private static final Pattern AVAILABLE =
            Pattern.compile("(?:but only (\\d+) available|insufficient free space \\((\\d+) extents\\))");

    /** In the order in which they are looked for: the first that fits is the cause, what follows is its consequence. */
    enum Kind {
        /** The volume has that size or more. */
        LARGE_ENOUGH("matches existing size|not larger than existing size", false, ""),
        METADATA_FULL(
                "exceeds maximum metadata size|VG \\S+ metadata too large",
                true,
                "the pool's metadata area is full: remove volumes that are not needed"),
        IN_USE(
                "(in use|contains a filesystem in use|is open|used by another device)\\b",
                true,
                "somebody has the volume open: end what uses it"),
        NO_SPACE("[Ii]nsufficient (free|suitable) |No free extents", true, "add a LUN, or remove volumes"),
        UNKNOWN_VOLUME("Logical volume \\S+ not found|Failed to find logical volume", false, ""),
        EXISTS("already exists in volume group", false, ""),
        LOCK_HELD(
                "Can't get lock for|flock failed: Resource temporarily unavailable",
                true,
                "another command of LVM on this host holds the lock; try again"),
        DUPLICATE_GROUP(
                "Multiple VGs found with the same name",
                true,
                "two volume groups have one name: leave only the pool's own LUNs in headroom.pool.devices"),
        DUPLICATE_DEVICE(
                "duplicate PV|Not using device .* for PV",
                true,
                "one LUN is seen under two names: name only one of them in headroom.pool.devices, as of multipath"
                        + " devices /dev/mapper/NAME alone"),
        MISSING_DEVICE(
                "while PVs are missing|Couldn't find device with uuid|is missing PV",
                false,
                "this host does not see all of the pool's LUNs: connect it, or correct headroom.pool.devices"),
        UNKNOWN_GROUP(
                "Volume group \\S+ not found|Cannot process volume group",
                false,
                "this host sees no LUN with the pool's metadata: connect it, or correct headroom.pool.devices"),
        /** Of any other program, too; what it did has to be looked at. */
        OTHER("", false, "");

        private final Pattern pattern;
        private final boolean conclusive;
        private final String advice;

        Kind(String pattern, boolean conclusive, String advice) {
            this.pattern = Pattern.compile(pattern);
            this.conclusive = conclusive;
            this.advice = advice;
        }
    }

    /** @param errors the command's error output; the command ended with a status other than 0 */
    static LvmFailure of(String errors) {
        String words = errors.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !NOISE.matcher(line).matches())
                .collect(Collectors.joining("; "));
        for (Kind kind : Kind.values()) {
            if (kind.pattern.matcher(words).find()) {
                return new LvmFailure(kind, bounded(words.isEmpty() ? "no word of why" : words));
            }
        }
        throw new AssertionError("no kind of failure for: " + words);
    }

    /** Whether nothing was changed for certain, and trying again at once would fail again. */
    boolean isFinal() {
        return kind.conclusive;
    }

    /** How many extents are free, where there were too few. */
    Optional<Long> extentsFree() {
        Matcher matcher = AVAILABLE.matcher(words);
        if (kind != Kind.NO_SPACE || !matcher.find()) {
            return Optional.empty();
        }
        return Optional.of(Long.valueOf(matcher.group(1) == null ? matcher.group(2) : matcher.group(1)));
    }

    /** For an operator: LVM's words, and what to do. */
    String cause() {
        return kind.advice.isEmpty() ? words : bounded(words + "; " + kind.advice);
    }

    /** What an operator is told, and the pool log has room for. */
    static String bounded(String text) {
        return text.length() <= Limits.CAUSE_LENGTH ? text : text.substring(0, Limits.CAUSE_LENGTH - 1) + "…";
    }
}
