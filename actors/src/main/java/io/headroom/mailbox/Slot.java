package io.headroom.mailbox;

import io.headroom.model.VolumeId;
import java.util.Optional;

/**
 * One disk's place in its host's outgoing block: open with a request, or empty; either way with what was done last.
 *
 * @param volume whose slot it is; empty where it was never used or its disk is gone
 */
public record Slot(Optional<VolumeId> volume, Optional<Request> request, Optional<LastDone> lastDone) {
    public static final Slot FREE = new Slot(Optional.empty(), Optional.empty(), Optional.empty());

    public Slot {
        if (request.isPresent() && !request.map(Request::volume).equals(volume)) {
            throw new IllegalArgumentException("a slot of " + volume + " cannot hold " + request);
        }
        if (volume.isEmpty() && lastDone.isPresent()) {
            throw new IllegalArgumentException("a free slot has done nothing: " + lastDone);
        }
    }
}
