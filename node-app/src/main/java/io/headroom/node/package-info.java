/** The hypervisor's own world: the only place where ports meet their implementations. */
package io.headroom.node;
