package io.headroom.store.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.ledger.Deed;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import io.headroom.model.LogPosition;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolEventCodecTest {
    private final PoolEventCodec codec = new PoolEventCodec();

    static List<PoolEvent> oneOfEachKind() {
        return PoolEvents.oneOfEachKind();
    }

    static final List<String> GOLDEN = Golden.manifests("v1/events");

    @ParameterizedTest
    @MethodSource("oneOfEachKind")
    void everyKind_isWrittenAsItsGoldenFile(PoolEvent event) {
        String golden = Golden.text("v1/events/" + codec.manifest(event) + ".json");

        assertThat(new String(codec.encode(event), UTF_8)).isEqualTo(golden);
        assertThat(codec.decode(codec.manifest(event), golden.getBytes(UTF_8))).isEqualTo(event);
    }

    static List<Deed> everyDeed() {
        return PoolEvents.deeds();
    }

    /** Inside of the event: a deed has no manifest of its own. */
    @ParameterizedTest
    @MethodSource("everyDeed")
    void everyDeed_isWrittenAsItsGoldenFile(Deed deed) {
        PoolEvent event = new PoolEvent.OrderIntended(deed, "root");
        String golden = Golden.text("v1/deeds/" + kind(deed) + ".json");

        assertThat(new String(codec.encode(event), UTF_8)).isEqualTo(golden);
        assertThat(codec.decode("order-intended.1", golden.getBytes(UTF_8))).isEqualTo(event);
    }

    private static String kind(Deed deed) {
        return deed.getClass()
                .getSimpleName()
                .replaceAll("(?<=.)([A-Z])", "-$1")
                .toLowerCase(Locale.ROOT);
    }

    @Test
    void deeds_coverEveryKind() {
        assertThat(everyDeed())
                .extracting(Object::getClass)
                .containsExactlyInAnyOrder(Deed.class.getPermittedSubclasses());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"deed\":{\"name\":\"a\",\"size\":1,\"virtualSize\":1},\"by\":\"root\"}",
                "{\"deed\":{\"kind\":\"theft\",\"name\":\"a\"},\"by\":\"root\"}",
                "{\"deed\":{\"kind\":\"creation\",\"name\":\"a\",\"size\":1},\"by\":\"root\"}",
                "{\"deed\":null,\"by\":\"root\"}",
            })
    void damagedDeed_isRefusedWithTheManifest(String json) {
        assertThatThrownBy(() -> codec.decode("order-intended.1", json.getBytes(UTF_8)))
                .isInstanceOf(UnreadableEvent.class)
                .hasMessageContaining("order-intended.1");
    }

    @Test
    void whoOrdered_isKeptPrintableAndShort() {
        PoolEvent.OrderIntended event =
                new PoolEvent.OrderIntended(everyDeed().get(0), "r\"\u0001\u00e9" + "x".repeat(100));

        assertThat(event.by()).isEqualTo("r???" + "x".repeat(60));
    }

    @Test
    void samples_coverEveryKind() {
        assertThat(oneOfEachKind())
                .extracting(Object::getClass)
                .containsExactlyInAnyOrder(PoolEvent.class.getPermittedSubclasses());
    }

    @ParameterizedTest
    @FieldSource("GOLDEN")
    void everyGoldenFile_isRead(String manifest) {
        byte[] golden = Golden.text("v1/events/" + manifest + ".json").getBytes(UTF_8);

        assertThat(codec.decode(manifest, golden)).isNotNull();
    }

    @Test
    void coalescedOfTheFirstFormat_tellsWhatItComesAfterWhereItCan() {
        String golden = Golden.text("v1/events/coalesced.1.json");

        assertThat(coalescedOfTheFirstFormat(golden).after()).isEqualTo(new LogPosition(new Epoch(4), 1));
        assertThat(coalescedOfTheFirstFormat(golden.replace("\"first\":2", "\"first\":1"))
                        .after())
                .as("what came before a whole epoch is not known")
                .isEqualTo(new LogPosition(new Epoch(4), 0));
        assertThatThrownBy(() -> coalescedOfTheFirstFormat(golden.replace("\"first\":2,", "")))
                .isInstanceOf(UnreadableEvent.class)
                .hasMessageContaining("coalesced.1");
    }

    private PoolEvent.Coalesced coalescedOfTheFirstFormat(String json) {
        return (PoolEvent.Coalesced) codec.decode("coalesced.1", json.getBytes(UTF_8));
    }

    @Test
    void manifests_areDistinctAndNameNoClass() {
        Set<String> manifests = oneOfEachKind().stream().map(codec::manifest).collect(Collectors.toSet());

        assertThat(manifests).hasSameSizeAs(oneOfEachKind()).allMatch(manifest -> manifest.matches("[a-z-]+\\.\\d+"));
    }

    @Test
    void durations_areKeptInWholeMicroseconds() {
        PoolEvent event = new PoolEvent.TakenOver(new HostId(1), Duration.ofNanos(1_999));

        assertThat(codec.decode(codec.manifest(event), codec.encode(event)))
                .isEqualTo(new PoolEvent.TakenOver(new HostId(1), Duration.ofNanos(1_000)));
    }

    @Test
    void largestEvents_fitTheirPlaceInTheLog() {
        String words = "\u0001".repeat(10_000);
        PoolEvent.Asked asked = new PoolEvent.Asked(
                new HostId(Limits.HOSTS),
                new VmName("m".repeat(Limits.VM_NAME_LENGTH)),
                longestVolume(),
                new Ticket(Long.MAX_VALUE),
                Bytes.of(Long.MAX_VALUE),
                Why.NO_SPACE,
                false);
        Bytes size = Bytes.of(Long.MAX_VALUE);
        Epoch epoch = new Epoch(Long.MAX_VALUE);

        assertThat(codec.encode(new PoolEvent.ExtensionAbandoned(asked, size, size, epoch, words)))
                .hasSizeLessThanOrEqualTo(PoolEventCodec.LARGEST);
        Deed largest = new Deed.NewLun("/" + "d".repeat(Limits.DEVICE_LENGTH - 1), size, true);
        assertThat(codec.encode(new PoolEvent.OrderAbandoned(largest, "b".repeat(Limits.BY_LENGTH), epoch, words)))
                .hasSizeLessThanOrEqualTo(PoolEventCodec.LARGEST);
        assertThat(codec.encode(coalesced(PoolEvent.Coalesced.MAX_GROWTHS)))
                .hasSizeLessThanOrEqualTo(PoolEventCodec.LARGEST);
        assertThat(codec.encode(new PoolEvent.TakeoverIntended(
                        new HostId(1),
                        Collections.nCopies(
                                PoolEvent.TakeoverIntended.MAX_SEALS,
                                new PoolEvent.Seal(new Epoch(9_999_999), 9_999_999_999L)))))
                .hasSizeLessThanOrEqualTo(PoolEventCodec.LARGEST);
    }

    @Test
    void oneGrowthMore_isRefused() {
        assertThatThrownBy(() -> coalesced(PoolEvent.Coalesced.MAX_GROWTHS + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("29 growths", "the most is 28");
    }

    @Test
    void tooLarge_isRefusedWithItsSize() {
        PoolEvent event = new PoolEvent.VolumeCreated(PoolEvents.VOLUME, "n".repeat(4_000), Bytes.ZERO, Bytes.ZERO);

        assertThatThrownBy(() -> codec.encode(event))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("volume-created.1", "the most is 3900");
    }

    @Test
    void longWords_areCutBetweenCharacters() {
        String words = "x".repeat(Limits.CAUSE_LENGTH - 1) + "\uD83D\uDE00";
        PoolEvent event = new PoolEvent.SteppedDown(new HostId(1), words);

        assertThat(codec.decode(codec.manifest(event), codec.encode(event)))
                .isEqualTo(new PoolEvent.SteppedDown(new HostId(1), "x".repeat(Limits.CAUSE_LENGTH - 1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"volume-extended.2", "volume-shrunk.1", "io.headroom.ledger.PoolEvent$VolumeExtended", ""})
    void unknownManifest_isNamed(String manifest) {
        assertThatThrownBy(() -> codec.decode(manifest, "{}".getBytes(UTF_8)))
                .isInstanceOf(UnreadableEvent.class)
                .hasMessageContaining('"' + manifest + '"')
                .extracting(error -> ((UnreadableEvent) error).manifest())
                .isEqualTo(manifest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "{\"spm\":7",
                "{\"spm\":7}",
                "{\"spm\":7,\"took\":null}",
                "{\"spm\":7,\"took\":1,\"more\":1}",
                "{\"spm\":7,\"took\":1}{}",
                "{\"spm\":0,\"took\":1}",
                "{\"spm\":99999999999,\"took\":1}",
                "{\"spm\":\"7\",\"took\":1}",
                "{\"spm\":7,\"took\":1.5}",
                "{\"spm\":7,\"took\":99999999999999999999}",
                "{\"spm\":7,\"took\":{}}"
            })
    void damagedJson_isRefusedWithItsManifest(String json) {
        assertThatThrownBy(() -> codec.decode("taken-over.1", json.getBytes(UTF_8)))
                .isInstanceOf(UnreadableEvent.class)
                .hasMessageContaining("taken-over.1");
    }

    private static PoolEvent coalesced(int growths) {
        Bytes size = Bytes.of(Long.MAX_VALUE);
        return new PoolEvent.Coalesced(
                new Epoch(Long.MAX_VALUE),
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                new LogPosition(new Epoch(Long.MAX_VALUE), Long.MAX_VALUE - 1),
                Integer.MAX_VALUE,
                Integer.MAX_VALUE,
                Collections.nCopies(growths, new PoolEvent.Growth(longestVolume(), Integer.MAX_VALUE, size, size)));
    }

    private static VolumeId longestVolume() {
        return new VolumeId("v".repeat(Limits.VOLUME_ID_LENGTH));
    }
}
