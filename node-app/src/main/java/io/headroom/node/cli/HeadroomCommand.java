package io.headroom.node.cli;

import io.headroom.node.api.Answer;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The program {@code headroom}: each command is a method or a class of its own. */
@Command(
        name = "headroom",
        description = "Keeps thin disks of QEMU guests ahead of what the guests write.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            NodeCommand.class,
            PoolCommand.class,
            VolumeCommand.class,
            LunCommand.class,
            VmCommand.class,
            SpmCommand.class
        },
        footer = {"", "Exit status: 0 done, 1 failed, 2 wrong usage.", "Each command has its own --help."})
public final class HeadroomCommand {
    private static final int FAILED = 1;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "Shows this help.")
    private boolean help;

    /** The command line, ready to run; what fails is told on standard error with its next step. */
    public static CommandLine line() {
        return new CommandLine(new HeadroomCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    if (failure instanceof CommandFailure told) {
                        line.getErr().println("headroom: " + told.getMessage());
                        if (!told.next().isEmpty()) {
                            line.getErr().println("  next: " + told.next());
                        }
                        return FAILED;
                    }
                    failure.printStackTrace(line.getErr());
                    return FAILED;
                });
    }

    @Command(description = "Shows the pool, its SPM and the hosts at a glance.")
    void status(@Mixin AskingOptions options) {
        options.show(out(), "status", Map.of(), Answer.Status.class, Words::status);
    }

    @Command(description = "Shows each guarded disk: its size, what is written, how long it lasts.")
    void disks(
            @Mixin AskingOptions options,
            @Option(names = "--all", description = "The disks of every host of the cluster, not of this one alone.")
                    boolean all) {
        options.show(out(), "disks", Map.of("all", Boolean.toString(all)), Answer.Disks.class, Words::disks);
    }

    @Command(
            description = "Tells what changed the pool: who asked, why, from what size to what size, how long it took.",
            footer = {
                "",
                "The steps, in milliseconds: queued and extended by the SPM; posted, answered, refreshed and armed by"
                        + " the host."
            })
    void audit(
            @Mixin AskingOptions options,
            @Option(names = "--volume", paramLabel = "NAME", description = "Only this volume, by name or id.")
                    String volume,
            @Option(names = "--vm", paramLabel = "NAME", description = "Only this VM.") String vm,
            @Option(names = "--host", paramLabel = "ID", description = "Only this host.") String host,
            @Option(
                            names = "--since",
                            paramLabel = "TIME",
                            description = "Nothing older: 15m, 2h or 3d back, or 2026-05-31T12:00:00Z.")
                    String since,
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            description = "At most this many lines, newest first; 50 by default.")
                    String limit,
            @Option(names = "--before", paramLabel = "LINE", description = "Go on with lines older than this number.")
                    String before) {
        Map<String, String> parameters = new LinkedHashMap<>();
        put(parameters, "volume", volume);
        put(parameters, "vm", vm);
        put(parameters, "host", host);
        put(parameters, "since", since);
        put(parameters, "limit", limit);
        put(parameters, "before", before);
        options.show(out(), "audit", parameters, Answer.Trail.class, Words::trail);
    }

    private static void put(Map<String, String> parameters, String name, String value) {
        if (value != null) {
            parameters.put(name, value);
        }
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
