/** Real virtual machines that write: what the demo, the benchmarks and the tests guard. */
package io.headroom.guest;
