package io.headroom.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headroom.guest.GuestPattern;
import io.headroom.guest.GuestVm;
import io.headroom.node.api.Answer;
import io.headroom.node.qemu.QemuImg;
import io.headroom.rig.History;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.PauseCounter;
import io.headroom.rig.Rig;
import io.headroom.rig.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What came of a run, against what was promised. */
final class Verdict {
    private static final int LEAST_EXTENSIONS = 3;
    private static final Duration LEDGER_LIMIT = Duration.ofSeconds(60);

    private final Map<String, Object> figures = new LinkedHashMap<>();
    private final List<String> wrong = new ArrayList<>();

    private Verdict() {}

    /** Ends the guests, and reads the audit and the disks. */
    static Verdict of(Rig rig, Takeover takeover, QemuImg qemuImg) throws Exception {
        Verdict verdict = new Verdict();
        Map<String, Integer> pauses = verdict.pauses(rig);
        rig.stopGuests();
        NodeProcess node = rig.node(takeover.next());
        Watch.until(
                "the ledger has caught up",
                LEDGER_LIMIT,
                () -> node.api()
                        .pool()
                        .filter(pool -> pool.logged().equals(pool.journaled()))
                        .isPresent());
        History history = History.read(node.api());
        verdict.wrong.addAll(history.contradictions());
        Map<String, Object> guests = new LinkedHashMap<>();
        for (Map.Entry<Integer, GuestVm> guest : rig.guests().entrySet()) {
            String volume = Rig.volume(guest.getKey());
            long size = rig.volumeSize(guest.getKey()).value();
            verdict.check(
                    size == history.sizeOf(volume),
                    volume + ": the audit ends at " + history.sizeOf(volume) + " bytes, the volume has " + size);
            guests.put(
                    guest.getValue().name().value(),
                    verdict.guest(guest.getValue(), size, history.growthsOf(volume), takeover, qemuImg));
        }
        verdict.figures.put("guests", guests);
        verdict.figures.put(
                "pauses", pauses.values().stream().mapToInt(Integer::intValue).sum());
        verdict.times(history.lines());
        verdict.figures.put("failover_gap_ms", takeover.gap().toMillis());
        verdict.figures.put("spm", Map.of("killed", takeover.killed(), "next", takeover.next()));
        verdict.figures.put("ok", verdict.wrong.isEmpty());
        return verdict;
    }

    private Map<String, Integer> pauses(Rig rig) {
        Map<String, Integer> pauses = new LinkedHashMap<>();
        for (Map.Entry<Integer, GuestVm> guest : rig.guests().entrySet()) {
            String vm = guest.getValue().name().value();
            PauseCounter counter = rig.pauses(guest.getKey());
            pauses.put(vm, counter.pauses());
            check(counter.pauses() == 0, vm + " was paused " + counter.pauses() + " times");
            check(counter.isWhole(), "the second monitor of " + vm + " may have missed a pause");
        }
        return pauses;
    }

    private Map<String, Object> guest(
            GuestVm guest, long size, List<Answer.Line> grown, Takeover takeover, QemuImg qemuImg) throws Exception {
        String vm = guest.name().value();
        long after =
                grown.stream().filter(line -> line.epoch() > takeover.epoch()).count();
        check(grown.size() >= LEAST_EXTENSIONS, vm + " grew " + grown.size() + " times, not " + LEAST_EXTENSIONS);
        check(after >= 1, vm + " did not grow after the takeover");
        GuestPattern.Findings findings = guest.verify(0, qemuImg);
        long written = findings.written().value();
        check(findings.bad() == 0, vm + ": " + findings.bad() + " bad sectors, " + findings.firstBad());
        check(written > 0 && written <= size, vm + " wrote " + written + " bytes to " + size);
        check(
                written >= guest.written().value(),
                vm + " says it wrote " + guest.written() + ", its disk has " + findings.written());
        Map<String, Object> of = new LinkedHashMap<>();
        of.put("written_bytes", written);
        of.put("volume_bytes", size);
        of.put("extensions", grown.size());
        of.put("extensions_after_takeover", after);
        of.put("bad_sectors", findings.bad());
        return of;
    }

    private void times(List<Answer.Line> lines) {
        List<Double> totals = lines.stream()
                .map(Verdict::total)
                .flatMap(Optional::stream)
                .sorted()
                .toList();
        if (!totals.isEmpty()) {
            Map<String, Object> times = new LinkedHashMap<>();
            times.put("count", totals.size());
            times.put("median", totals.get(totals.size() / 2));
            times.put("p99", totals.get((int) Math.ceil(totals.size() * 0.99) - 1));
            times.put("slowest", totals.get(totals.size() - 1));
            figures.put("event_to_rearmed_ms", times);
        }
    }

    /** From QEMU's event to re-armed; empty where the line is no extension, or its host has not told yet. */
    static Optional<Double> total(Answer.Line line) {
        return line.postedMillis() == null || line.toBytes() == null
                ? Optional.empty()
                : Optional.of(
                        line.postedMillis() + line.answeredMillis() + line.refreshedMillis() + line.armedMillis());
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
