/** The mailbox and the pool log on shared storage: where each block stands, what its bytes mean, who reads what. */
package io.headroom.store.mailbox;
