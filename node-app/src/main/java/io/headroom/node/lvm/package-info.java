/**
 * The LVM back end: a pool is a volume group (VG) on LUNs that every host sees. Its metadata is changed under the lease
 * alone; each host activates and refreshes its own device-mapper tables with commands that leave the metadata as it is.
 */
package io.headroom.node.lvm;
