package io.headroom.node.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.model.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices that this machine has not, by the files that the kernel shows of them. */
class SysfsTest {
    @TempDir
    Path root;

    private Sysfs sysfs;

    @BeforeEach
    void make() throws IOException {
        Files.createDirectories(root.resolve("class/block"));
        sysfs = new Sysfs(root);
    }

    @Test
    void scsiDisk_isItsWwid() throws IOException {
        device("sdb", "device/wwid", "naa.600140500000000000000000000000a2\n");

        assertThat(node("sdb").identity()).isEqualTo("naa.600140500000000000000000000000a2");
    }

    @Test
    void blanksInAWwid_areOne() throws IOException {
        device("sdb", "device/wwid", "t10.ATA     QEMU HARDDISK   QM00001 \n");

        assertThat(node("sdb").identity()).isEqualTo("t10.ATA QEMU HARDDISK QM00001");
    }

    @Test
    void nvmeNamespace_isItsOwnWwidAndNotTheControllers() throws IOException {
        device("nvme0n1", "wwid", "eui.0025388b710c8f11\n");
        device("nvme0n1", "device/serial", "S4EWNF0M\n");

        assertThat(node("nvme0n1").identity()).isEqualTo("eui.0025388b710c8f11");
    }

    @Test
    void virtioDisk_isItsSerial() throws IOException {
        device("vda", "serial", "LUN1");

        assertThat(node("vda").identity()).isEqualTo("LUN1");
    }

    @Test
    void diskWithoutAWwid_isTheSerialOfItsPage() throws IOException {
        device("sdc", "device/vpd_pg80", "\0\u0080\0\u0008  ABC123");

        assertThat(node("sdc").identity()).isEqualTo("ABC123");
    }

    @Test
    void deviceThatSaysNothing_hasNone() throws IOException {
        device("sdd", "size", "0");

        assertThat(node("sdd").identity()).isEmpty();
    }

    @Test
    void multipathMap_isWhatItsPathsAre() throws IOException {
        device("sdb", "device/wwid", "naa.6001");
        device("dm-3", "dm/uuid", "mpath-36001");
        device("dm-3", "dm/name", "san-2");
        link("dm-3", "slaves", "sdb");
        link("sdb", "holders", "dm-3");

        assertThat(node("dm-3").identity()).isEqualTo(node("sdb").identity());
        assertThat(node("dm-3").isMultipath()).isTrue();
        assertThat(node("dm-3").shown()).isEqualTo("/dev/mapper/san-2");
        assertThat(node("sdb").holders()).containsExactly(node("dm-3"));
    }

    @Test
    void logicalVolume_isItself() throws IOException {
        device("dm-4", "dm/uuid", "LVM-abc");
        device("sdb", "device/wwid", "naa.6001");
        link("dm-4", "slaves", "sdb");

        assertThat(node("dm-4").identity()).isEqualTo("LVM-abc");
    }

    @Test
    void partition_isAPartOfItsDisk() throws IOException {
        device("sdb", "device/wwid", "naa.6001");
        device("sdb", "queue/logical_block_size", "4096");
        device("sdb", "sdb1/partition", "1");
        device("sdb", "sdb1/size", "2048");
        Files.createSymbolicLink(root.resolve("class/block/sdb1"), root.resolve("devices/sdb/sdb1"));

        assertThat(node("sdb1").identity()).isEqualTo("naa.6001-part1");
        assertThat(node("sdb1").size()).isEqualTo(Bytes.mebi(1));
        assertThat(node("sdb1").sector()).isEqualTo(4096);
    }

    @Test
    void deviceThatIsTakenAwayMeanwhile_isLeftOut() throws IOException {
        device("sdb", "size", "0");
        Files.createSymbolicLink(root.resolve("class/block/sdc"), root.resolve("devices/sdc"));

        assertThat(sysfs.all()).containsExactly(node("sdb"));
    }

    private Sysfs.Node node(String name) throws IOException {
        return sysfs.named(name).orElseThrow();
    }

    private void device(String name, String file, String content) throws IOException {
        Path directory = root.resolve("devices").resolve(name);
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content, StandardCharsets.ISO_8859_1);
        Path link = root.resolve("class/block").resolve(name);
        if (!Files.exists(link)) {
            Files.createSymbolicLink(link, directory);
        }
    }

    private void link(String from, String kind, String to) throws IOException {
        Path links =
                Files.createDirectories(root.resolve("devices").resolve(from).resolve(kind));
        Files.createSymbolicLink(links.resolve(to), root.resolve("devices").resolve(to));
    }
}
