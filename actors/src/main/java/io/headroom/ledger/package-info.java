/** What changed the pool, for ever: the events, and the event-sourced half of the SPM that keeps them. */
package io.headroom.ledger;
