/** What crosses the shared storage between a host and the SPM, as records. Their bytes are persistence's business. */
package io.headroom.mailbox;
