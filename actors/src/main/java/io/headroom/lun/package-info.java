/** LUNs before they are the pool's, and after they grew: what each host sees of a device, and what follows from that. */
package io.headroom.lun;
