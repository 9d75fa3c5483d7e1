package io.headroom.cluster;

import java.util.Optional;

/**
 * What can be told of a lease by looking at it, without taking part in it.
 *
 * @param kind in an operator's words
 * @param place the file, or sanlock's resource
 * @param held whether anybody has it; also while its holder is dead and its time has not passed. Empty where that
 *     cannot be told
 * @param holder who has it, or had it last; {@code unknown} where nobody says
 */
public record LeaseState(String kind, String place, Optional<Boolean> held, String holder) {}
