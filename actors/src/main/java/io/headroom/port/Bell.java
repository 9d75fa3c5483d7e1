package io.headroom.port;

import io.headroom.model.HostId;

/**
 * A hint over the network that mail has arrived: from {@code host} for the SPM, or for {@code host} from the SPM. It
 * may be lost; the mail itself is on the storage. Returns at once, may be called from any thread, never fails.
 */
@FunctionalInterface
public interface Bell {
    void ring(HostId host);
}
