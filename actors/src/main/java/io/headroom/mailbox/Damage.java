package io.headroom.mailbox;

/**
 * A block that could not be believed. What was known of it stays known; it is read again.
 *
 * @param block which block, in the words of the layout: {@code outgoing 7/0}
 * @param cause what is wrong with it: torn, stale version, somebody else's, misplaced
 */
public record Damage(String block, String cause) {}
