package io.headroom.node.lvm;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Set;

/**
 * A device that is to become one of the group's.
 *
 * @param device as LVM is told to call it
 * @param clear there is something on it, which is given up
 * @param before its identity by an earlier addition that came to nothing; none, or one
 * @param forgotten identities of earlier additions that came to nothing and stand on no device that is seen
 */
record LvmJoining(String device, boolean clear, Set<String> before, Set<String> forgotten) {
    /** LVM writes an identity in groups of so many letters and digits. */
    private static final int[] GROUPS = {6, 4, 4, 4, 4, 4, 6};

    private static final String ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    LvmJoining {
        before = Set.copyOf(before);
        forgotten = Set.copyOf(forgotten);
    }

    /** The new physical volume's: another one for each state of the group, and as random as the group's own. */
    String id(LvmGroup group) {
        byte[] digest = digest(group.id() + " " + group.sequence() + " " + device);
        StringBuilder id = new StringBuilder();
        int used = 0;
        for (int length : GROUPS) {
            id.append(id.isEmpty() ? "" : "-");
            for (int i = 0; i < length; i++) {
                id.append(ALPHABET.charAt((digest[used++] & 0xFF) % ALPHABET.length()));
            }
        }
        return id.toString();
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java has SHA-256", impossible);
        }
    }
}
