package io.headroom.rig;

import io.headroom.guest.GuestImage;
import io.headroom.guest.GuestPattern;
import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import io.headroom.node.process.Command;
import io.headroom.node.qemu.QemuImg;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/** Guests that run a small pool full, and LUNs that come while they are paused. */
public final class Exhaustion {
    /** What each guest writes in all; the pool has room for less than half of it. */
    public static final Bytes AMOUNT = Bytes.mebi(40);

    private static final Bytes INITIAL = Bytes.mebi(8);
    private static final Bytes CAPACITY_PER_GUEST = Bytes.mebi(16);
    private static final Bytes VIRTUAL_SIZE = Bytes.mebi(256);
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Rig rig;
    private final int guests;

    private Exhaustion(Rig rig, int guests) {
        this.rig = rig;
        this.guests = guests;
    }

    /** Creates the pool and the nodes' configurations; nothing runs yet. */
    public static Exhaustion create(Path directory, Path distribution, int hosts, int guests) throws IOException {
        return new Exhaustion(
                Rig.create(new Rig.Plan(
                        directory,
                        distribution,
                        hosts,
                        guests,
                        CAPACITY_PER_GUEST.times(guests),
                        VIRTUAL_SIZE,
                        INITIAL,
                        List.of("growth.smallest-chunk = 4M", "growth.largest-chunk = 16M", "growth.takeover = 2s"))),
                guests);
    }

    public Rig rig() {
        return rig;
    }

    /** Starts the nodes, and waits until each reaches the SPM. */
    public void startNodes() throws IOException, TimeoutException {
        for (NodeProcess node : rig.nodes()) {
            node.start();
        }
        Watch.until(
                "every node reaches the SPM",
                PATIENCE,
                () -> rig.nodes().stream().allMatch(node -> node.api().pool().isPresent()));
    }

    public void startGuests(Bytes perSecond) throws IOException {
        for (int guest = 1; guest <= guests; guest++) {
            rig.startGuest(guest, GuestImage.writing(guest, AMOUNT).perSecond(perSecond));
        }
    }

    /** By their names, as their hosts tell of them; those of a host that does not answer are missing. */
    public Map<String, Answer.Vm> vms() {
        Map<String, Answer.Vm> vms = new TreeMap<>();
        rig.nodes().stream()
                .filter(NodeProcess::isAlive)
                .flatMap(node -> node.api().vms().stream())
                .flatMap(answer -> answer.vms().stream())
                .forEach(vm -> vms.put(vm.name(), vm));
        return vms;
    }

    /** Waits until this many VMs are so. */
    public void until(String what, int count, Predicate<Answer.Vm> holds) throws TimeoutException {
        Watch.until(what, PATIENCE, () -> vms().values().stream().filter(holds).count() == count);
    }

    /** Waits until every guest is paused, with the cause stated, and the SPM knows that all of them wait. */
    public void untilAllAreStarved() throws TimeoutException {
        until(
                "every guest is paused for want of space",
                guests,
                vm -> vm.pause().equals("no-space"));
        Watch.until(
                "every request waits",
                PATIENCE,
                () -> rig.serving()
                        .filter(pool -> pool.waiting().stream()
                                        .filter(Answer.Waiting::paused)
                                        .count()
                                == guests)
                        .isPresent());
    }

    /** The guest with this number has written all that it has to. */
    public boolean isDone(int guest) {
        try {
            return rig.guests().get(guest).isDone();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    public void untilDone(Collection<Integer> numbers) throws TimeoutException {
        Watch.until(
                "the guests " + numbers + " have written everything",
                PATIENCE,
                () -> numbers.stream().allMatch(this::isDone));
    }

    /**
     * Runs the program as an operator does, asking a node that lives.
     *
     * @return what it printed
     * @throws IOException with what it said where it failed
     */
    public String run(String... arguments) throws IOException {
        NodeProcess node =
                rig.nodes().stream().filter(NodeProcess::isAlive).findFirst().orElseThrow();
        return runAt(node, arguments);
    }

    /** The same, asking this node. */
    public String runAt(NodeProcess node, String... arguments) throws IOException {
        List<String> argv = new ArrayList<>(List.of(arguments));
        argv.addAll(List.of("--url", node.api().url()));
        Command.Outcome outcome = rig.runUntilAnswered(argv.toArray(String[]::new));
        if (!(outcome instanceof Command.Outcome.Exited exited) || exited.status() != 0) {
            throw new IOException(String.join(" ", arguments) + ": " + outcome);
        }
        return exited.output();
    }

    /** @return what is wrong: sectors that the guests wrote and that are not there, sizes that no record explains */
    public List<String> verify(QemuImg qemuImg) throws IOException, TimeoutException {
        rig.stopGuests();
        History history = untilHistory("the audit explains every volume's size", this::explainsEverySize);
        List<String> wrong = new ArrayList<>(history.contradictions());
        for (Map.Entry<Integer, GuestVm> guest : rig.guests().entrySet()) {
            GuestPattern.Findings findings = guest.getValue().verify(0, qemuImg);
            String name = guest.getValue().name().value();
            if (findings.bad() > 0 || !findings.written().equals(AMOUNT)) {
                wrong.add(name + ": " + findings.written() + " of " + AMOUNT + ", " + findings.bad() + " bad sectors, "
                        + findings.firstBad());
            }
        }
        return wrong;
    }

    /** A request may have been under way when its guest ended: then the volume still grows. */
    private boolean explainsEverySize(History history) {
        return rig.guests().keySet().stream()
                .allMatch(guest -> history.sizeOf(Rig.volume(guest))
                        == rig.volumeSize(guest).value());
    }

    /** The kinds of lines that the audit has. */
    public List<String> audited() throws TimeoutException {
        return untilHistory("the audit is told", told -> true).lines().stream()
                .map(Answer.Line::kind)
                .toList();
    }

    /** The history as the first node tells it, once the ledger holds the whole pool log and it is like this. */
    private History untilHistory(String what, Predicate<History> holds) throws TimeoutException {
        AtomicReference<History> read = new AtomicReference<>();
        Watch.until(what, PATIENCE, () -> {
            read.set(history().orElse(null));
            return read.get() != null && holds.test(read.get());
        });
        return read.get();
    }

    /** Empty while the ledger is behind, and where the node does not answer. */
    private Optional<History> history() {
        boolean isWhole = rig.serving()
                .filter(pool -> pool.logged().equals(pool.journaled()))
                .isPresent();
        try {
            return isWhole ? Optional.of(History.read(rig.nodes().get(0).api())) : Optional.empty();
        } catch (IllegalStateException untold) {
            return Optional.empty();
        }
    }
}
