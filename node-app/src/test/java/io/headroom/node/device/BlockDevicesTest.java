package io.headroom.node.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.lun.Device;
import io.headroom.lun.Device.Physical;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On real loop devices, with the real programs. */
class BlockDevicesTest {
    private static final long SIZE = 256L << 20;

    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @TempDir
    Path directory;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    @AfterEach
    void detach() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    @Test
    void blankDevice_isSeenAsItIs() throws IOException {
        Path loop = loop("a").path();

        Device device = look(loop);

        assertThat(device.path()).isEqualTo(loop.toString());
        assertThat(device.paths()).containsExactly(loop.toString());
        assertThat(device.identity()).isEqualTo("file:" + directory.resolve("a"));
        assertThat(device.size()).isEqualTo(Bytes.mebi(256));
        assertThat(device.sector()).isEqualTo(512);
        assertThat(device.writable()).isTrue();
        assertThat(device.data()).isEmpty();
        assertThat(device.physical()).isEmpty();
        assertThat(device.uses()).isEmpty();
    }

    @Test
    void fileSystem_isToldWithItsLabel() throws IOException {
        Path loop = loop("a").path();
        LoopDevice.run("mkfs.ext4", "-q", "-L", "payroll", loop.toString());

        assertThat(look(loop).data()).containsExactly("ext4 \"payroll\"");
    }

    @Test
    void partitionTable_isTold() throws IOException {
        Path loop = loop("a").path();
        byte[] table = new byte[512];
        table[446 + 4] = (byte) 0x83;
        table[446 + 9] = 8;
        table[446 + 13] = 1;
        table[510] = 0x55;
        table[511] = (byte) 0xAA;
        try (FileChannel device = FileChannel.open(loop, StandardOpenOption.WRITE)) {
            device.write(ByteBuffer.wrap(table), 0);
        }

        assertThat(look(loop).data()).containsExactly("dos");
    }

    @Test
    void largeSectors_areMeasured() throws IOException {
        Path loop = loop("a", "-b", "4096").path();

        assertThat(look(loop).sector()).isEqualTo(4096);
        assertThat(look(loop).size()).isEqualTo(Bytes.mebi(256));
    }

    @Test
    void readOnlyDevice_isToldToBeOne() throws IOException {
        assertThat(look(loop("a", "--read-only").path()).writable()).isFalse();
    }

    @Test
    void mountedDevice_isInUse() throws IOException {
        Path loop = loop("a").path();
        Path mountPoint = Files.createDirectory(directory.resolve("mnt"));
        LoopDevice.run("mkfs.ext4", "-q", loop.toString());
        LoopDevice.run("mount", loop.toString(), mountPoint.toString());
        open.push(() -> LoopDevice.run("umount", mountPoint.toString()));

        assertThat(look(loop).uses()).containsExactly("mounted on " + mountPoint);
    }

    @Test
    void memberOfAGroup_isToldWithTheGroup() throws IOException {
        Path loop = loop("a").path();
        lvm("vgcreate", "other", loop.toString());

        Physical physical = look(loop).physical().orElseThrow();

        assertThat(physical.group()).isEqualTo("other");
        assertThat(physical.groupId()).hasSize(38);
        assertThat(physical.id()).hasSize(38);
        assertThat(physical.taken()).isTrue();
        assertThat(look(loop).data()).isEmpty();
    }

    @Test
    void memberWithoutMetadata_isTakenAllTheSame() throws IOException {
        Path first = loop("a").path();
        Path second = loop("b").path();
        lvm("vgcreate", "other", first.toString());
        lvm("vgextend", "--pvmetadatacopies", "0", "other", second.toString());

        assertThat(look(second).physical()).hasValueSatisfying(physical -> {
            assertThat(physical.taken()).isTrue();
            assertThat(physical.group()).isEmpty();
        });
    }

    @Test
    void physicalVolumeOfNoGroup_isNotTaken() throws IOException {
        Path loop = loop("a").path();
        lvm("pvcreate", loop.toString());

        assertThat(look(loop).physical().map(Physical::taken)).isEqualTo(Optional.of(false));
    }

    @Test
    void deviceElsewhere_isFoundByItsIdentity() throws IOException {
        Path loop = loop("a").path();
        Path other = loop("b").path();

        DeviceSight sight =
                devices().look(new DeviceQuestion(other.toString(), look(loop).identity()));

        assertThat(sight.device().map(Device::path)).isEqualTo(Optional.of(loop.toString()));
    }

