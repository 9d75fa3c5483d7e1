package io.headroom.bench;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures Headroom, group by group, and prints each group's table. */
@Command(
        name = "make bench ARGS=...",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures on this machine; let nothing else run beside it. Everything that it started ends with it.",
            "Each group prints a table and writes GROUP.json into the directory.",
            "",
            "  mailbox     from a posted request to its reply: with every bell, without the network, by scans alone",
            "  throughput  2,016 requests of 32 hosts at once",
            "  idle        the processor that an idle SPM takes with 250 and with 2,000 hosts",
            "  rearm       from QEMU's event to re-armed, beside what its parts cost by themselves",
            "  failover    the gap of service when the SPM is killed, stopped, moved, cut off, frozen",
            "  exhaust     from an added LUN to the last paused guest that runs: 1 and 20 real ones, 1,000 fakes",
            "  lvm         an extension with 10 to 2,000 volumes, beside a bare lvextend; only root can measure it"
        })
public final class Bench implements Callable<Integer> {
    /** The order in which they are measured. */
    private enum Group {
        MAILBOX(new Mailbox()),
        THROUGHPUT(new Throughput()),
        IDLE(new Idle()),
        REARM(new Rearm()),
        FAILOVER(new Failover()),
        EXHAUST(new Exhausted()),
        LVM(new LvmExtension());

        private final Measurement measurement;

        Group(Measurement measurement) {
            this.measurement = measurement;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How a group is measured. */
    interface Measurement {
        /**
         * Measures and leaves nothing running.
         *
         * @param directory its own; it need not exist
         * @param brief only shows that it works, in a fraction of the time; the figures mean little
         */
        void measure(Path directory, boolean brief, Figures figures) throws Exception;
    }

    @Parameters(
            arity = "0..*",
            paramLabel = "GROUP",
            description = "What to measure: ${COMPLETION-CANDIDATES}. Everything by default.")
    private List<Group> groups = List.of();

    @Option(names = "--brief", description = "Show only that it works; the figures then mean little.")
    private boolean brief;

    @Option(
            names = "--directory",
            defaultValue = "tests/target/bench",
            description = {
                "For pools, logs and figures (default: ${DEFAULT-VALUE}).",
                "On the file system that is to be measured; it must know direct I/O."
            })
    private Path directory;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Bench())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Set<Group> chosen = groups.isEmpty() ? EnumSet.allOf(Group.class) : new TreeSet<>(groups);
        for (Group group : chosen) {
            Figures figures = new Figures(group.toString());
            group.measurement.measure(directory.resolve(group.toString()), brief, figures);
            System.out.print(figures.table());
            System.out.println("  in " + figures.writeTo(directory) + "\n");
        }
        return 0;
    }

    static void say(String line) {
        System.err.println(line);
    }
}
