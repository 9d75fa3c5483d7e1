/** A whole pool on one machine for demo, benchmarks and tests: real nodes, real guests, in one directory. */
package io.headroom.rig;
