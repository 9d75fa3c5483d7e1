package io.headroom.lun;

import io.headroom.lun.Device.Physical;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import java.util.List;
import java.util.Optional;

/** Makes a blank device of 10 GiB, and what differs from it. */
final class Devices {
    private String path = "/dev/mapper/san-2";
    private List<String> paths = List.of("/dev/mapper/san-2");
    private String identity = "naa.600140500000000000000000000000a2";
    private Bytes size = Bytes.gibi(10);
    private int sector = 512;
    private boolean writable = true;
    private List<String> data = List.of();
    private Optional<Physical> physical = Optional.empty();
    private List<String> uses = List.of();

    Devices path(String value) {
        path = value;
        return this;
    }

    Devices paths(String... values) {
        paths = List.of(values);
        return this;
    }

    Devices identity(String value) {
        identity = value;
        return this;
    }

    Devices size(Bytes value) {
        size = value;
        return this;
    }

    Devices sector(int value) {
        sector = value;
        return this;
    }

    Devices readOnly() {
        writable = false;
        return this;
    }

    Devices data(String... values) {
        data = List.of(values);
        return this;
    }

    Devices physical(String id, String group, String groupId, boolean taken) {
        physical = Optional.of(new Physical(id, group, groupId, taken));
        return this;
    }

    Devices uses(String... values) {
        uses = List.of(values);
        return this;
    }

    Device made() {
        return new Device(path, paths, identity, size, sector, sector, writable, data, physical, uses);
    }

    DeviceSight seenBy(int host) {
        return new DeviceSight(new HostId(host), Optional.of(made()), "", List.of("/dev/mapper/san-*"), 512);
    }
}
