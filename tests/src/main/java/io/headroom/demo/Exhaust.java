package io.headroom.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import io.headroom.node.qemu.QemuImg;
import io.headroom.rig.Exhaustion;
import io.headroom.rig.NodeProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The pool is empty, and then it is not: guests are paused, a LUN comes, and all go on but the one that is held. */
final class Exhaust {
    private static final int HOSTS = 3;
    private static final int HELD = 3;
    private static final Bytes RATE = Bytes.mebi(2);
    private static final Duration READING_LIMIT = Duration.ofMinutes(2);

    private final Exhaustion exhaustion;
    private final Consumer<String> say;
    private final Map<String, Object> figures = new LinkedHashMap<>();
    private final List<String> wrong = new ArrayList<>();

    private Exhaust(Exhaustion exhaustion, Consumer<String> say) {
        this.exhaustion = exhaustion;
        this.say = say;
    }

    static Exhaust create(Path directory, Path distribution, Consumer<String> say) throws Exception {
        return new Exhaust(Exhaustion.create(directory, distribution, HOSTS, HOSTS), say);
    }

    AutoCloseable rig() {
        return exhaustion.rig();
    }

    void run() throws Exception {
        exhaustion.startNodes();
        say.accept("all nodes are up; " + HOSTS + " guests write until the pool is full");
        exhaustion.startGuests(RATE);
        exhaustion.untilAllAreStarved();
        exhaustion.vms().values().forEach(vm -> say.accept("  " + vm.name() + " is paused: " + vm.pauseWhy()));
        exhaustion.rig().serving().ifPresent(pool -> {
            say.accept("  the pool is " + pool.level() + ": " + Bytes.of(pool.freeBytes()) + " of "
                    + Bytes.of(pool.capacityBytes()) + " free, " + pool.waiting().size() + " requests wait");
            check(pool.level().equals("critical"), "a full pool is " + pool.level());
        });
        String held = "guest" + HELD;
        NodeProcess heldBy = exhaustion.rig().node(HELD);
        say.accept(exhaustion.runAt(heldBy, "vm", "hold", held).strip());
        say.accept("headroom lun add lun-1 --size 1G --dry-run");
        say.accept(exhaustion.run("lun", "add", "lun-1", "--size", "1G", "--dry-run").stripTrailing());
        say.accept("headroom lun add lun-1 --size 1G");
        long began = System.nanoTime();
        say.accept(exhaustion.run("lun", "add", "lun-1", "--size", "1G").stripTrailing());
        figures.put("lun_add_command_ms", (System.nanoTime() - began) / 1_000_000);
        exhaustion.until("all but the held guest run", HOSTS - 1, vm -> vm.pause().equals("none"));
        figures.put("lun_added_to_last_running_ms", (System.nanoTime() - began) / 1_000_000);
        say.accept("  they run; " + held + " stays where it is");
        exhaustion.untilDone(List.of(1, 2));
        checkHeld(held);
        say.accept(exhaustion.runAt(heldBy, "vm", "release", held).strip());
        exhaustion.untilDone(List.of(HELD));
        verify();
    }

    private void checkHeld(String held) {
        Answer.Vm vm = exhaustion.vms().get(held);
        check(vm != null && vm.pause().equals("held"), held + " does not stay paused: " + vm);
        say.accept("  the others have written everything; " + held + ": " + (vm == null ? "" : vm.pauseWhy()));
        figures.put("held_stayed_paused", vm != null && vm.pause().equals("held"));
    }

    private void verify() throws Exception {
        say.accept("stopping the guests, reading their disks back");
        wrong.addAll(exhaustion.verify(new QemuImg(READING_LIMIT)));
        List<String> audited = exhaustion.audited();
        for (String kind : List.of("level-critical", "level-normal", "lun-added", "held")) {
            check(audited.contains(kind), "the audit has no line of the kind " + kind);
        }
        Map<String, Object> pauses = new LinkedHashMap<>();
        exhaustion.rig().guests().keySet().forEach(guest -> pauses.put(
                "guest" + guest, exhaustion.rig().pauses(guest).pauses()));
        figures.put("guests", HOSTS);
        figures.put("written_bytes_each", Exhaustion.AMOUNT.value());
        figures.put("pauses", pauses);
        figures.put("ok", wrong.isEmpty());
    }

    private void check(boolean holds, String otherwise) {
        if (!holds) {
            wrong.add(otherwise);
        }
    }

    List<String> wrong() {
        return wrong;
    }

    String json() throws JsonProcessingException {
        return new ObjectMapper().writeValueAsString(figures);
    }
}
