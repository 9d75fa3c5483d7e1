/** Other programs, run by their argument vector and never through a shell, and what else blocks. */
package io.headroom.node.process;
