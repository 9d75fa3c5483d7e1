package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.ledger.PoolEvent;
import io.headroom.model.Bytes;
import io.headroom.port.Tenure.Lun;
import java.util.List;
import org.junit.jupiter.api.Test;

class LunHealthTest {
    private static final Lun WELL = new Lun("lun-1", "/dev/sdb", Bytes.gibi(1), Bytes.ZERO, "");
    private static final Lun LOST = new Lun("lun-1", "", Bytes.gibi(1), Bytes.ZERO, "it is gone");
    private static final Lun OTHER = new Lun("lun-2", "/dev/sdc", Bytes.gibi(1), Bytes.ZERO, "");

    private final LunHealth health = new LunHealth();

    @Test
    void lunsThatAreWell_areNoNews() {
        assertThat(health.learn(List.of(WELL, OTHER))).isEmpty();
        assertThat(health.problems()).isEmpty();
    }

    @Test
    void lostLun_isNewsOnce_byTheNameThatItHad() {
        health.learn(List.of(WELL, OTHER));

        assertThat(health.learn(List.of(LOST, OTHER)))
                .containsExactly(new PoolEvent.LunLost("lun-1", "/dev/sdb", "it is gone"));
        assertThat(health.learn(List.of(LOST, OTHER))).isEmpty();
        assertThat(health.problems()).containsExactly("LUN /dev/sdb lun-1: it is gone");
    }

    @Test
    void lunThatIsLostAtFirstSight_isNewsWithoutAName() {
        assertThat(health.learn(List.of(LOST))).containsExactly(new PoolEvent.LunLost("lun-1", "", "it is gone"));
        assertThat(health.problems()).containsExactly("LUN lun-1: it is gone");
    }

    @Test
    void lunThatCameBack_isNewsOnce_andMayBeLostAgain() {
        health.learn(List.of(WELL));
        health.learn(List.of(LOST));

        assertThat(health.learn(List.of(WELL))).containsExactly(new PoolEvent.LunRecovered("lun-1", "/dev/sdb"));
        assertThat(health.learn(List.of(WELL))).isEmpty();
        assertThat(health.problems()).isEmpty();
        assertThat(health.learn(List.of(LOST))).hasSize(1);
    }

    @Test
    void lunThatWasTakenOutOfThePool_isNoProblemAnyMore() {
        health.learn(List.of(LOST, OTHER));

        assertThat(health.learn(List.of(OTHER))).isEmpty();
        assertThat(health.problems()).isEmpty();
    }
}
