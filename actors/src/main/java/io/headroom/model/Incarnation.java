package io.headroom.model;

/**
 * One start of one host's process: the previous number plus one, and a random nonce, because the block that would
 * tell the previous number may be torn or gone.
 */
public record Incarnation(long number, long nonce) {
    public static final Incarnation NONE = new Incarnation(0, 0);

    public Incarnation {
        if (number < 0) {
            throw new IllegalArgumentException("not an incarnation: " + number + "; allowed is 0 and up");
        }
    }

    public Incarnation next(long freshNonce) {
        return new Incarnation(Math.addExact(number, 1), freshNonce);
    }

    @Override
    public String toString() {
        return number + "/" + Long.toHexString(nonce);
    }
}
