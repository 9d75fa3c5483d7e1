package io.headroom.store.mailbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Slot;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.PoolLog;
import io.headroom.store.event.PoolEventCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The bytes of format version 1, as they were written once. A failure here means that what stands on somebody's storage
 * can no longer be read: make a new version beside this one. Only before a version was ever used,
 * {@code -Dgolden.rewrite=true} writes its files anew.
 */
class GoldenBlocksTest {
    private static final PoolId POOL = new PoolId("2b7f0c0e-5d0b-4a0e-9a53-6f8f4e1d2c3b");
    private static final HostId HOST = new HostId(7);
    private static final Incarnation INCARNATION = new Incarnation(3, 0x0123456789abcdefL);
    private static final VolumeId VOLUME = new VolumeId("nQ0dXq-8Ghf-lY2u-Zk4B-8wMd-1xUp-Vb3sTe");

    @Test
    void identity_isAsItWas() throws IOException {
        Identity identity = new Identity(POOL, new Layout(2_000, 8, 1_024));

        golden("identity.bin", IdentityCodec.encode(identity));
        assertThat(IdentityCodec.decode(stored("identity.bin"))).isEqualTo(new Decoded.Good<>(identity));
    }

    @Test
    void header_isAsItWas() throws IOException {
        LogPosition ledgered = new LogPosition(new Epoch(11), 4_711);
        Header header =
                new Header(POOL, new Epoch(12), 86_400, HOST, "hv7.example.org:7355", "journal-1", 99_000, ledgered);

        golden("header.bin", HeaderCodec.encode(header));
        assertThat(HeaderCodec.decode(stored("header.bin"), POOL)).isEqualTo(new Decoded.Good<>(header));
    }

    @Test
    void outgoing_isAsItWas() throws IOException {
        OutgoingBlock block =
                new OutgoingBlock(POOL, HOST, 1, 2, INCARNATION, 4_242, new Epoch(12), "hv7.example.org:7355", slots());

        golden("outgoing.bin", OutgoingCodec.encode(block));
        assertThat(OutgoingCodec.decode(stored("outgoing.bin"), POOL, HOST, 1)).isEqualTo(new Decoded.Good<>(block));
    }

    /** Every reason and every urgency once, with and without what was done last. */
    private static List<Slot> slots() {
        LastDone done = new LastDone(
                new Ticket(40),
                Bytes.gibi(3),
                new LastDone.Steps(
                        Duration.ofMillis(2), Duration.ofMillis(11), Duration.ofMillis(40), Duration.ofMillis(1)));
        List<Urgency> urgencies = List.of(
                Urgency.PAUSED,
                Urgency.UNKNOWN,
                Urgency.within(Duration.ofSeconds(90)),
                new Urgency(true, Optional.empty()));
        List<Slot> slots = new ArrayList<>(Collections.nCopies(Limits.SLOTS_PER_BLOCK, Slot.FREE));
        for (Why why : Why.values()) {
            int at = why.ordinal();
            Request request = new Request(
                    new Ticket(41 + at),
                    VOLUME,
                    new VmName("web-" + at),
                    Bytes.gibi(4 + at),
                    why,
                    urgencies.get(at % urgencies.size()));
            Optional<LastDone> before = at % 2 == 0 ? Optional.of(done) : Optional.empty();
            slots.set(2 * at, new Slot(Optional.of(VOLUME), Optional.of(request), before));
        }
        slots.set(18, new Slot(Optional.of(VOLUME), Optional.empty(), Optional.of(done)));
        slots.set(19, new Slot(Optional.of(VOLUME), Optional.empty(), Optional.empty()));
        return slots;
    }

    @Test
    void incoming_isAsItWas() throws IOException {
        List<Optional<Reply>> replies = new ArrayList<>(Collections.nCopies(Limits.SLOTS_PER_BLOCK, Optional.empty()));
        for (Reply.Status status : Reply.Status.values()) {
            int at = status.ordinal();
            replies.set(3 * at, Optional.of(new Reply(new Ticket(41 + at), status, Bytes.gibi(4 + at), new Epoch(12))));
        }
        IncomingBlock block = new IncomingBlock(POOL, HOST, 1, INCARNATION, 77, new Epoch(12), replies);

        golden("incoming.bin", IncomingCodec.encode(block));
        assertThat(IncomingCodec.decode(stored("incoming.bin"), POOL, HOST, 1)).isEqualTo(new Decoded.Good<>(block));
    }

    @Test
    void logPlace_isAsItWas() throws IOException {
        LogPlaceCodec codec = new LogPlaceCodec(POOL, new PoolEventCodec());
        PoolLog.Place place = new PoolLog.Place(2, 513);
        LogEntry entry = new LogEntry(
                new Epoch(12),
                513,
                Instant.parse("2026-02-03T04:05:06.000000789Z"),
                new PoolEvent.SizeFound(VOLUME, Bytes.gibi(4), Bytes.gibi(5)));

        golden("log.bin", codec.encode(place, entry));
        assertThat(codec.decode(stored("log.bin"), place)).isEqualTo(new Decoded.Good<>(entry));
    }

    private static void golden(String name, ByteBuffer encoded) throws IOException {
        if (Boolean.getBoolean("golden.rewrite")) {
            Files.createDirectories(file(name).getParent());
            Files.write(file(name), encoded.array());
        }
        assertThat(dump(encoded.array())).isEqualTo(dump(stored(name).array()));
    }

    private static ByteBuffer stored(String name) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(file(name)));
    }

    /** Surefire tells the module's directory; elsewhere it is the working directory. */
    private static Path file(String name) {
        return Path.of(System.getProperty("basedir", ""))
                .resolve("src/test/resources/golden/v1")
                .resolve(name);
    }

    /** One line for each 16 bytes that are not all zero: a difference shows at its offset. */
    private static String dump(byte[] bytes) {
        StringBuilder lines = new StringBuilder(bytes.length + " bytes\n");
        for (int at = 0; at < bytes.length; at += 16) {
            byte[] row = Arrays.copyOfRange(bytes, at, at + 16);
            if (!Arrays.equals(row, new byte[16])) {
                lines.append(
                        "%4d  %s%n".formatted(at, HexFormat.ofDelimiter(" ").formatHex(row)));
            }
        }
        return lines.toString();
    }
}
