package io.headroom.node.lvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Bytes;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import io.headroom.node.lvm.DeviceMapper.Active;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceMapperTest {
    private static final PoolId POOL = new PoolId("cMa6Qo-GqFN-lBKq-O8eG-o7X4-W1fN-mOs8oW");
    private static final VolumeId VOLUME = new VolumeId("payvJR-6nB0-WZO6-X36j-PXLx-Keqh-Oew62h");
    private static final String UUID = "LVM-cMa6QoGqFNlBKqO8eGo7X4W1fNmOs8oWpayvJR6nB0WZO6X36jPXLxKeqhOew62h";

    @TempDir
    Path sysfs;

    private DeviceMapper tables;

    @BeforeEach
    void makeSysfs() throws IOException {
        Files.createDirectories(sysfs.resolve("class/block"));
        tables = new DeviceMapper(sysfs);
    }

    @Test
    void logicalVolume_isKnownByItsUuid_withItsNamesAndItsSize() throws IOException {
        device("dm-3", UUID, "my--san-disk--1", "16384");

        assertThat(tables.of(POOL, VOLUME)).contains(new Active(POOL, VOLUME, "my-san", "disk-1", Bytes.mebi(8)));
        assertThat(tables.all(POOL)).hasSize(1);
        assertThat(tables.all(new PoolId("other"))).isEmpty();
    }

    @Test
    void everythingElse_isNone() throws IOException {
        device("dm-0", UUID + "-real", "san-a-real", "1");
        device("dm-1", "mpath-3600508b400105e210000900000490000", "mpatha", "1");
        device("dm-2", "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-root", "root", "1");
        device("dm-4", "", "", "1");
        Files.createDirectories(sysfs.resolve("class/block/dm-5"));
        device("sda", UUID, "san-a", "1");

        assertThat(tables.all(POOL)).isEmpty();
    }

    @Test
    void pathThatLeadsNowhere_isNone() throws IOException {
        assertThat(tables.at(sysfs.resolve("nothing"))).isEmpty();
        assertThat(tables.at(Path.of("/dev/null"))).isEmpty();
        assertThat(tables.at(sysfs)).isEmpty();
    }

    private void device(String name, String uuid, String mapped, String sectors) throws IOException {
        Path device = Files.createDirectories(sysfs.resolve("class/block").resolve(name));
        Files.createDirectories(device.resolve("dm"));
        Files.writeString(device.resolve("dm/uuid"), uuid + "\n");
        Files.writeString(device.resolve("dm/name"), mapped + "\n");
        Files.writeString(device.resolve("size"), sectors + "\n");
    }
}
