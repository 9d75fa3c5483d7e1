/** {@code make demo}: three nodes, three guests that write, and what Headroom does about it. */
package io.headroom.demo;
