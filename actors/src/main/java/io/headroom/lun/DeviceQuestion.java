package io.headroom.lun;

import io.headroom.model.OverTheWire;
import java.util.regex.Pattern;

/**
 * Asks a host what it sees of a block device.
 *
 * @param path where to look first; on another host it may lead to another device
 * @param identity of the device, which is what is wanted; empty where the path has to be enough
 */
public record DeviceQuestion(String path, String identity) implements OverTheWire {
    private static final Pattern PATH = Pattern.compile("/dev/[A-Za-z0-9+_.:@=/-]{1,250}");

    public DeviceQuestion {
        if (!PATH.matcher(path).matches() || path.contains("/../") || path.endsWith("/..")) {
            throw new IllegalArgumentException("not a device: \"" + path
                    + "\"; allowed is a path below /dev of letters, digits and + _ . : @ = / - such as"
                    + " /dev/mapper/san-7");
        }
    }

    /** @throws IllegalArgumentException where the path is none below {@code /dev} */
    public static DeviceQuestion at(String path) {
        return new DeviceQuestion(path, "");
    }
}
