/** How a pool gets its mailbox. */
package io.headroom.node.mailbox;
