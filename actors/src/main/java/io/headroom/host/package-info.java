/** One hypervisor: its VMs, and its slots in the mailbox. */
package io.headroom.host;
