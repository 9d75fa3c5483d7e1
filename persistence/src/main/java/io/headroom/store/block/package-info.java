/** Blocks of a device or file on shared storage, read and written past every cache. */
package io.headroom.store.block;
