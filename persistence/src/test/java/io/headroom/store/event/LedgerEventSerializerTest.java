package io.headroom.store.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.ledger.Ledger;
import io.headroom.ledger.LedgerEvent;
import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.LogPosition;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerEventSerializerTest {
    private static final Instant AT = Instant.parse("2026-03-01T12:00:00.123456789Z");

    private final LedgerEventSerializer serializer = new LedgerEventSerializer();

    static List<LedgerEvent> oneOfEachKind() {
        return List.of(
                new LedgerEvent.JournalOpened("0e0f6c1e-6d0e-4b7e-8a43-0f3c9d7a5b21", AT),
                new LedgerEvent.Recorded(
                        new LogEntry(
                                new Epoch(4),
                                17,
                                AT,
                                new PoolEvent.SizeFound(PoolEvents.VOLUME, Bytes.gibi(2), Bytes.gibi(3))),
                        0),
                new LedgerEvent.Hole(
                        new LogPosition(new Epoch(3), 4), new LogPosition(new Epoch(4), 1), "the log is damaged", AT),
                new LedgerEvent.Voided(new LogPosition(new Epoch(3), 4), new LogPosition(new Epoch(3), 6), AT));
    }

    static Stream<Object> stored() {
        return Stream.concat(oneOfEachKind().stream(), Stream.of(snapshot()));
    }

    static List<LedgerEvent> recordedOfEachKind() {
        return PoolEvents.oneOfEachKind().stream()
                .map(event -> (LedgerEvent) new LedgerEvent.Recorded(new LogEntry(new Epoch(1), 2, AT, event), 3))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("stored")
    void everyKind_isWrittenAsItsGoldenFile(Object value) {
        String manifest = serializer.manifest(value);
        String golden = Golden.text("v1/ledger/" + manifest.replace('/', '_') + ".json");

        assertThat(new String(serializer.toBinary(value), UTF_8)).isEqualTo(golden);
        assertThat(serializer.fromBinary(golden.getBytes(UTF_8), manifest)).isEqualTo(value);
    }

    @Test
    void samples_coverEveryKindAndEveryGoldenFile() {
        assertThat(oneOfEachKind())
                .extracting(Object::getClass)
                .containsExactlyInAnyOrder(LedgerEvent.class.getPermittedSubclasses());
        assertThat(stored().map(value -> serializer.manifest(value).replace('/', '_')))
                .containsExactlyInAnyOrderElementsOf(Golden.manifests("v1/ledger").stream()
                        .filter(manifest -> !manifest.equals("ledger.1"))
                        .toList());
    }

    @Test
    void snapshotWithoutWhatRangesComeAfter_isRead() {
        Object old =
                serializer.fromBinary(Golden.text("v1/ledger/ledger.1.json").getBytes(UTF_8), "ledger.1");

        assertThat(old).isEqualTo(snapshot(new LogPosition(new Epoch(2), 0)));
    }

    @ParameterizedTest
    @MethodSource("recordedOfEachKind")
    void recordOfEveryKind_comesBackAsItWas(LedgerEvent event) {
        assertThat(serializer.fromBinary(serializer.toBinary(event), serializer.manifest(event)))
                .isEqualTo(event);
    }

    @ParameterizedTest
    @ValueSource(strings = {"recorded.2/size-found.1", "recorded.1/size-found.9", "hole.2", "ledger.3", ""})
    void unknownManifest_isNamed(String manifest) {
        assertThatThrownBy(() -> serializer.fromBinary(
                        "{\"epoch\":1,\"sequence\":1,\"at\":\"2026-03-01T12:00:00Z\",\"known\":0,\"event\":{}}"
                                .getBytes(UTF_8),
                        manifest))
                .isInstanceOf(UnreadableEvent.class)
                .hasMessageContaining("this version knows no such event");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "null",
                "{\"epoch\":1,\"sequence\":1,\"at\":\"noon\",\"known\":0,\"event\":{}}",
                "{\"epoch\":1,\"sequence\":1,\"at\":\"2026-03-01T12:00:00Z\",\"known\":0,\"event\":null}"
            })
    void damagedRecord_isRefused(String json) {
        assertThatThrownBy(() -> serializer.fromBinary(json.getBytes(UTF_8), "recorded.1/size-found.1"))
                .isInstanceOf(UnreadableEvent.class)
                .hasMessageContaining("size-found.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ledger.1", "ledger.2"})
    void damagedSnapshot_isRefused(String manifest) {
        for (String damaged : List.of("null", "", "{}", "[]", "{\"progress\":{\"ahead\":{\"3.9\":{}}}}")) {
            assertThatThrownBy(() -> serializer.fromBinary(damaged.getBytes(UTF_8), manifest))
                    .isInstanceOf(UnreadableEvent.class)
                    .hasMessageContaining(manifest);
        }
    }

    private static Ledger snapshot() {
        return snapshot(new LogPosition(new Epoch(1), 2));
    }

    /** A ledger with everything in it, a coalesced record taken ahead too. @param after what that one comes after */
    private static Ledger snapshot(LogPosition after) {
        List<PoolEvent> first = List.of(
                new PoolEvent.TakeoverIntended(PoolEvents.ASKED.host(), List.of()),
                new PoolEvent.VolumeCreated(PoolEvents.VOLUME, "disk-1", Bytes.gibi(1), Bytes.gibi(20)));
        Ledger ledger = Ledger.EMPTY.after(oneOfEachKind().get(0));
        for (int i = 0; i < first.size(); i++) {
            ledger = ledger.after(new LedgerEvent.Recorded(new LogEntry(new Epoch(1), i + 1L, AT, first.get(i)), 0));
        }
        PoolEvent.Growth growth = new PoolEvent.Growth(PoolEvents.VOLUME, 12, Bytes.gibi(1), Bytes.gibi(3));
        return ledger.after(new LedgerEvent.Recorded(
                new LogEntry(
                        new Epoch(3), 9, AT, new PoolEvent.Coalesced(new Epoch(2), 1, 8, after, 1, 1, List.of(growth))),
                0));
    }
}
