package io.headroom.model;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A size or an offset in bytes, never negative.
 *
 * <p>Arithmetic is checked: an overflow or a negative result is an {@link ArithmeticException}, because it can
 * only come from a broken invariant.
 */
public record Bytes(long value) implements Comparable<Bytes> {
    public static final Bytes ZERO = new Bytes(0);

    private static final String UNITS = "KMGTPE";
    private static final Pattern TEXT = Pattern.compile("(\\d{1,19})\\s*(?:([KMGTPE])(?:iB)?|B)?");

    public Bytes {
        if (value < 0) {
            throw new ArithmeticException("a size cannot be negative: " + value);
        }
    }

    public static Bytes of(long value) {
        return new Bytes(value);
    }

    public static Bytes mebi(long count) {
        return new Bytes(Math.multiplyExact(count, 1L << 20));
    }

    public static Bytes gibi(long count) {
        return new Bytes(Math.multiplyExact(count, 1L << 30));
    }

    /**
     * Reads {@code 1073741824}, {@code 1G} or {@code 1GiB}; units are binary.
     *
     * @throws IllegalArgumentException naming the text and what is allowed
     */
    public static Bytes parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "not a size: \"" + text + "\"; allowed is a whole number with K, M, G, T, P or E, such as 100G");
        }
        try {
            long number = Long.parseLong(matcher.group(1));
            int power = matcher.group(2) == null ? 0 : UNITS.indexOf(matcher.group(2)) + 1;
            return new Bytes(Math.multiplyExact(number, 1L << (10 * power)));
        } catch (ArithmeticException | NumberFormatException tooLarge) {
            throw new IllegalArgumentException("the size \"" + text + "\" is over the largest, 8191P", tooLarge);
        }
    }

    public Bytes plus(Bytes other) {
        return new Bytes(Math.addExact(value, other.value));
    }

    public Bytes minus(Bytes other) {
        return new Bytes(value - other.value);
    }

    /** The difference, or zero where {@code other} is larger. */
    public Bytes minusOrZero(Bytes other) {
        return other.value >= value ? ZERO : minus(other);
    }

    public Bytes times(long factor) {
        return new Bytes(Math.multiplyExact(value, factor));
    }

    public Bytes min(Bytes other) {
        return value <= other.value ? this : other;
    }

    public Bytes max(Bytes other) {
        return value >= other.value ? this : other;
    }

    /** The smallest multiple of {@code unit} that is at least this. */
    public Bytes roundedUpTo(Bytes unit) {
        long rest = value % unit.value;
        return rest == 0 ? this : plus(new Bytes(unit.value - rest));
    }

    /** The largest multiple of {@code unit} that is at most this. */
    public Bytes roundedDownTo(Bytes unit) {
        return new Bytes(value - value % unit.value);
    }

    public boolean isZero() {
        return value == 0;
    }

    public boolean isAtLeast(Bytes other) {
        return value >= other.value;
    }

    public boolean isOver(Bytes other) {
        return value > other.value;
    }

    @Override
    public int compareTo(Bytes other) {
        return Long.compare(value, other.value);
    }

    /** For people: {@code 2.5 GiB}. Exact figures belong in {@link #value()}. */
    @Override
    public String toString() {
        if (value < 1024) {
            return value + " B";
        }
        int power = (63 - Long.numberOfLeadingZeros(value)) / 10;
        double scaled = (double) value / (1L << (10 * power));
        String number = scaled == Math.rint(scaled)
                ? String.valueOf((long) scaled)
                : String.format(Locale.ROOT, "%.1f", scaled);
        return number + " " + UNITS.charAt(power - 1) + "iB";
    }
}
