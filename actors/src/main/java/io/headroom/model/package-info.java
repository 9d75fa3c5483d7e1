/** Values with units. A {@code long} appears only inside them, in codecs and on command lines. */
package io.headroom.model;
