package io.headroom.node.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headroom.model.Bytes;
import io.headroom.port.Qemu;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What QEMU 7.2.22 said of four disks: a read-only one; an overlay given with {@code -drive}; a throttled qcow2 in a
 * slice, armed at 8 MiB, with {@code cache.no-flush}; an empty CD drive.
 */
class BlockGraphTest {
    private final List<JsonNode> answers = new ArrayList<>();
    private JsonNode block;
    private JsonNode stats;
    private JsonNode nodes;
    private JsonNode statsByNode;

    @BeforeEach
    void read() throws IOException {
        try (InputStream recorded = BlockGraphTest.class.getResourceAsStream("qemu-7.2-disks.jsonl")) {
            for (String line : new String(recorded.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (QmpCodec.message(line) instanceof QmpMessage.Return answer) {
                    answers.add(answer.value());
                }
            }
        }
        block = answers.get(2);
        stats = answers.get(3);
        nodes = answers.get(5);
        statsByNode = answers.get(6);
    }

    @Test
    void writableDisksWithAMedium_areTold() throws QmpException {
        assertThat(disks().stream().map(Qemu.Disk::node)).containsExactly(overlayNode(), "thr");
    }

    @Test
    void overlayGivenAsDrive_isItsTopLayer() throws QmpException {
        Qemu.Disk overlay = disks().get(0);

        assertThat(overlay.path()).isEqualTo("ovl.qcow2");
        assertThat(overlay.format()).isEqualTo("qcow2");
        assertThat(overlay.virtualSize()).isEqualTo(Bytes.mebi(64));
        assertThat(overlay.cluster()).isEqualTo(Bytes.of(65536));
        assertThat(overlay.bounded()).isFalse();
        assertThat(overlay.size()).isEqualTo(Bytes.ZERO);
        assertThat(overlay.threshold()).isEqualTo(Bytes.ZERO);
        assertThat(overlay.storageNode()).startsWith("#block").isNotEqualTo(overlay.node());
    }

    @Test
    void throttledSlice_isNamedByItsRootAndStoredInItsSlice() throws QmpException {
        assertThat(disks().get(1))
                .isEqualTo(new Qemu.Disk(
                        "thr",
                        "stor",
                        "thin2.qcow2",
                        "qcow2",
                        Bytes.mebi(256),
                        Bytes.of(65536),
                        Bytes.mebi(16),
                        true,
                        Bytes.ZERO,
                        Bytes.mebi(8),
                        false));
    }

    @Test
    void negativeThresholdOfAnotherClient_isNone() throws QmpException {
        node("stor").put("write_threshold", -1);

        assertThat(disks().get(1).threshold()).isEqualTo(Bytes.ZERO);
    }

    @Test
    void rawDiskGivenAsFile_isItsOwnStorage() throws QmpException {
        JsonNode inserted = QmpCodec.json("[{\"inserted\": {\"ro\": false, \"node-name\": \"file0\"}}]");

        Qemu.Disk disk = new BlockGraph(nodes).disks(inserted, statsByNode).get(0);

        assertThat(disk.format()).isEqualTo("raw");
        assertThat(disk.storageNode()).isEqualTo("file0");
        assertThat(disk.path()).isEqualTo("thin2.qcow2");
        assertThat(disk.cluster()).isEqualTo(Bytes.ZERO);
    }

    @Test
    void nodeThatVanishedBetweenTwoAnswers_isNamed() {
        JsonNode inserted = QmpCodec.arguments()
                .arrayNode()
                .add(QmpCodec.arguments()
                        .set("inserted", QmpCodec.arguments().put("ro", false).put("node-name", "unplugged")));

        assertThatThrownBy(() -> new BlockGraph(nodes).disks(inserted, stats)).hasMessageContaining("\"unplugged\"");
    }

    @Test
    void answerWithoutItsFields_isRefusedWithTheirNames() {
        node("stor").remove("image");

        assertThatThrownBy(this::disks).hasMessageContaining("\"image\" has to be an object and is missing");
    }

    @Test
    void resizedSlice_keepsItsOtherOptions() throws QmpException {
        JsonNode options = new BlockGraph(nodes).resized("stor", Bytes.mebi(100), statsByNode);

        assertThat(options.toString())
                .isEqualTo("{\"driver\":\"raw\",\"node-name\":\"stor\",\"file\":\"file0\",\"size\":104857600,"
                        + "\"read-only\":false,\"discard\":\"unmap\",\"detect-zeroes\":\"off\","
                        + "\"cache\":{\"direct\":false,\"no-flush\":true}}");
    }

    @Test
    void sliceBehindAnOffset_keepsTheOffset() throws QmpException {
        ((ObjectNode) node("stor").get("image"))
                .put("filename", "json:{\"driver\": \"raw\", \"offset\": 65536, \"size\": 16777216}");

        assertThat(new BlockGraph(nodes)
                        .resized("stor", Bytes.mebi(100), statsByNode)
                        .get("offset")
                        .longValue())
                .isEqualTo(65536);
    }

    @Test
    void nodeThatQemuDoesNotBound_isNotResized() {
        assertThatThrownBy(() -> new BlockGraph(nodes).resized("file0", Bytes.mebi(400), statsByNode))
                .hasMessageContaining("no raw node with a size");
    }

    @Test
    void slice_neverShrinks() {
        assertThatThrownBy(() -> new BlockGraph(nodes).resized("stor", Bytes.mebi(15), statsByNode))
                .hasMessageContaining("cannot shrink");
    }

    private List<Qemu.Disk> disks() throws QmpException {
        return new BlockGraph(nodes).disks(block, stats);
    }

    /** QEMU numbers the nodes that nobody named by chance. */
    private String overlayNode() {
        return block.get(1).get("inserted").get("node-name").textValue();
    }

    private ObjectNode node(String name) {
        for (JsonNode node : nodes) {
            if (node.get("node-name").textValue().equals(name)) {
                return (ObjectNode) node;
            }
        }
        throw new AssertionError(name);
    }
}
