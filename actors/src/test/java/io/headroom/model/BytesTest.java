package io.headroom.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BytesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1073741824, 1073741824",
        "1B, 1",
        "1K, 1024",
        "1G, 1073741824",
        "1GiB, 1073741824",
        "10 MiB, 10485760",
        "' 2T ', 2199023255552",
        "8191P, 9222246136947933184",
        "7E, 8070450532247928832"
    })
    void aSizeIsReadWithBinaryUnits(String text, long bytes) {
        assertThat(Bytes.parse(text)).isEqualTo(Bytes.of(bytes));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "G", "-1", "1.5G", "1 GB", "1g", "1Gi", "1GiBs", "0x10", "1 000", "١"})
    void whatIsNoSizeIsRefusedByNameAndWithWhatIsAllowed(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Bytes.parse(text))
                .withMessageContaining("\"" + text + "\"")
                .withMessageContaining("allowed is a whole number with K, M, G, T, P or E");
    }

    @ParameterizedTest
    @ValueSource(strings = {"8E", "8192P", "9223372036854775808", "9999999999999999999"})
    void aSizeThatDoesNotFitIsRefusedWithTheLargest(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Bytes.parse(text))
                .withMessageContaining("\"" + text + "\"")
                .withMessageContaining("8191P");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1 KiB",
        "1536, 1.5 KiB",
        "2684354560, 2.5 GiB",
        "1099511627776, 1 TiB",
        "9223372036854775807, 8 EiB"
    })
    void peopleReadItWithOneDigit(long bytes, String text) {
        assertThat(Bytes.of(bytes)).hasToString(text);
    }

    @Test
    void arithmeticThatLeavesTheRangeIsABrokenInvariant() {
        Bytes most = Bytes.of(Long.MAX_VALUE);

        assertThatThrownBy(() -> Bytes.of(-1)).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> Bytes.of(1).minus(Bytes.of(2))).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> most.plus(Bytes.of(1))).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> most.times(2)).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> Bytes.gibi(1L << 40)).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> most.roundedUpTo(Bytes.of(4096))).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void roundingStaysWithinOneUnit() {
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            Bytes size = Bytes.of(random.nextLong(1L << 50));
            Bytes unit = Bytes.of(1 + random.nextLong(1L << 30));

            Bytes up = size.roundedUpTo(unit);
            Bytes down = size.roundedDownTo(unit);

            assertThat(up.value() % unit.value()).isZero();
            assertThat(down.value() % unit.value()).isZero();
            assertThat(up.minus(size).value()).isBetween(0L, unit.value() - 1);
            assertThat(size.minus(down).value()).isBetween(0L, unit.value() - 1);
        }
    }

    @Test
    void theDifferenceIsZeroWhereTheOtherIsLarger() {
        assertThat(Bytes.of(3).minusOrZero(Bytes.of(5))).isEqualTo(Bytes.ZERO);
        assertThat(Bytes.of(5).minusOrZero(Bytes.of(3))).isEqualTo(Bytes.of(2));
    }

    @Test
    void theOrderIsByValue() {
        assertThat(Bytes.of(2)).isGreaterThan(Bytes.of(1));
        assertThat(Bytes.of(2).isOver(Bytes.of(2))).isFalse();
        assertThat(Bytes.of(2).isAtLeast(Bytes.of(2))).isTrue();
        assertThat(Bytes.of(2).min(Bytes.of(1))).isEqualTo(Bytes.of(1));
        assertThat(Bytes.of(2).max(Bytes.of(1))).isEqualTo(Bytes.of(2));
    }
}
