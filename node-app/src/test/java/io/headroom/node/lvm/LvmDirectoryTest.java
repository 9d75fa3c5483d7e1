package io.headroom.node.lvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.node.device.DeviceNumber;
import io.headroom.node.lvm.LvmCommand.Side;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Any block device will do for a LUN here: none is opened. */
class LvmDirectoryTest {
    @TempDir
    Path root;

    private final List<Path> devices = blockDevices();

    @Test
    void eachSide_seesItsLinksAlone() throws IOException {
        LvmDirectory directory = LvmDirectory.write(root);

        directory.show(Side.METADATA, devices.subList(0, 1));
        directory.show(Side.CANDIDATES, devices);

        assertThat(directory.shown(Side.METADATA)).containsExactlyElementsOf(devices.subList(0, 1));
        assertThat(directory.shown(Side.CANDIDATES)).containsExactlyInAnyOrderElementsOf(devices);
        assertThat(root.resolve("metadata/lvm.conf"))
                .content()
                .contains("scan = [ \"" + root.resolve("luns") + "\" ]", "activation = 0", "use_aio = 0");
        assertThat(root.resolve("host/lvm.conf"))
                .content()
                .contains(root.resolve("luns").toString(), "activation = 1");
        assertThat(root.resolve("candidates/lvm.conf"))
                .content()
                .contains(root.resolve("all").toString());
    }

    @Test
    void shownAgain_losesWhatIsGone_andKeepsTheRest() throws IOException {
        LvmDirectory directory = LvmDirectory.write(root);
        directory.show(Side.METADATA, devices);

        directory.show(Side.METADATA, devices.subList(1, 2));

        assertThat(directory.shown(Side.METADATA)).containsExactlyElementsOf(devices.subList(1, 2));
    }

    @Test
    void oneDeviceUnderTwoNames_isShownOnce_underTheFirst() throws IOException {
        Path name = Files.createSymbolicLink(root.resolve("by-name"), devices.get(0));
        LvmDirectory directory = LvmDirectory.write(root.resolve("lvm"));

        directory.show(Side.METADATA, List.of(name, devices.get(0)));

        assertThat(directory.shown(Side.METADATA)).containsExactly(name);
        assertThat(directory.nameFor(devices.get(0))).isEqualTo(directory.nameFor(name));
        assertThat(LvmDirectory.deviceOf(directory.nameFor(name))).isEqualTo(name.toString());
    }

    @Test
    void linkOfADeviceThatIsGone_isLeftOut() throws IOException {
        LvmDirectory directory = LvmDirectory.write(root);

        directory.show(Side.METADATA, List.of(Path.of("/dev/headroom-nothing"), devices.get(0)));

        assertThat(directory.shown(Side.METADATA)).containsExactly(devices.get(0));
        assertThat(LvmDirectory.deviceOf("[unknown]")).isEqualTo("[unknown]");
    }

    @Test
    void globs_nameBlockDevicesAlone() throws IOException {
        Files.createSymbolicLink(root.resolve("lun-1"), devices.get(0));
        Files.createSymbolicLink(root.resolve("lun-2"), devices.get(1));
        Files.createSymbolicLink(root.resolve("lun-3"), Path.of("/dev/null"));
        Files.createFile(root.resolve("lun-4"));

        assertThat(LvmDirectory.matching(List.of(root + "/lun-*", "/nowhere/lun-*")))
                .containsExactly(root.resolve("lun-1"), root.resolve("lun-2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lun-*", "", "/", "/dev/*/lun"})
    void globThatCannotBe_isRefused(String glob) {
        assertThatThrownBy(() -> LvmDirectory.matching(List.of(glob)))
                .isInstanceOf(UnusableGroup.class)
                .hasMessageContaining("headroom.pool.devices");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/tmp/a b", "/tmp/\"", "/tmp/a|b", "relative"})
    void placeThatTheConfigurationCannotName_isRefused(String place) {
        assertThatThrownBy(() -> LvmDirectory.write(Path.of(place))).hasMessageContaining("cannot stand in");
    }

    private static List<Path> blockDevices() {
        try (Stream<Path> all = Files.list(Path.of("/dev"))) {
            return all.filter(path -> path.getFileName().toString().matches("loop\\d+"))
                    .filter(DeviceNumber::leadsToBlockDevice)
                    .sorted()
                    .limit(2)
                    .toList();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
