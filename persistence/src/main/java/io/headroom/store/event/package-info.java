/** The events as bytes, for the pool log and for the journal: a stored format with versions and golden files. */
package io.headroom.store.event;
