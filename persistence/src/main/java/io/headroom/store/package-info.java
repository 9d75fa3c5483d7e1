/** Whatever outlives a process: the bytes on shared storage, the journal and the audit. */
package io.headroom.store;
