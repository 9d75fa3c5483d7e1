package io.headroom.node.cli;

import io.headroom.model.Bytes;
import io.headroom.node.api.VolumeAnswer;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "volume",
        description = "Makes, shows, enlarges and deletes volumes.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Every command that changes something can be repeated: what was carried out is answered as done.",
            "NAME is a volume's name or its id."
        })
final class VolumeCommand {
    private static final String VOLUMES = "volumes";

    @Spec
    private CommandSpec spec;

    @Command(description = "Shows every volume: allocated, promised to its guest, at most, where it is in use.")
    void list(@Mixin AskingOptions options) {
        options.show(out(), VOLUMES, Map.of(), VolumeAnswer.Volumes.class, Words::volumes);
    }

    @Command(description = "Shows one volume, and what its guest has written.")
    void show(@Mixin AskingOptions options, @Parameters(paramLabel = "NAME") String name) {
        options.show(out(), path(name), Map.of(), VolumeAnswer.Shown.class, Words::volume);
    }

    @Command(
            description = "Makes a volume with an empty qcow2 image.",
            footer = {"", "Sizes are whole numbers with K, M, G, T or P, such as 100G."})
    void create(
            @Mixin OrderOptions options,
            @Parameters(paramLabel = "NAME", description = "Letters, digits and . _ + -, at most 64.") String name,
            @Option(
                            names = "--size",
                            required = true,
                            paramLabel = "SIZE",
                            converter = PoolCommand.Size.class,
                            description = "What the guest sees.")
                    Bytes size,
            @Option(
                            names = "--initial",
                            paramLabel = "SIZE",
                            converter = PoolCommand.Size.class,
                            description = "What the volume is given at first; one chunk of 2560M by default.")
                    Bytes initial) {
        Map<String, Object> order = new HashMap<>(Map.of("name", name, "virtualSize", size.value()));
        order.put("size", initial == null ? null : initial.value());
        carry(options, NodeClient.Method.POST, VOLUMES, order);
    }

    @Command(description = "Enlarges the image of a volume that nobody uses; what its guest sees.")
    void resize(
            @Mixin OrderOptions options,
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = "--size",
                            required = true,
                            paramLabel = "SIZE",
                            converter = PoolCommand.Size.class,
                            description = "What the guest sees from then on; never less than now.")
                    Bytes size) {
        carry(options, NodeClient.Method.POST, path(name) + "/resize", Map.of("virtualSize", size.value()));
    }

    @Command(description = "Deletes a volume that nobody uses.")
    void delete(
            @Mixin OrderOptions options,
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--wipe", description = "Overwrites its data with zeros before.") boolean wipe) {
        carry(options, NodeClient.Method.DELETE, path(name), Map.of("wipe", wipe));
    }

    @Command(
            description = {
                "Makes a volume available on the host of the node that is asked, and prints the path for QEMU.",
                "When the VM that uses it ends, the node gives it back by itself."
            })
    void activate(
            @Mixin OrderOptions options,
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--shared", description = "Although another host uses it: for a live migration.")
                    boolean shared) {
        options.give(
                out(),
                NodeClient.Method.POST,
                path(name) + "/activate",
                Map.of("shared", shared),
                VolumeAnswer.Available.class,
                (words, available) -> available.path() + "\n");
    }

    @Command(description = "Takes a volume that no VM has open away from the host of the node that is asked.")
    void deactivate(@Mixin OrderOptions options, @Parameters(paramLabel = "NAME") String name) {
        options.give(
                out(),
                NodeClient.Method.POST,
                path(name) + "/deactivate",
                Map.of(),
                VolumeAnswer.Available.class,
                (words, gone) -> "volume " + gone.volume() + " is not in use on this host\n");
    }

    @Command(
            description = {
                "Has the pool forget that a dead host uses a volume, so that another host may.",
                "Only for a host that is surely off: a VM that still runs there would write to the same volume."
            })
    void release(
            @Mixin OrderOptions options,
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--host", required = true, paramLabel = "ID", description = "The number of the dead host.")
                    int host) {
        carry(options, NodeClient.Method.POST, path(name) + "/release", Map.of("host", host));
    }

    private void carry(OrderOptions options, NodeClient.Method method, String path, Map<String, Object> order) {
        options.give(out(), method, path, order, VolumeAnswer.Carried.class, Words::carried);
    }

    private static String path(String name) {
        return VOLUMES + "/" + NodeClient.segment(name);
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
