package io.headroom.chaos;

import io.headroom.guest.GuestPattern;
import io.headroom.guest.GuestVm;
import io.headroom.node.api.Answer;
import io.headroom.node.qemu.QemuImg;
import io.headroom.rig.History;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import io.headroom.rig.Watch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/** What has to hold after every fault, and at the end. */
final class Promises {
    private static final QemuImg IMG = new QemuImg(Duration.ofMinutes(5));

    private final Stage stage;
    private final Duration limit;
    private final Map<Integer, Integer> pauses = new HashMap<>();
    private final Map<Integer, Long> sizes = new HashMap<>();
    private long epoch;

    /** @param limit within which everything that needs no person is well again */
    Promises(Stage stage, Duration limit) {
        this.stage = stage;
        this.limit = limit;
    }

    /**
     * Waits until everything is well again: every node lives and is a member, one SPM serves, every guest runs and is
     * guarded, somebody got space, the ledger has everything, and the history explains every size.
     *
     * @return what is not; empty where all is well
     */
    List<String> check() {
        note();
        List<String> broken = new ArrayList<>();
        for (NodeProcess node : stage.nodes()) {
            if (!node.isAlive()) {
                broken.add("node " + node.host() + " has ended by itself");
            }
        }
        List<String> amiss = new ArrayList<>();
        try {
            Watch.until("all is well again", limit, () -> {
                amiss.clear();
                amiss.addAll(amiss());
                return amiss.isEmpty();
            });
        } catch (TimeoutException late) {
            amiss.forEach(what -> broken.add("after " + limit.toSeconds() + " s still: " + what));
        }
        for (int host : stage.rig().guests().keySet()) {
            int now = stage.pauses(host);
            int before = pauses.getOrDefault(host, 0);
            if (now > before) {
                broken.add("the guest of host " + host + " was paused " + (now - before) + " times");
            }
            pauses.put(host, now);
        }
        return broken;
    }

    private void note() {
        for (int host : stage.rig().guests().keySet()) {
            sizes.put(host, stage.rig().volumeSize(host).value());
        }
    }

    private List<String> amiss() {
        List<String> amiss = new ArrayList<>();
        for (NodeProcess node : stage.nodes()) {
            Optional<Answer.Status> status = node.api().status();
            if (status.isEmpty()) {
                amiss.add("node " + node.host() + " does not answer");
            } else if (!status.get().member() || status.get().pool() == null) {
                amiss.add("node " + node.host() + " is no member or reaches no SPM");
            } else if (!status.get().pool().problems().isEmpty()) {
                amiss.add(
                        "node " + node.host() + " tells " + status.get().pool().problems());
            } else {
                guest(node, amiss);
            }
        }
        List<Integer> growing = stage.growing();
        if (amiss.isEmpty() && !growing.isEmpty() && growing.stream().noneMatch(this::hasGrown)) {
            amiss.add("no volume has grown");
        }
        Optional<Answer.Pool> serving = stage.rig().serving();
        if (amiss.isEmpty() && serving.isEmpty()) {
            amiss.add("no SPM serves");
        } else if (amiss.isEmpty()) {
            Answer.Pool pool = serving.get();
            if (pool.epoch() < epoch) {
                amiss.add("epoch " + pool.epoch() + " serves after epoch " + epoch);
            }
            epoch = pool.epoch();
            if (!pool.logged().equals(pool.journaled())) {
                amiss.add("the ledger is at " + pool.journaled() + " of " + pool.logged());
            } else {
                amiss.addAll(history(stage.nodes().get(0)));
            }
        }
        return amiss;
    }

    private void guest(NodeProcess node, List<String> amiss) {
        int host = node.host();
        Optional<Answer.Disk> disk = Stage.disk(node);
        if (disk.isEmpty()
                || disk.get().thresholdBytes() == 0
                || !disk.get().vmStatus().equals("running")) {
            amiss.add("the guest of host " + host + " is not guarded or does not run: " + disk.orElse(null));
        }
    }

    private boolean hasGrown(int host) {
        return stage.rig().volumeSize(host).value() > sizes.get(host);
    }

    /** The audit against the storage, as long as nothing grows in between. */
    private List<String> history(NodeProcess told) {
        Map<Integer, Long> before = currentSizes();
        History history;
        try {
            history = History.read(told.api());
        } catch (IllegalStateException untold) {
            return List.of("the audit: " + untold.getMessage());
        }
        List<String> wrong = new ArrayList<>(history.contradictions());
        wrong.addAll(foreignWrites(history));
        if (currentSizes().equals(before)) {
            before.forEach((host, size) -> {
                long explained = history.sizeOf(Rig.volume(host));
                if (explained != size) {
                    wrong.add("the audit ends at " + explained + " for the volume of host " + host + ", which has "
                            + size);
                }
            });
        } else {
            wrong.add("a volume grew while the audit was read");
        }
        return wrong;
    }

    /** An epoch that changes the pool after a later one did. */
    private static List<String> foreignWrites(History history) {
        List<String> found = new ArrayList<>();
        long last = 0;
        for (Answer.Line line : history.lines()) {
            if (line.kind().equals("extended")) {
                if (line.epoch() < last) {
                    found.add("epoch " + line.epoch() + " extended after epoch " + last + ": " + line);
                }
                last = Math.max(last, line.epoch());
            }
        }
        return found;
    }

    private Map<Integer, Long> currentSizes() {
        Map<Integer, Long> now = new HashMap<>();
        stage.rig()
                .guests()
                .keySet()
                .forEach(host -> now.put(host, stage.rig().volumeSize(host).value()));
        return now;
    }

    /** Ends the guests, and reads back what they wrote. */
    List<String> checkData() throws IOException {
        List<String> broken = new ArrayList<>();
        stage.rig().stopGuests();
        for (GuestVm guest : stage.rig().guests().values()) {
            GuestPattern.Findings findings = guest.verify(0, IMG);
            if (findings.bad() > 0) {
                broken.add(findings.bad() + " bad sectors of " + guest.name() + ": " + findings.firstBad());
            }
            if (!findings.written().isAtLeast(guest.written())) {
                broken.add(guest.name() + " says it wrote " + guest.written() + "; found are " + findings.written());
            }
        }
        return broken;
    }
}
