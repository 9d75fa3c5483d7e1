package io.headroom.node.cli;

import io.headroom.model.VmName;
import io.headroom.node.api.Answer;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The VMs of a host, and why one does not run. */
@Command(
        name = "vm",
        description = "Shows the VMs, and holds one that Headroom shall not resume.",
        synopsisSubcommandLabel = "COMMAND")
final class VmCommand {
    @Spec
    private CommandSpec spec;

    @Command(name = "list", description = "Shows each VM: its state by QEMU, and why it does not run.")
    void list(
            @Mixin AskingOptions options,
            @Option(names = "--all", description = "The VMs of every host of the cluster, not of this one alone.")
                    boolean all) {
        options.show(
                spec.commandLine().getOut(), "vms", Map.of("all", Boolean.toString(all)), Answer.Vms.class, Words::vms);
    }

    @Command(
            name = "hold",
            description = "Keeps a VM that is, or will be, paused for want of space from being resumed by Headroom.",
            footer = {
                "",
                "QEMU itself does not tell a VM that a person paused from one that stands for want of space, once it"
                        + " stands. The hold lasts until it is released, also when the node is started again."
            })
    void hold(
            @Mixin AskingOptions options,
            @Parameters(paramLabel = "NAME", description = "A VM of the asked host.") String vm) {
        order(options, vm, "hold");
    }

    @Command(name = "release", description = "Ends a hold; the VM goes on at once where it has its space.")
    void release(
            @Mixin AskingOptions options,
            @Parameters(paramLabel = "NAME", description = "A VM of the asked host.") String vm) {
        order(options, vm, "release");
    }

    private void order(AskingOptions options, String vm, String order) {
        try {
            String path = "vms/" + new VmName(vm) + "/" + order;
            options.show(
                    spec.commandLine().getOut(),
                    path,
                    client -> client.order(NodeClient.Method.POST, path, Map.of()),
                    Answer.VmHeld.class,
                    Words::vmHeld);
        } catch (IllegalArgumentException refused) {
            throw new CommandLine.ParameterException(spec.commandLine(), refused.getMessage());
        }
    }
}
