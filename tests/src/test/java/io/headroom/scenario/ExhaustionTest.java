package io.headroom.scenario;

import static io.headroom.scenario.Scenario.spmAfter;
import static io.headroom.scenario.Scenario.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import io.headroom.node.qemu.QemuImg;
import io.headroom.rig.Exhaustion;
import io.headroom.rig.Signals;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real guests run a small pool full and are paused; LUNs come, too small ones and wrong ones among them. */
class ExhaustionTest {
    private static final int MANY = 20;
    private static final QemuImg IMG = new QemuImg(Duration.ofMinutes(2));

    private Exhaustion exhaustion;

    private void exhaust(String name, int hosts, int guests, Bytes perSecond) throws IOException, TimeoutException {
        exhaustion = Exhaustion.create(
                Path.of("target", "scenario", name), Path.of("..", "node-app", "target", "dist"), hosts, guests);
        exhaustion.startNodes();
        exhaustion.startGuests(perSecond);
        exhaustion.untilAllAreStarved();
    }

    @AfterEach
    void endAll() throws IOException {
        exhaustion.rig().close();
    }

    @Test
    void twentyStarvedDisksOnThreeNodes_aLunThatIsTooSmall_thenALargerOne() throws Exception {
        exhaust("exhausted", 3, MANY, Bytes.mebi(2));
        Map<Integer, Long> before = sizes(MANY);

        Map<Integer, Long> given = whileNoGuestRuns(() -> {
            exhaustion.run("lun", "add", "small", "--size", "10M");
            until(
                    "all of it is given away",
                    () -> exhaustion
                            .rig()
                            .serving()
                            .filter(pool -> pool.freeBytes() == 0)
                            .isPresent());
            return sizes(MANY);
        });
        List<Long> more = given.keySet().stream()
                .map(guest -> given.get(guest) - before.get(guest))
                .toList();
        assertThat(more).as("one extent each, to half of them").allMatch(bytes -> bytes == 0 || bytes == 1 << 20);
        assertThat(more).filteredOn(bytes -> bytes > 0).hasSize(10);
        exhaustion.untilAllAreStarved();

        assertThat(exhaustion.run("lun", "add", "small", "--size", "10M")).contains("is a LUN of the pool already");
        exhaustion.run("lun", "add", "large", "--size", "1G");
        exhaustion.untilDone(all(MANY));

        assertThat(exhaustion.verify(IMG)).isEmpty();
    }

    @Test
    void theSpmIsKilledAsSoonAsTheLunIsAdded_theNextOneHandsItOut() throws Exception {
        exhaust("exhausted-spm-killed", 2, 4, Bytes.mebi(4));
        Answer.Pool before = spmAfter(exhaustion.rig(), 0);

        exhaustion.run("lun", "add", "more", "--size", "1G");
        exhaustion.rig().node(before.spm()).kill();
        spmAfter(exhaustion.rig(), before.epoch());
        exhaustion.rig().node(before.spm()).start();

        exhaustion.untilDone(all(4));
        until(
                "the first node answers again",
                () -> exhaustion.rig().nodes().get(0).api().pool().isPresent());
        assertThat(exhaustion.verify(IMG)).isEmpty();
        assertThat(exhaustion.audited()).contains("lun-added", "taken-over");
    }

    @Test
    void wrongLunsAreRefused_andAHoldOutlivesTheNode() throws Exception {
        exhaust("exhausted-held", 1, 2, Bytes.mebi(4));
        assertThatThrownBy(() -> exhaustion.run("lun", "add", "none", "--size", "0"))
                .hasMessageContaining("next:");
        assertThatThrownBy(() -> exhaustion.run("lun", "add", "a b", "--size", "1G"))
                .hasMessageContaining("not a device");
        assertThatThrownBy(() -> exhaustion.run("volume", "create", "new", "--size", "1G"))
                .hasMessageContaining("the pool is critical");

        exhaustion.run("vm", "hold", "guest2");
        exhaustion.rig().node(1).kill();
        exhaustion.rig().node(1).start();
        exhaustion.until("guest2 is held", 1, Answer.Vm::held);
        until("its node is SPM again", () -> exhaustion.rig().serving().isPresent());
        exhaustion.run("lun", "add", "more", "--size", "1G");
        exhaustion.untilDone(List.of(1));
        until(
                "guest2 has its space and stands",
                () -> Optional.ofNullable(exhaustion.vms().get("guest2"))
                        .filter(vm -> vm.pauseWhy().startsWith("space came, and a person holds the VM"))
                        .isPresent());

        exhaustion.run("vm", "release", "guest2");
        exhaustion.untilDone(List.of(2));
        assertThat(exhaustion.verify(IMG)).isEmpty();
    }

    /** A guest that has its share would use it and ask for more, before the slowest one has got his. */
    private <T> T whileNoGuestRuns(Callable<T> work) throws Exception {
        long[] guests = exhaustion.rig().guests().values().stream()
                .mapToLong(GuestVm::pid)
                .toArray();
        Signals.freeze(guests);
        try {
            return work.call();
        } finally {
            Signals.thaw(guests);
        }
    }

    private static List<Integer> all(int guests) {
        return IntStream.rangeClosed(1, guests).boxed().toList();
    }

    private Map<Integer, Long> sizes(int guests) {
        return all(guests).stream()
                .collect(Collectors.toMap(
                        guest -> guest,
                        guest -> exhaustion.rig().volumeSize(guest).value()));
    }
}
