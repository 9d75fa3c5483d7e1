package io.headroom.chaos;

import io.headroom.rig.Watch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code make chaos}: inflicts faults for as long as asked and counts the promises that did not hold. */
@Command(
        name = "chaos",
        mixinStandardHelpOptions = true,
        description = {
            "Inflicts one fault after the other on three nodes and three guests that write, and checks after each that"
                    + " every promise holds. As root it can do more: cut networks, fill disks, slow storage down.",
            "Exit status 0 only where no promise was broken. The seed decides which fault comes when."
        })
public final class Chaos implements Callable<Integer> {
    private static final int BROKEN = 1;
    private static final int HOSTS = 3;
    private static final double LONGEST_MINUTES = 24 * 60;

    /** How long the guests have something to write, where faults are counted instead of minutes. */
    private static final Duration PER_FAULT = Duration.ofSeconds(100);

    @Option(names = "--minutes", description = "Inflict faults for so long (default: ${DEFAULT-VALUE}).")
    private double minutes = 10;

    @Option(names = "--seed", description = "Decides which fault comes when; told at the end.")
    private long seed = Instant.now().getEpochSecond();

    @Option(names = "--only", split = ",", paramLabel = "FAULT", description = "These faults alone.")
    private List<String> only = List.of();

    @Option(names = "--faults", description = "Inflict so many instead.")
    private int faults;

    @Option(names = "--keep-going", description = "Go on after a violation: the dead nodes are started again first.")
    private boolean keepGoing;

    @Spec
    private CommandSpec spec;

    @Option(names = "--clocks", description = "Give each node a wall clock of its own, which can jump.")
    private boolean clocks;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            description = "Within which everything has to be well again after a fault (default: ${DEFAULT-VALUE}).")
    private int patience = 90;

    @Option(names = "--list", description = "List the faults, and do nothing.")
    private boolean list;

    @Option(
            names = "--directory",
            defaultValue = "tests/target/chaos",
            description = "For the pool, the logs and the report (default: ${DEFAULT-VALUE}).")
    private Path directory;

    @Option(
            names = "--distribution",
            defaultValue = "node-app/target/dist",
            description = "The unpacked program (default: ${DEFAULT-VALUE}).")
    private Path distribution;

    private final Tally tally = new Tally();

    public static void main(String[] args) {
        System.exit(new CommandLine(new Chaos()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (list) {
            Fault.all().forEach(fault -> System.out.println(fault.name()));
            return 0;
        }
        List<String> known = Fault.all().stream().map(Fault::name).toList();
        if (!known.containsAll(only) || minutes <= 0 || minutes > LONGEST_MINUTES || faults < 0) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "--only is " + only + ", --minutes is " + minutes + "; allowed are faults of --list, and up to "
                            + LONGEST_MINUTES + " minutes");
        }
        Duration length = faults > 0 ? PER_FAULT.multipliedBy(faults) : Duration.ofMillis(Math.round(minutes * 60_000));
        say("chaos with seed " + seed + " for " + length.toSeconds() + " s");
        try (Stage stage = Stage.set(directory, distribution, HOSTS, length, clocks)) {
            Promises promises = new Promises(stage, Duration.ofSeconds(patience));
            report("start", promises.check());
            run(stage, promises, length);
            report("data", promises.checkData());
        }
        System.out.print(tally.table());
        System.out.println(tally.json(seed));
        Files.writeString(directory.resolve("chaos.json"), tally.json(seed) + "\n");
        return tally.violations() == 0 ? 0 : BROKEN;
    }

    private void run(Stage stage, Promises promises, Duration length) throws Exception {
        RandomGenerator chance = new SplittableRandom(seed);
        List<Fault> possible = possible(stage);
        List<Fault> turn = new ArrayList<>();
        long end = System.nanoTime() + length.toNanos();
        while ((faults > 0 ? tally.runs() < faults : System.nanoTime() < end)
                && (keepGoing || tally.violations() == 0)) {
            stage.revive();
            if (turn.isEmpty()) {
                turn.addAll(possible);
            }
            inflict(stage, promises, turn.remove(chance.nextInt(turn.size())), chance.nextLong());
        }
    }

    private List<Fault> possible(Stage stage) {
        List<Fault> possible = new ArrayList<>();
        for (Fault fault : Fault.all()) {
            if (only.isEmpty() || only.contains(fault.name())) {
                Optional<String> obstacle = fault.obstacle().apply(stage);
                obstacle.ifPresentOrElse(why -> tally.impossible(fault.name(), why), () -> possible.add(fault));
            }
        }
        if (possible.isEmpty()) {
            throw new IllegalArgumentException("none of " + only + " can be inflicted here; see --list");
        }
        return possible;
    }

    private void inflict(Stage stage, Promises promises, Fault fault, long seedOfIt) throws Exception {
        Watch.pause(Duration.ofSeconds(1));
        say(fault.name());
        tally.ran(fault.name());
        Optional<Duration> gap = Optional.empty();
        try {
            gap = fault.deed().inflict(stage, new SplittableRandom(seedOfIt));
        } catch (TimeoutException late) {
            report(fault.name(), List.of(late.getMessage()));
        }
        gap.ifPresent(without -> tally.gap(fault.name(), without));
        long mended = System.nanoTime();
        List<String> broken = promises.check();
        Duration calm = Duration.ofNanos(System.nanoTime() - mended);
        tally.calm(fault.name(), calm);
        report(fault.name(), broken);
        say("  well again after " + calm.toMillis() + " ms"
                + gap.map(without -> "; without an SPM for " + without.toMillis() + " ms")
                        .orElse(""));
    }

    private void report(String fault, List<String> broken) {
        tally.violated(fault, broken);
        broken.forEach(what -> say("  VIOLATION after " + fault + ": " + what));
    }

    private static void say(String line) {
        System.err.println(Instant.now() + " " + line);
    }
}
