package io.headroom.store.mailbox;

import io.headroom.model.PoolId;

/** What an area says of itself in its first block: whose it is, and its geometry. Written once. */
public record Identity(PoolId pool, Layout layout) {}
