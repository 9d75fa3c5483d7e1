package io.headroom.spm;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.mailbox.Reply;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.port.Tenure.Lun;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An SPM whose pool loses a LUN while nobody wants anything. */
class LostLunTest {
    private static final Lun WELL = new Lun("lun-1", "/dev/sdb", Bytes.gibi(500), Bytes.gibi(100), "");
    private static final Lun LOST = new Lun("lun-1", "", Bytes.gibi(500), Bytes.gibi(100), "on it stands web-1");

    private final SpmBench bench = new SpmBench();

    @BeforeEach
    void serve() {
        bench.luns.add(WELL);
        bench.volume("v1", Bytes.gibi(1));
        bench.serve();
    }

    @Test
    void lostLun_isNoticedWithinAMinute_andToldOnce() {
        bench.luns.set(0, LOST);

        bench.live(Spm.LOOK_AT_LUNS.multipliedBy(3));

        assertThat(events()).contains(new PoolEvent.LunLost("lun-1", "/dev/sdb", "on it stands web-1"));
        assertThat(events()).filteredOn(PoolEvent.LunLost.class::isInstance).hasSize(1);
        assertThat(bench.notes).filteredOn(note -> note.contains("is lost")).hasSize(1);
        assertThat(bench.spm.report().problems()).containsExactly("LUN /dev/sdb lun-1: on it stands web-1");
    }

    @Test
    void lunThatCameBack_isToldOnce_andIsNoProblemAnyMore() {
        bench.luns.set(0, LOST);
        bench.live(Spm.LOOK_AT_LUNS.multipliedBy(2));
        bench.luns.set(0, WELL);

        bench.live(Spm.LOOK_AT_LUNS.multipliedBy(2));

        assertThat(events())
                .filteredOn(PoolEvent.LunRecovered.class::isInstance)
                .containsExactly(new PoolEvent.LunRecovered("lun-1", "/dev/sdb"));
        assertThat(bench.spm.report().problems()).isEmpty();
    }

    @Test
    void storageThatCannotBeLookedAt_isAProblem_andTheMailIsServed() {
        bench.failBefore(Spm.Inspect.class::isInstance);

        bench.live(Spm.LOOK_AT_LUNS.multipliedBy(2));

        assertThat(bench.spm.report().problems())
                .singleElement()
                .asString()
                .startsWith("the storage cannot be looked at: ");
        bench.post(7, bench.asks("v1", Bytes.gibi(4)));
        bench.on(new Spm.Rung(new HostId(7)));
        assertThat(bench.reply(7, 0).status()).isEqualTo(Reply.Status.GRANTED);
    }

    private List<PoolEvent> events() {
        return bench.log.values().stream().map(LogEntry::event).toList();
    }
}
