package io.headroom.mailbox;

import io.headroom.model.Bytes;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;

/**
 * A disk asks that its volume have at least {@code size}. The size is absolute, so that serving the request twice is
 * harmless.
 *
 * @param ticket grows with each request of the host's incarnation
 * @param size the wanted size of the volume, not an increment
 */
public record Request(Ticket ticket, VolumeId volume, VmName vm, Bytes size, Why why, Urgency urgency) {}
