package io.headroom.model;

/** How far a pool is from being full. The names are stored; they never change their meaning. */
public enum PoolLevel {
    NORMAL,
    /** People are warned. */
    WARN,
    /** New volumes are refused, and chunks shrink. */
    CRITICAL
}
