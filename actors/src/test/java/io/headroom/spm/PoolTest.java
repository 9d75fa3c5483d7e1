package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.mailbox.Reply;
import io.headroom.mailbox.Request;
import io.headroom.mailbox.Urgency;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.PoolLevel;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolTest {
    private static final VolumeId VOLUME = new VolumeId("v1");
    private static final Bytes EXTENT = Bytes.mebi(128);

    private final Pool pool = new Pool(new Levels(Levels.Limits.NONE, PoolLevel.NORMAL));

    @Test
    void withSpaceTheRequestIsServedAsAsked() {
        with(Bytes.gibi(1), Bytes.gibi(100));

        assertThat(asked(Bytes.gibi(3))).isEqualTo(new Pool.Extend(Bytes.gibi(1), Bytes.gibi(3), false, ""));
    }

    @Test
    void sizesAreRoundedUpToWholeExtents() {
        with(Bytes.gibi(1), Bytes.gibi(100));

        assertThat(asked(Bytes.gibi(3).plus(Bytes.of(1))))
                .isEqualTo(new Pool.Extend(Bytes.gibi(1), Bytes.gibi(3).plus(EXTENT), false, ""));
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

        assertThat(asked(Bytes.gibi(3)))
                .isEqualTo(new Pool.Extend(
                        Bytes.gibi(1),
                        Bytes.gibi(2),
                        true,
                        "volume disk-1, urgency unknown, gets 1 GiB of the 2 GiB that it wants; 1 wants space"));
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

        assertThat(decide(request(new VolumeId("v9"), Bytes.gibi(3))))
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
        assertThat(asked(Bytes.gibi(9))).isInstanceOfSatisfying(Pool.Extend.class, extend -> {
            assertThat(extend.to()).isEqualTo(Bytes.gibi(4));
            assertThat(extend.partly()).isTrue();
        });
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

        assertThat(asked(Bytes.gibi(4))).isEqualTo(new Pool.Extend(Bytes.gibi(2), Bytes.gibi(4), false, ""));
        assertThat(pool.allocated()).isEqualTo(Bytes.gibi(2));
        assertThat(pool.committed()).isEqualTo(Bytes.gibi(9));
        assertThat(pool.capacity()).isEqualTo(Bytes.gibi(200));
    }

    // What is scarce.

    @Test
    void othersWaitToo_soItIsShared_thePausedFirst() {
        withThree(Bytes.gibi(3));
        Request running = request(new VolumeId("v2"), Bytes.gibi(9));
        Request paused = paused(new VolumeId("v3"), Bytes.gibi(9));

        Pool.Decision decision = pool.decide(paused, List.of(request(VOLUME, Bytes.gibi(9)), running, paused));

        assertThat(decision)
                .isEqualTo(new Pool.Extend(
                        Bytes.gibi(1),
                        Bytes.gibi(2),
                        true,
                        "volume v3, paused, gets 1 GiB of the 8 GiB that it wants; 3 want space"));
    }

    @Test
    void oneExtentForThree_isThePausedOnes_andTheOthersWait() {
        withThree(EXTENT);
        Request running = request(VOLUME, Bytes.gibi(9));
        Request paused = paused(new VolumeId("v3"), Bytes.gibi(9));

        assertThat(pool.decide(running, List.of(running, paused))).isInstanceOf(Pool.Hold.class);
        assertThat(pool.decide(paused, List.of(running, paused))).isInstanceOf(Pool.Extend.class);
    }

    @Test
    void whatCannotBeServedAnywayTakesNothingFromTheOthers() {
        withThree(Bytes.gibi(2));
        Request asked = request(VOLUME, Bytes.gibi(3));
        Request unknown = paused(new VolumeId("v9"), Bytes.gibi(9));
        Request enough = paused(new VolumeId("v2"), Bytes.gibi(1));

        assertThat(pool.decide(asked, List.of(asked, unknown, enough)))
                .isEqualTo(new Pool.Extend(Bytes.gibi(1), Bytes.gibi(3), false, ""));
    }

    @Test
    void criticalPool_chunksShrinkButForThePaused() {
        Pool scarce = new Pool(new Levels(new Levels.Limits(20, 10, 5), PoolLevel.NORMAL));
        scarce.learn(inventory(Bytes.gibi(19), ready("v1"), ready("v2")));
        assertThat(scarce.levelChange()).contains(new Levels.Change(PoolLevel.NORMAL, PoolLevel.CRITICAL));
        assertThat(scarce.levelChange()).isEmpty();
        Request running = request(VOLUME, Bytes.gibi(9));
        Request paused = paused(new VolumeId("v2"), Bytes.gibi(9));

        assertThat(scarce.decide(running, List.of(running))).isInstanceOfSatisfying(Pool.Extend.class, extend -> {
            assertThat(extend.to()).isEqualTo(Bytes.gibi(3));
            assertThat(extend.partly()).isTrue();
        });
        assertThat(scarce.decide(paused, List.of(paused)))
                .isEqualTo(new Pool.Extend(Bytes.gibi(1), Bytes.gibi(9), false, ""));
        assertThat(scarce.reserve()).isEqualTo(Bytes.gibi(10));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4, 12, 40})
    void whatMoreSpaceWouldBring_isWhatIsGrantedWhenItComes_atTheLevelOfThen(long more) {
        Levels.Limits limits = new Levels.Limits(20, 10, 5);
        Pool scarce = new Pool(new Levels(limits, PoolLevel.NORMAL));
        scarce.learn(inventory(Bytes.ZERO, ready("v1"), ready("v2")));
        List<Request> waiting = List.of(request(VOLUME, Bytes.gibi(9)), paused(new VolumeId("v2"), Bytes.gibi(9)));

        List<String> told = scarce.shares(Bytes.gibi(more), waiting);

        scarce.learn(new Tenure.Inventory(
                Bytes.gibi(200 + more),
                Bytes.gibi(more),
                EXTENT,
                new Epoch(1),
                List.of(ready("v1"), ready("v2")),
                List.of()));
        assertThat(told).hasSize(2);
        for (Request request : waiting) {
            Pool.Extend extend = (Pool.Extend) scarce.decide(request, waiting);
            assertThat(told)
                    .anyMatch(line -> line.startsWith("volume " + request.volume() + ",")
                            && line.contains(
                                    "gets " + extend.to().minus(extend.from()) + (extend.partly() ? " of" : ", all")));
        }
        assertThat(scarce.size(VOLUME)).as("nothing was given yet").contains(Bytes.gibi(1));
    }

    @Test
    void theLevelFollowsEachExtension() {
        Pool scarce = new Pool(new Levels(new Levels.Limits(20, 10, 5), PoolLevel.NORMAL));
        scarce.learn(inventory(Bytes.gibi(42), ready("v1")));
        assertThat(scarce.levelChange()).isEmpty();

        scarce.extended(VOLUME, Bytes.gibi(5));

        assertThat(scarce.levelChange()).contains(new Levels.Change(PoolLevel.NORMAL, PoolLevel.WARN));
    }

    @Test
    void whatWouldBeFreeIfEveryGuestFilledItsDisk() {
        withThree(Bytes.gibi(100));
        assertThat(pool.guaranteedFree()).isEqualTo(Bytes.gibi(170));
    }

    private void withThree(Bytes free) {
        pool.learn(inventory(free, ready("v1"), ready("v2"), ready("v3")));
    }

    private static Tenure.Volume ready(String volume) {
        return Tenure.Volume.ready(new VolumeId(volume), volume, Bytes.gibi(1), Bytes.gibi(9), Bytes.gibi(10));
    }

    private static Tenure.Inventory inventory(Bytes free, Tenure.Volume... volumes) {
        return new Tenure.Inventory(Bytes.gibi(200), free, EXTENT, new Epoch(1), List.of(volumes), List.of());
    }

    private static Request paused(VolumeId volume, Bytes size) {
        return new Request(new Ticket(1), volume, new VmName("vm1"), size, Why.NO_SPACE, Urgency.PAUSED);
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
        return decide(request(VOLUME, size));
    }

    private Pool.Decision decide(Request request) {
        return pool.decide(request, List.of(request));
    }

    private static Request request(VolumeId volume, Bytes size) {
        return new Request(new Ticket(1), volume, new VmName("vm1"), size, Why.THRESHOLD, Urgency.UNKNOWN);
    }
}
