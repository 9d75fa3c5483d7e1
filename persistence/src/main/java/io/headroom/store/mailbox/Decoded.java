package io.headroom.store.mailbox;

/** What a block's bytes turned out to be. */
sealed interface Decoded<T> {
    /** Never written: all zeroes. */
    record Blank<T>() implements Decoded<T> {}

    record Good<T>(T value) implements Decoded<T> {}

    /** @param cause why the block cannot be believed, in an operator's words */
    record Bad<T>(String cause) implements Decoded<T> {}
}
