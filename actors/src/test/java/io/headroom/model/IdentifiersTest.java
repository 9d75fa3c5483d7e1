package io.headroom.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentifiersTest {
    @ParameterizedTest
    @ValueSource(strings = {"", ".hidden", "-rf", "a b", "a/b", "../x", "a;b", "a$b", "a\nb", "ü"})
    void aNameThatCouldMeanSomethingElsewhereIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new VolumeId(text))
                .withMessageContaining("not a volume id: \"" + text + "\"")
                .withMessageContaining("1 to 40 letters");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new VmName(text))
                .withMessageContaining("not a VM name: \"" + text + "\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PoolId(text))
                .withMessageContaining("not a pool id: \"" + text + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-x", "--force", "a b", "a\nb", "a\"b", "a\\b", "ä"})
    void aLunThatCouldBeAnythingElseIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LunName(text))
                .withMessageContaining("not a device: \"" + text + "\"")
                .withMessageContaining("1 to 255 printable characters");
        assertThat(new LunName("/dev/mapper/san-7@1").value()).isEqualTo("/dev/mapper/san-7@1");
        assertThatIllegalArgumentException().isThrownBy(() -> new LunName("x".repeat(256)));
    }

    @Test
    void aNameHasALimit() {
        assertThat(new VolumeId("x".repeat(Limits.VOLUME_ID_LENGTH)).value()).hasSize(40);
        assertThatIllegalArgumentException().isThrownBy(() -> new VolumeId("x".repeat(41)));
        assertThatIllegalArgumentException().isThrownBy(() -> new VolumeId(null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pBiS1U-XuOW-ywVs-5o7k-kmcx-fY1Q-JuVNVj", "0", "vm+a_b.c:d#1"})
    void anLvmUuidAndLikeNamesAreAllowed(String text) {
        assertThat(new VolumeId(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Limits.HOSTS + 1})
    void aHostIdOutsideThePoolIsRefused(int id) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new HostId(id))
                .withMessage("not a host id: " + id + "; allowed is 1 to 2000");
    }

    @Test
    void theFirstAndTheLastHostIdAreAllowed() {
        assertThat(new HostId(1)).isLessThan(new HostId(Limits.HOSTS));
    }

    @Test
    void epochsGrowAndNeverWrap() {
        assertThat(Epoch.NONE.next()).isEqualTo(new Epoch(1));
        assertThat(new Epoch(2).isAfter(new Epoch(1))).isTrue();
        assertThat(new Epoch(1).isAfter(new Epoch(1))).isFalse();
        assertThat(new Epoch(1).max(new Epoch(2))).isEqualTo(new Epoch(2));
        assertThatIllegalArgumentException().isThrownBy(() -> new Epoch(-1)).withMessageContaining("0 and up");
        assertThatThrownBy(() -> new Epoch(Long.MAX_VALUE).next()).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void ticketsAndIncarnationsGrow() {
        assertThat(Ticket.NONE.next()).isEqualTo(new Ticket(1));
        assertThat(new Incarnation(6, 0xcafe).next(0xbeef)).isEqualTo(new Incarnation(7, 0xbeef));
        assertThat(new Incarnation(7, 0xbeef)).hasToString("7/beef");
        assertThatIllegalArgumentException().isThrownBy(() -> new Ticket(-1)).withMessageContaining("-1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Incarnation(-1, 0))
                .withMessageContaining("-1");
    }

    @Test
    void aLaterEpochIsLaterWhateverTheSequence() {
        LogPosition last = new LogPosition(new Epoch(1), 1_000);
        LogPosition first = new LogPosition(new Epoch(2), 1);

        assertThat(first.isAfter(last)).isTrue();
        assertThat(LogPosition.START.isAfter(LogPosition.START)).isFalse();
        assertThat(first).hasToString("2.1");
    }

    @Test
    void momentsGoOnWhereTheClockWraps() {
        Moment before = new Moment(Long.MAX_VALUE);
        Moment after = before.plus(Duration.ofNanos(5));

        assertThat(before.isBefore(after)).isTrue();
        assertThat(after.isBefore(before)).isFalse();
        assertThat(after.since(before)).isEqualTo(Duration.ofNanos(5));
    }
}
