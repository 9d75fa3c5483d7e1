package io.headroom.store.mailbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Header;
import io.headroom.mailbox.IncomingBlock;
import io.headroom.mailbox.OutgoingBlock;
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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BlockCodecTest {
    private static final PoolId POOL = new PoolId("pool-a");
    private static final PoolId OTHER_POOL = new PoolId("pool-b");
    private static final HostId HOST = new HostId(7);
    private static final PoolLog.Place PLACE = new PoolLog.Place(1, 5);
    private static final int SECTOR = 512;

    /** One kind of block, to be tested like all the others. */
    private record Kind(
            String name,
            Function<RandomRecords, ?> record,
            Function<Object, ByteBuffer> encode,
            Function<ByteBuffer, Decoded<?>> decode) {
        @Override
        public String toString() {
            return name;
        }

        ByteBuffer sample(long seed) {
            return encode.apply(record.apply(new RandomRecords(POOL, seed)));
        }
    }

    static Stream<Kind> kinds() {
        LogPlaceCodec log = new LogPlaceCodec(POOL, new PoolEventCodec());
        return Stream.of(
                new Kind(
                        "identity",
                        RandomRecords::identity,
                        identity -> IdentityCodec.encode((Identity) identity),
                        IdentityCodec::decode),
                new Kind(
                        "header",
                        RandomRecords::header,
                        header -> HeaderCodec.encode((Header) header),
                        block -> HeaderCodec.decode(block, POOL)),
                new Kind(
                        "outgoing",
                        records -> records.outgoing(HOST, 2),
                        block -> OutgoingCodec.encode((OutgoingBlock) block),
                        block -> OutgoingCodec.decode(block, POOL, HOST, 2)),
                new Kind(
                        "incoming",
                        records -> records.incoming(HOST, 2),
                        block -> IncomingCodec.encode((IncomingBlock) block),
                        block -> IncomingCodec.decode(block, POOL, HOST, 2)),
                new Kind(
                        "log",
                        RandomRecords::entry,
                        entry -> log.encode(PLACE, (LogEntry) entry),
                        block -> log.decode(block, PLACE)));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void whatIsEncoded_isDecodedAsTheSame(Kind kind) {
        RandomRecords records = new RandomRecords(POOL, 11);
        for (int i = 0; i < 500; i++) {
            Object record = kind.record().apply(records);
            assertThat(kind.decode().apply(kind.encode().apply(record))).isEqualTo(new Decoded.Good<>(record));
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void zeroes_areBlank(Kind kind) {
        assertThat(kind.decode().apply(ByteBuffer.allocate(Frame.SIZE))).isEqualTo(new Decoded.Blank<>());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void everyFlippedBit_isBad(Kind kind) {
        ByteBuffer block = kind.sample(21);
        for (int bit = 0; bit < Frame.SIZE * 8; bit++) {
            flip(block, bit);
            assertThat(kind.decode().apply(block)).as("bit %d", bit).isInstanceOf(Decoded.Bad.class);
            flip(block, bit);
        }
        assertThat(kind.decode().apply(block)).isInstanceOf(Decoded.Good.class);
    }

    private static void flip(ByteBuffer block, int bit) {
        block.put(bit / 8, (byte) (block.get(bit / 8) ^ 1 << bit % 8));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void tornBetweenTwoVersions_isBadOrOneOfThem(Kind kind) {
        for (long seed = 31; seed < 41; seed++) {
            ByteBuffer old = kind.sample(seed);
            ByteBuffer young = kind.sample(seed + 100);
            for (int sectors = 1; sectors < Frame.SIZE / SECTOR; sectors++) {
                ByteBuffer torn = ByteBuffer.allocate(Frame.SIZE)
                        .put(young.slice(0, sectors * SECTOR))
                        .put(old.slice(sectors * SECTOR, Frame.SIZE - sectors * SECTOR))
                        .flip();
                if (!torn.equals(young) && !torn.equals(old)) {
                    assertThat(kind.decode().apply(torn))
                            .as("seed %d, torn after %d sectors", seed, sectors)
                            .isInstanceOf(Decoded.Bad.class);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anythingUnderAFittingChecksum_isAValueAndNeverAnException(Kind kind) {
        Random random = new Random(41);
        ByteBuffer block = kind.sample(42);
        int bad = 0;
        for (int i = 0; i < 20_000; i++) {
            ByteBuffer changed = copy(block);
            for (int n = random.nextInt(3); n >= 0; n--) {
                changed.put(12 + random.nextInt(Frame.SIZE - 12), (byte) random.nextInt());
            }
            Decoded<?> decoded = kind.decode().apply(sealed(changed));
            bad += decoded instanceof Decoded.Bad ? 1 : 0;
            if (decoded instanceof Decoded.Good<?> good && !kind.name().equals("log")) {
                assertThat(kind.encode().apply(good.value()))
                        .as("one value has one form")
                        .isEqualTo(changed);
            }
        }
        assertThat(bad).isPositive();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void fromANewerVersion_saysSo(Kind kind) {
        ByteBuffer newer = sealed(kind.sample(51).putShort(4, (short) 2));

        assertThat(causeOf(kind.decode().apply(newer)))
                .isEqualTo("written in version 2 of the format, this program knows 1; upgrade this node");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void ofAnotherKind_isBad(Kind kind) {
        kinds().filter(other -> !other.name().equals(kind.name()))
                .forEach(other -> assertThat(causeOf(kind.decode().apply(other.sample(61))))
                        .startsWith("it is a block of kind "));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void somebodyElsesBytes_areBad(Kind kind) {
        byte[] text = new byte[Frame.SIZE];
        new Random(71).nextBytes(text);

        assertThat(causeOf(kind.decode().apply(ByteBuffer.wrap(text)))).contains("not a block of Headroom");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void bytesThatAreKeptForLater_haveToBeZero(Kind kind) {
        assertThat(causeOf(kind.decode().apply(sealed(kind.sample(81).put(12, (byte) 1)))))
                .contains("kept for later versions");
        assertThat(causeOf(kind.decode().apply(sealed(kind.sample(81).put(Frame.SIZE - 1, (byte) 1)))))
                .contains("kept for later versions");
    }

    @Test
    void ofAnotherPool_isBad() {
        RandomRecords others = new RandomRecords(OTHER_POOL, 91);
        String cause = "it belongs to pool pool-b, not to pool-a";
        LogPlaceCodec ours = new LogPlaceCodec(POOL, new PoolEventCodec());
        LogPlaceCodec theirs = new LogPlaceCodec(OTHER_POOL, new PoolEventCodec());

        assertThat(HeaderCodec.decode(HeaderCodec.encode(others.header()), POOL))
                .isEqualTo(new Decoded.Bad<>(cause));
        assertThat(OutgoingCodec.decode(OutgoingCodec.encode(others.outgoing(HOST, 0)), POOL, HOST, 0))
                .isEqualTo(new Decoded.Bad<>(cause));
        assertThat(IncomingCodec.decode(IncomingCodec.encode(others.incoming(HOST, 0)), POOL, HOST, 0))
                .isEqualTo(new Decoded.Bad<>(cause));
        assertThat(ours.decode(theirs.encode(PLACE, others.entry()), PLACE)).isEqualTo(new Decoded.Bad<>(cause));
    }

    @Test
    void misplaced_saysWhatItIs() {
        RandomRecords records = new RandomRecords(POOL, 101);
        ByteBuffer outgoing = OutgoingCodec.encode(records.outgoing(HOST, 1));
        ByteBuffer incoming = IncomingCodec.encode(records.incoming(HOST, 1));
        LogPlaceCodec log = new LogPlaceCodec(POOL, new PoolEventCodec());

        assertThat(causeOf(OutgoingCodec.decode(outgoing, POOL, new HostId(8), 1)))
                .isEqualTo("misplaced: it says that it is outgoing 7/1");
        assertThat(causeOf(OutgoingCodec.decode(outgoing, POOL, HOST, 2))).startsWith("misplaced");
        assertThat(causeOf(IncomingCodec.decode(incoming, POOL, new HostId(8), 1)))
                .isEqualTo("misplaced: it says that it is incoming 7/1");
        assertThat(causeOf(log.decode(log.encode(PLACE, records.entry()), new PoolLog.Place(1, 6))))
                .startsWith("misplaced");
    }

    @Test
    void unknownCodes_areBad() {
        ByteBuffer request = OutgoingCodec.encode(asking(Urgency.UNKNOWN));
        ByteBuffer reply = kinds().filter(kind -> kind.name().equals("incoming"))
                .findFirst()
                .orElseThrow()
                .sample(111);
        ByteBuffer entry = kinds().filter(kind -> kind.name().equals("log"))
                .findFirst()
                .orElseThrow()
                .sample(112);

        assertThat(causeOf(outgoing(copy(request).put(256, (byte) 9)))).contains("unknown flags 9");
        assertThat(causeOf(outgoing(copy(request).put(257, (byte) 99)))).contains("unknown reason 99");
        assertThat(causeOf(outgoing(copy(request).put(258, (byte) 4)))).contains("unknown urgency 4");
        assertThat(causeOf(IncomingCodec.decode(sealed(withStatus(reply, 77)), POOL, HOST, 2)))
                .contains("unknown status 77");
        assertThat(causeOf(new LogPlaceCodec(POOL, new PoolEventCodec())
                        .decode(sealed(copy(entry).put(105, (byte) '?')), PLACE)))
                .contains("knows no such event");
    }

    private static ByteBuffer withStatus(ByteBuffer incoming, int status) {
        for (int at = 256; at < Frame.SIZE; at += 192) {
            if (incoming.get(at) != 0) {
                return incoming.put(at, (byte) status);
            }
        }
        throw new AssertionError("the sample has no reply");
    }

    @Test
    void textsAndNumbersOutOfRange_areBad() {
        ByteBuffer request = OutgoingCodec.encode(asking(Urgency.UNKNOWN));

        assertThat(causeOf(outgoing(copy(request).put(256 + 80, (byte) 41)))).contains("a text of 41 characters");
        assertThat(causeOf(outgoing(copy(request).put(256 + 81, (byte) 7)))).contains("unprintable");
        assertThat(causeOf(outgoing(copy(request).put(256 + 81, (byte) '/')))).contains("not a volume id");
        assertThat(causeOf(outgoing(copy(request).putLong(256 + 16, -1)))).contains("a size cannot be negative");
        assertThat(causeOf(outgoing(copy(request).putLong(256 + 24, -1)))).contains("below zero");
        assertThat(causeOf(outgoing(copy(request).putShort(70, (short) 17)))).contains("out of range");
        assertThat(causeOf(outgoing(copy(request).putLong(88, -5)))).contains("below zero");
    }

    @Test
    void timeLeftBelowNoneOrBeyondAllMeasure_isKeptWithinTheFormat() {
        Urgency late = Urgency.within(Duration.ofSeconds(-3));
        Urgency never = Urgency.within(Duration.ofSeconds(Long.MAX_VALUE));

        assertThat(timeLeft(late)).contains(Duration.ZERO);
        assertThat(timeLeft(never).orElseThrow()).isGreaterThan(Duration.ofDays(365L * 200_000));
    }

    private static Optional<Duration> timeLeft(Urgency urgency) {
        Decoded<OutgoingBlock> decoded = outgoing(OutgoingCodec.encode(asking(urgency)));
        return ((Decoded.Good<OutgoingBlock>) decoded)
                .value()
                .slots()
                .get(0)
                .request()
                .orElseThrow()
                .urgency()
                .left();
    }

    @Test
    void whatTheFormatHasNoRoomFor_isRefusedWhenEncoding() {
        Header foreign = new Header(POOL, new Epoch(1), 1, HOST, "höst:1", "", 0, LogPosition.START);
        Header negative = new Header(POOL, new Epoch(1), -1, HOST, "host:1", "", 0, LogPosition.START);
        LogEntry before = new LogEntry(new Epoch(1), 0, Instant.EPOCH, new PoolEvent.SteppedDown(HOST, "asked to"));

        assertThatThrownBy(() -> HeaderCodec.encode(foreign)).hasMessageContaining("printable ASCII");
        assertThatThrownBy(() -> HeaderCodec.encode(negative)).hasMessageContaining("-1 is below zero");
        assertThatThrownBy(() -> new LogPlaceCodec(POOL, new PoolEventCodec()).encode(PLACE, before))
                .hasMessageContaining("sequences from 1");
    }

    private static OutgoingBlock asking(Urgency urgency) {
        VolumeId volume = new VolumeId("v1");
        Request request = new Request(new Ticket(1), volume, new VmName("vm1"), Bytes.gibi(2), Why.THRESHOLD, urgency);
        List<Slot> slots = new ArrayList<>(Collections.nCopies(Limits.SLOTS_PER_BLOCK, Slot.FREE));
        slots.set(0, new Slot(Optional.of(volume), Optional.of(request), Optional.empty()));
        return new OutgoingBlock(POOL, HOST, 2, 3, new Incarnation(1, 2), 3, new Epoch(4), "host7:7355", slots);
    }

    private static Decoded<OutgoingBlock> outgoing(ByteBuffer changed) {
        return OutgoingCodec.decode(sealed(changed), POOL, HOST, 2);
    }

    private static String causeOf(Decoded<?> decoded) {
        assertThat(decoded).isInstanceOf(Decoded.Bad.class);
        return ((Decoded.Bad<?>) decoded).cause();
    }

    private static ByteBuffer copy(ByteBuffer block) {
        return ByteBuffer.allocate(Frame.SIZE).put(block.duplicate()).flip().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Makes the checksum fit the bytes, as a program with a fault would. */
    private static ByteBuffer sealed(ByteBuffer block) {
        ByteBuffer sealed = copy(block).putInt(8, 0);
        CRC32C crc = new CRC32C();
        crc.update(sealed.duplicate());
        return block.putInt(8, (int) crc.getValue());
    }
}
