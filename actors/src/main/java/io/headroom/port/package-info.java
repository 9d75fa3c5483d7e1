/**
 * The edges of the system: what actors ask of the world. A completed stage is a certain answer; a failed stage means
 * that the outcome is unknown, and whoever asked looks or asks again. No method blocks its caller.
 */
package io.headroom.port;
