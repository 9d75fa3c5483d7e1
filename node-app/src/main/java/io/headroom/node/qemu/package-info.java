/** QEMU as this host runs it: its monitors (QMP), where their sockets are found, and {@code qemu-img}. */
package io.headroom.node.qemu;
