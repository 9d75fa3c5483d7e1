package io.headroom.demo;

import io.headroom.guest.GuestImage;
import io.headroom.model.Bytes;
import io.headroom.node.qemu.QemuImg;
import io.headroom.rig.Rig;
import io.headroom.rig.Watch;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts everything, shows it, and ends everything. */
@Command(
        name = "make demo ARGS=...",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Three nodes share a pool; each has a VM whose guest writes steadily to a thin disk.",
            "Without --once it shows the pool live until Ctrl-C; then everything that it started ends."
        })
public final class Demo implements Callable<Integer> {
    private static final Path DISTRIBUTION = Path.of("node-app/target/dist");
    private static final int HOSTS = 3;
    private static final Bytes VIRTUAL_SIZE = Bytes.gibi(100);
    private static final Duration READING_LIMIT = Duration.ofMinutes(2);
    private static final int NOTHING_WRONG = 0;
    private static final int SOMETHING_WRONG = 1;

    /** What is shown. */
    private enum Scenario {
        GUARD,
        EXHAUST
    }

    @Option(
            names = "--scenario",
            defaultValue = "GUARD",
            description = {
                "guard: every disk stays ahead of its guest (the default).",
                "exhaust: the guests run the pool full and are paused; one is held by a person; a LUN comes, and the",
                "others go on by themselves. It takes about a minute, verifies itself and ends like --once."
            })
    private Scenario scenario;

    @Option(
            names = "--once",
            description = {
                "Run for a while without a terminal, kill the SPM's node half-way, start it again,",
                "verify everything, print one line of JSON. Exit status 0 only if all of it holds."
            })
    private boolean once;

    @Option(
            names = "--seconds",
            defaultValue = "80",
            description = "How long --once writes (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--rate", defaultValue = "2M", description = "What each guest writes a second (default: 2M).")
    private String rate;

    @Option(names = "--chunk", defaultValue = "16M", description = "The smallest chunk (default: 16M).")
    private String chunk;

    @Option(
            names = "--directory",
            defaultValue = "tests/target/demo",
            description = "For the pool and the nodes' logs; emptied first (default: ${DEFAULT-VALUE}).")
    private Path directory;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Demo())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        return scenario == Scenario.EXHAUST ? exhaust() : guard();
    }

    private int exhaust() throws Exception {
        say("creating a small pool and its nodes in " + directory);
        Exhaust exhaust = Exhaust.create(directory, DISTRIBUTION, Demo::say);
        return whileOpen(exhaust.rig(), () -> {
            exhaust.run();
            return told(exhaust.json(), exhaust.wrong());
        });
    }

    private int guard() throws Exception {
        Bytes perSecond = Bytes.parse(rate);
        Bytes smallest = Bytes.parse(chunk);
        Rig.Plan plan = new Rig.Plan(
                directory,
                DISTRIBUTION,
                HOSTS,
                Bytes.gibi(20),
                VIRTUAL_SIZE,
                smallest.times(2),
                List.of(
                        "growth.smallest-chunk = " + smallest.value(),
                        "growth.largest-chunk = " + smallest.times(64).value(),
                        "growth.takeover = 12s"));
        say("creating the pool and " + HOSTS + " nodes in " + directory);
        Rig rig = Rig.create(plan);
        return whileOpen(rig, () -> {
            start(rig, perSecond);
            return once ? once(rig) : live(rig);
        });
    }

    /** Whatever happens, and also when Ctrl-C ends it, the rig is closed afterwards. */
    private static int whileOpen(AutoCloseable rig, Callable<Integer> show) throws Exception {
        Thread ending = new Thread(() -> close(rig), "end-of-demo");
        Runtime.getRuntime().addShutdownHook(ending);
        try {
            return show.call();
        } finally {
            Runtime.getRuntime().removeShutdownHook(ending);
            close(rig);
        }
    }

    private static int told(String json, List<String> wrong) {
        System.out.println(json);
        wrong.forEach(line -> say("WRONG: " + line));
        return wrong.isEmpty() ? NOTHING_WRONG : SOMETHING_WRONG;
    }

    private void start(Rig rig, Bytes perSecond) throws Exception {
        for (var node : rig.nodes()) {
            node.start();
        }
        Watch.until(
                "every node answers and one of them is SPM",
                Duration.ofMinutes(2),
                () -> rig.nodes().stream()
                        .allMatch(node -> node.api()
                                .status()
                                .filter(s -> s.pool() != null)
                                .isPresent()));
        say("all nodes are up; starting the guests");
        // What is read back afterwards is the whole region: no larger than the run can fill.
        Bytes region = once ? perSecond.times(2L * seconds) : VIRTUAL_SIZE.minus(Bytes.gibi(1));
        for (int host = 1; host <= HOSTS; host++) {
            rig.startGuest(host, GuestImage.writing(host, region).perSecond(perSecond));
        }
    }

    private int live(Rig rig) throws Exception {
        Screen screen = new Screen(rig);
        while (true) {
            System.out.print(screen.draw());
            System.out.flush();
            Watch.pause(Duration.ofSeconds(1));
        }
    }

    private int once(Rig rig) throws Exception {
        Instant began = Instant.now();
        Duration half = Duration.ofSeconds(seconds).dividedBy(2);
        Watch.pause(half, left -> say(Screen.line(rig) + "; the SPM is killed in " + left.toSeconds() + " s"));
        Takeover takeover = Takeover.provoke(rig, Demo::say);
        Duration rest = Duration.ofSeconds(seconds).minus(Duration.between(began, Instant.now()));
        Watch.pause(rest, left -> say(Screen.line(rig) + "; ends in " + left.toSeconds() + " s"));
        say("stopping the guests, reading their disks back");
        Verdict verdict = Verdict.of(rig, takeover, new QemuImg(READING_LIMIT));
        return told(verdict.json(), verdict.wrong());
    }

    private static void close(AutoCloseable rig) {
        try {
            rig.close();
        } catch (Exception failed) {
            say("could not end everything: " + failed.getMessage());
        }
    }

    static void say(String line) {
        System.err.println(line);
    }
}