    @Test
    void unknownIdentity_namesWhatThePathLeadsTo() throws IOException {
        Path loop = loop("a").path();

        DeviceSight sight = devices().look(new DeviceQuestion(loop.toString(), "naa.1"));

        assertThat(sight.device()).isEmpty();
        assertThat(sight.problem())
                .contains("no device with the identity naa.1")
                .contains(loop + " is file:" + directory.resolve("a"));
    }

    @Test
    void pathToNothing_isNamed() {
        DeviceSight sight = devices().look(DeviceQuestion.at("/dev/nothing-here"));

        assertThat(sight.device()).isEmpty();
        assertThat(sight.problem()).startsWith("there is no block device /dev/nothing-here");
    }

    @Test
    void whatIsNoBlockDevice_isNone() {
        assertThat(devices().look(DeviceQuestion.at("/dev/null")).problem()).contains("no block device /dev/null");
    }

    @Test
    void linkThatTheSettingsName_isAPathOfTheDevice() throws IOException {
        Path loop = loop("a").path();
        Path link = Files.createSymbolicLink(directory.resolve("lun-1"), loop);
        BlockDevices devices = devices(List.of(directory + "/lun-*"));

        assertThat(devices.look(DeviceQuestion.at(loop.toString())).device().map(Device::paths))
                .isEqualTo(Optional.of(List.of(link.toString())));
    }

    @Test
    void deviceOutsideOfTheSettings_hasNoPath() throws IOException {
        Path loop = loop("a").path();
        DeviceSight sight = devices(List.of("/dev/mapper/san-*")).look(DeviceQuestion.at(loop.toString()));

        assertThat(sight.device().map(Device::paths)).isEqualTo(Optional.of(List.of()));
        assertThat(sight.allowed()).containsExactly("/dev/mapper/san-*");
    }

    @Test
    void sectorsOfThePool_areThoseOfItsLuns() throws IOException {
        Path lun = loop("lun", "-b", "4096").path();
        Path loop = loop("a").path();
        BlockDevices devices = new BlockDevices(
                new HostId(7), List.of("/dev/loop*"), () -> List.of(lun), BlockDevices.Machine.REAL, PATIENCE);

        assertThat(devices.look(DeviceQuestion.at(loop.toString())).poolSector())
                .isEqualTo(4096);
    }

    @Test
    void enlargedDevice_isSeenAtItsNewSize() throws IOException {
        LoopDevice loop = loop("a");
        loop.grow(2 * SIZE);

        assertThat(look(loop.path()).size()).isEqualTo(Bytes.mebi(512));
    }

    private LoopDevice loop(String name, String... options) throws IOException {
        LoopDevice device = LoopDevice.attach(directory.resolve(name), SIZE, options);
        open.push(device);
        return device;
    }

    private Device look(Path path) {
        DeviceSight sight = devices().look(DeviceQuestion.at(path.toString()));
        assertThat(sight.problem()).isEmpty();
        return sight.device().orElseThrow();
    }

    private static BlockDevices devices() {
        return devices(List.of("/dev/loop*"));
    }

    private static BlockDevices devices(List<String> allowed) {
        return new BlockDevices(new HostId(7), allowed, List::of, BlockDevices.Machine.REAL, PATIENCE);
    }

    /** Sees the loop devices of this test, and no other. */
    private void lvm(String... arguments) throws IOException {
        String own = String.join(
                ",",
                open.stream()
                        .filter(LoopDevice.class::isInstance)
                        .map(one -> "\"a|^" + ((LoopDevice) one).path() + "$|\"")
                        .toList());
        String filter = "[ " + own + ", \"r|.*|\" ]";
        List<String> argv = new ArrayList<>(List.of("lvm"));
        argv.addAll(List.of(arguments));
        argv.addAll(List.of(
                "--config",
                "devices { filter = " + filter + " global_filter = " + filter
                        + " use_devicesfile = 0 hints = \"none\" }"
                        + " global { activation = 0 locking_dir = \"" + directory + "\" }"
                        + " backup { backup = 0 archive = 0 }"));
        LoopDevice.run(argv.toArray(String[]::new));
    }
}
