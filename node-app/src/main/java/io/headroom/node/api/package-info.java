/** What a node answers over HTTP and the command line reads: one set of records for both. */
package io.headroom.node.api;
