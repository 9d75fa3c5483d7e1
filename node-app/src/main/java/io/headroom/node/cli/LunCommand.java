package io.headroom.node.cli;

import io.headroom.model.Bytes;
import io.headroom.model.LunName;
import io.headroom.node.api.VolumeAnswer;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "lun", description = "Shows and adds LUNs.", synopsisSubcommandLabel = "COMMAND")
final class LunCommand {
    private static final String LUNS = "luns";

    @Spec
    private CommandSpec spec;

    @Command(description = "Shows every LUN of the pool: size, use, health; of a lost one, what stands on it.")
    void list(@Mixin AskingOptions options) {
        options.show(out(), LUNS, Map.of(), VolumeAnswer.Luns.class, Words::luns);
    }

    @Command(
            description = {
                "Adds a LUN to the pool; whoever waits for space gets it at once.",
                "Every living host is asked first: all must see the same device, and nothing else may be on it."
            },
            footer = {"", "Can be repeated: a LUN that the pool has already is answered as done."})
    void add(
            @Mixin OrderOptions options,
            @Parameters(paramLabel = "DEV", description = "The device, or a name of your own in a file pool.")
                    String device,
            @Option(
                            names = "--size",
                            paramLabel = "SIZE",
                            converter = PoolCommand.Size.class,
                            description = "In a file pool: by how much. A device says it itself.")
                    Bytes size,
            @Option(
                            names = "--force",
                            description = "Whatever the device holds is given up; also where a living host does not"
                                    + " answer, or the device has no identity.")
                    boolean force) {
        Map<String, Object> order = new HashMap<>(Map.of("device", name(device), "force", force));
        order.put("size", size == null ? null : size.value());
        options.give(out(), NodeClient.Method.POST, LUNS, order, VolumeAnswer.Carried.class, Words::carried);
    }

    @Command(
            description = {
                "Uses a LUN to its end after it was enlarged on the array.",
                "The kernel of every host has to have looked again: all must see the new size."
            })
    void refresh(
            @Mixin OrderOptions options,
            @Parameters(
                            paramLabel = "DEV",
                            arity = "0..1",
                            description = "The LUN, by its device or its id; every LUN without.")
                    String device,
            @Option(
                            names = "--size",
                            paramLabel = "SIZE",
                            converter = PoolCommand.Size.class,
                            description = "In a file pool: how large it is now. A device says it itself.")
                    Bytes size,
            @Option(names = "--force", description = "Also where a host that lives does not answer.") boolean force) {
        Map<String, Object> order = new HashMap<>(Map.of("force", force));
        order.put("device", device == null ? null : name(device));
        order.put("size", size == null ? null : size.value());
        options.give(out(), NodeClient.Method.POST, LUNS + "/grow", order, VolumeAnswer.Carried.class, Words::carried);
    }

    /** What can be no LUN is refused here: nobody has to be asked. */
    private String name(String device) {
        try {
            return new LunName(device).value();
        } catch (IllegalArgumentException refused) {
            throw new CommandLine.ParameterException(spec.commandLine(), refused.getMessage());
        }
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
