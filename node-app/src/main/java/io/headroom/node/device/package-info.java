/** Block devices as this host sees them. Nothing here writes to one. */
package io.headroom.node.device;
