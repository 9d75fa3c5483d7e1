/** The command line. */
package io.headroom.node.cli;
