/** Faults on real nodes and real guests, one after the other as a seed decides, and what is left of the promises. */
package io.headroom.chaos;
