package io.headroom.model;

/** Marks a message that crosses the network between two nodes of the cluster, as CBOR. */
public interface OverTheWire {}
