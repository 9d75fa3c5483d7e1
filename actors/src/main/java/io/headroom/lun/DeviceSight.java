package io.headroom.lun;

import io.headroom.model.HostId;
import io.headroom.model.OverTheWire;
import java.util.List;
import java.util.Optional;

/**
 * A host's answer to a {@link DeviceQuestion}.
 *
 * @param device empty where the host does not see it
 * @param problem why there is none; empty where there is one
 * @param allowed the host's setting {@code headroom.pool.devices}
 * @param poolSector the logical block size in bytes of the pool's LUNs on this host; 0 where it is not known
 */
public record DeviceSight(HostId host, Optional<Device> device, String problem, List<String> allowed, int poolSector)
        implements OverTheWire {
    public DeviceSight {
        allowed = List.copyOf(allowed);
        if (device.isPresent() != problem.isEmpty()) {
            throw new IllegalArgumentException(
                    "host " + host + " either sees a device or says why it does not: " + device + ", " + problem);
        }
    }
}
