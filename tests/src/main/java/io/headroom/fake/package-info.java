/** Ports by hand: they answer at once, on the caller's thread, and the contract of the real thing holds for them. */
package io.headroom.fake;
