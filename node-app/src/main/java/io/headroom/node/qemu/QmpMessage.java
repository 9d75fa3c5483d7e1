package io.headroom.node.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import io.headroom.port.Qemu;

/** What a monitor can say in one line. */
sealed interface QmpMessage {
    /** The first line of a connection. @param version QEMU's version, such as {@code 7.2.22} */
    record Greeting(String version) implements QmpMessage {}

    /** @param id the number of the command that this answers */
    record Return(long id, JsonNode value) implements QmpMessage {}

    /** @param id the number of the command that QEMU refuses */
    record Refusal(long id, String errorClass, String description) implements QmpMessage {}

    /** An event that means something to us. */
    record Told(Qemu.Event event) implements QmpMessage {}

    /** An event that means nothing to us. */
    record UnknownEvent(String name) implements QmpMessage {}
}
