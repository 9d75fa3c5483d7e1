/** The ledger's journal: the databases that can hold it, their tables, and reading the history back. */
package io.headroom.store.journal;
