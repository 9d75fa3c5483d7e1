package io.headroom.node.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.headroom.model.Bytes;
import io.headroom.port.Qemu.Event;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QmpCodecTest {
    private static final String STAMP = "{\"timestamp\": {\"seconds\": 1795351106, \"microseconds\": 55326}, ";

    @Test
    void greeting_tellsTheVersion() throws QmpException {
        assertThat(QmpCodec.message("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7},"
                        + " \"package\": \"Debian 1:7.2+dfsg-7\"}, \"capabilities\": [\"oob\"]}}"))
                .isEqualTo(new QmpMessage.Greeting("7.2.22"));
    }

    @Test
    void return_carriesItsIdAndValue() throws QmpException {
        JsonNode value = QmpCodec.json("{\"status\": \"io-error\", \"running\": false}");

        assertThat(QmpCodec.message("{\"return\": {\"status\": \"io-error\", \"running\": false}, \"id\": 17}"))
                .isEqualTo(new QmpMessage.Return(17, value));
    }

    @Test
    void refusal_carriesItsIdClassAndDescription() throws QmpException {
        assertThat(QmpCodec.message("{\"id\": 3, \"error\": {\"class\": \"GenericError\","
                        + " \"desc\": \"Device 'disk0' not found\"}}"))
                .isEqualTo(new QmpMessage.Refusal(3, "GenericError", "Device 'disk0' not found"));
    }

    @Test
    void thresholdEvent_isAThresholdCrossed() throws QmpException {
        assertThat(event("\"BLOCK_WRITE_THRESHOLD\", \"data\": {\"node-name\": \"stor\","
                        + " \"write-threshold\": 8388608, \"amount-exceeded\": 65536}}"))
                .isEqualTo(new Event.ThresholdCrossed("stor", Bytes.mebi(8), Bytes.of(65536)));
    }

    @Test
    void ioErrorEvent_isAnIoFailed() throws QmpException {
        assertThat(event("\"BLOCK_IO_ERROR\", \"data\": {\"device\": \"\", \"nospace\": true, \"node-name\": \"fmt\","
                        + " \"reason\": \"No space left on device\", \"operation\": \"write\", \"action\": \"stop\"}}"))
                .isEqualTo(new Event.IoFailed("fmt", true, true));
    }

    @Test
    void ioErrorThatIsReportedToTheGuest_stopsNothing() throws QmpException {
        assertThat(event("\"BLOCK_IO_ERROR\", \"data\": {\"device\": \"\", \"node-name\": \"fmt\","
                        + " \"operation\": \"read\", \"action\": \"report\"}}"))
                .isEqualTo(new Event.IoFailed("fmt", false, false));
    }

    @Test
    void stateEvents_areTheirFacts() throws QmpException {
        assertThat(event("\"STOP\"}")).isEqualTo(new Event.Stopped());
        assertThat(event("\"RESUME\"}")).isEqualTo(new Event.Resumed());
        assertThat(event("\"SHUTDOWN\", \"data\": {\"guest\": false, \"reason\": \"host-signal\"}}"))
                .isEqualTo(new Event.ShuttingDown());
    }

    @Test
    void unknownEvent_isNamedAndNoFailure() throws QmpException {
        assertThat(QmpCodec.message(STAMP + "\"event\": \"NIC_RX_FILTER_CHANGED\", \"data\": {\"path\": \"/x\"}}"))
                .isEqualTo(new QmpMessage.UnknownEvent("NIC_RX_FILTER_CHANGED"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.2",
                "{\"return\": {}, \"id\": 1",
                "{\"return\": {}, \"id\": 1} {",
                "{\"return\": {}}",
                "{\"return\": {}, \"id\": \"one\"}",
                "{\"return\": {}, \"id\": 99999999999999999999}",
                "{\"error\": {\"class\": \"GenericError\"}, \"id\": 1}",
                "{\"error\": \"no\", \"id\": 1}",
                "{\"event\": 7}",
                "{\"event\": \"BLOCK_WRITE_THRESHOLD\"}",
                "{\"event\": \"BLOCK_WRITE_THRESHOLD\", \"data\": {\"node-name\": \"a\", \"write-threshold\": 1}}",
                "{\"event\": \"BLOCK_WRITE_THRESHOLD\", \"data\": {\"node-name\": \"a\", \"write-threshold\": -1,"
                        + " \"amount-exceeded\": 1}}",
                "{\"event\": \"BLOCK_IO_ERROR\", \"data\": {\"node-name\": \"a\"}}",
                "{\"QMP\": {}}",
                "[]",
                "null",
                "\"hello\""
            })
    void lineThatIsNoMessage_isRefusedWithItsStart(String line) {
        assertThatThrownBy(() -> QmpCodec.message(line)).isInstanceOf(QmpException.class);
    }

    @Test
    void longNonsense_isQuotedInPart() {
        assertThatThrownBy(() -> QmpCodec.message("nonsense".repeat(1000)))
                .hasMessageContaining("nonsensenonsense")
                .satisfies(failure -> assertThat(failure.getMessage()).hasSizeLessThan(400));
    }

    @Test
    void refusalWithoutId_saysWhatQemuCouldNotRead() {
        assertThatThrownBy(() -> QmpCodec.message(
                        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error, stray 'x'\"}}"))
                .hasMessageContaining("stray 'x'");
    }

    @Test
    void command_isOneLineWithItsId() {
        String line = QmpCodec.command(
                5, "block-set-write-threshold", QmpCodec.arguments().put("node-name", "a\n\"b"));

        assertThat(line)
                .isEqualTo("{\"execute\":\"block-set-write-threshold\",\"arguments\":{\"node-name\":\"a\\n\\\"b\"},"
                        + "\"id\":5}\n");
    }

    private static Event event(String rest) throws QmpException {
        return ((QmpMessage.Told) QmpCodec.message(STAMP + "\"event\": " + rest)).event();
    }
}
