/** Other programs, run by their argument vector and never through a shell. */
package io.headroom.node.process;
