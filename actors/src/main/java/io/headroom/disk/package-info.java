/** One VM disk: when it asks for space, how much, and what it does with it. */
package io.headroom.disk;
