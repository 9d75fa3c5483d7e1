package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PoolTest {
    private static final VolumeId VOLUME = new VolumeId("v1");
    private static final Bytes EXTENT = Bytes.mebi(128);

    private final Pool pool = new Pool();

    @Test
    void withSpaceTheRequestIsServedAsAsked() {
        with(Bytes.gibi(1), Bytes.gibi(100));

        assertThat(asked(Bytes.gibi(3))).isEqualTo(new Pool.Extend(Bytes.gibi(1), Bytes.gibi(3), false));
    }

    @Test
    void sizesAreRoundedUpToWholeExtents() {
        with(Bytes.gibi(1), Bytes.gibi(100));

        assertThat(asked(Bytes.gibi(3).plus(Bytes.of(1))))
                .isEqualTo(new Pool.Extend(Bytes.gibi(1), Bytes.gibi(3).plus(EXTENT), false));
    }

    @Test
    void aVolumeThatHasTheSizeIsLeftAsItIs() {
        with(Bytes.gibi(3), Bytes.gibi(100));

        assertThat(asked(Bytes.gibi(3))).isEqualTo(new Pool.AlreadyLargeEnough(Bytes.gibi(3)));
        assertThat(asked(Bytes.gibi(2))).isEqualTo(new Pool.AlreadyLargeEnough(Bytes.gibi(3)));
        assertThat(asked(Bytes.gibi(3).minus(Bytes.of(1)))).isEqualTo(new Pool.AlreadyLargeEnough(Bytes.gibi(3)));
    }

    @Test
    void aPoolThatHasLessGivesWhatItHas() {
        with(Bytes.gibi(1), Bytes.gibi(1));

        assertThat(asked(Bytes.gibi(3))).isEqualTo(new Pool.Extend(Bytes.gibi(1), Bytes.gibi(2), true));
    }

    @Test
    void lessThanOneExtentIsNothing() {
        with(Bytes.gibi(1), EXTENT.minus(Bytes.of(1)));

        assertThat(asked(Bytes.gibi(3))).isInstanceOfSatisfying(Pool.Hold.class, hold -> {
            assertThat(hold.status()).isEqualTo(Reply.Status.WAITING);
            assertThat(hold.size()).isEqualTo(Bytes.gibi(1));
            assertThat(hold.cause()).isEqualTo("the pool has 128.0 MiB free, volume disk-1 needs 2 GiB");
        });
    }

    @Test
    void moreThanTheVolumeMayEverHaveIsRefused() {
        with(Bytes.gibi(1), Bytes.gibi(100));

        assertThat(asked(Bytes.gibi(10))).isInstanceOf(Pool.Extend.class);
        assertThat(asked(Bytes.gibi(11))).isInstanceOfSatisfying(Pool.Hold.class, hold -> {
            assertThat(hold.status()).isEqualTo(Reply.Status.OVER_LIMIT);
            assertThat(hold.cause()).contains("volume disk-1 may have at most 10 GiB, not 11 GiB");
        });
    }

    @Test
    void aVolumeThatIsNotThereIsRefused() {
        with(Bytes.gibi(1), Bytes.gibi(100));

        assertThat(pool.decide(request(new VolumeId("v9"), Bytes.gibi(3))))
                .isEqualTo(new Pool.Hold(Reply.Status.UNKNOWN_VOLUME, Bytes.ZERO, "the pool has no volume v9"));
    }

    @ParameterizedTest
    @EnumSource(names = {"UNFINISHED", "CONDEMNED"})
    void aVolumeThatComesOrGoesIsNeverGrown(Tenure.State state) {
        with(Bytes.gibi(100), ready(Bytes.gibi(1)).withState(state));

        assertThat(asked(Bytes.gibi(3)))
                .isInstanceOfSatisfying(
                        Pool.Hold.class, hold -> assertThat(hold.status()).isEqualTo(Reply.Status.STORAGE_REFUSED));
        assertThat(asked(Bytes.gibi(1)))
                .as("not even told that it is large enough")
                .isInstanceOf(Pool.Hold.class);
    }

    @Test
    void aVolumeIsFoundByItsNameOrItsId_byItsNameFirst() {
        Tenure.Volume other =
                Tenure.Volume.ready(new VolumeId("v2"), VOLUME.value(), Bytes.gibi(1), Bytes.gibi(9), Bytes.gibi(10));
        with(Bytes.gibi(100), ready(Bytes.gibi(1)), other);

        assertThat(pool.find("disk-1").orElseThrow().id()).isEqualTo(VOLUME);
        assertThat(pool.find("v2")).contains(other);
        assertThat(pool.find(VOLUME.value())).contains(other);
        assertThat(pool.find("nobody")).isEmpty();
    }

    @Test
    void whatWasExtendedIsNoLongerFree() {
        with(Bytes.gibi(1), Bytes.gibi(3));

        pool.extended(VOLUME, Bytes.gibi(3));

        assertThat(pool.free()).isEqualTo(Bytes.gibi(1));
        assertThat(pool.size(VOLUME)).contains(Bytes.gibi(3));
        assertThat(asked(Bytes.gibi(9))).isEqualTo(new Pool.Extend(Bytes.gibi(3), Bytes.gibi(4), true));
    }

    @Test
    void anOlderSizeOrAnotherVolumeChangesNothing() {
        with(Bytes.gibi(3), Bytes.gibi(3));

        pool.extended(VOLUME, Bytes.gibi(2));
        pool.extended(new VolumeId("v9"), Bytes.gibi(2));

        assertThat(pool.free()).isEqualTo(Bytes.gibi(3));
        assertThat(pool.count()).isEqualTo(1);
    }

    @Test
    void whatTheStorageSaysReplacesWhatWasBelieved() {
        with(Bytes.gibi(1), Bytes.ZERO);
        with(Bytes.gibi(2), Bytes.gibi(50));

        assertThat(asked(Bytes.gibi(4))).isEqualTo(new Pool.Extend(Bytes.gibi(2), Bytes.gibi(4), false));
        assertThat(pool.allocated()).isEqualTo(Bytes.gibi(2));
        assertThat(pool.committed()).isEqualTo(Bytes.gibi(9));
        assertThat(pool.capacity()).isEqualTo(Bytes.gibi(200));
    }

    private void with(Bytes size, Bytes free) {
        with(free, ready(size));
    }

    private void with(Bytes free, Tenure.Volume... volumes) {
        pool.learn(new Tenure.Inventory(Bytes.gibi(200), free, EXTENT, new Epoch(1), List.of(volumes), List.of()));
    }

    private static Tenure.Volume ready(Bytes size) {
        return Tenure.Volume.ready(VOLUME, "disk-1", size, Bytes.gibi(9), Bytes.gibi(10));
    }

    private Pool.Decision asked(Bytes size) {
        return pool.decide(request(VOLUME, size));
    }

    private static Request request(VolumeId volume, Bytes size) {
        return new Request(new Ticket(1), volume, new VmName("vm1"), size, Why.THRESHOLD, Urgency.UNKNOWN);
    }
}
