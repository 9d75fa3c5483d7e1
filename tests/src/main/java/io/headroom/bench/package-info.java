/** What Headroom takes and costs, measured on the machine at hand. */
package io.headroom.bench;
