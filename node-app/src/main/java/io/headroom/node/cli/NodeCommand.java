package io.headroom.node.cli;

import io.headroom.cluster.NodeSettings;
import io.headroom.cluster.RefusedSetting;
import io.headroom.node.Node;
import io.headroom.node.RefusedStart;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "node",
        description = "Runs the node of this host until it is told to stop (SIGTERM, Ctrl-C).",
        footer = {
            "",
            "An SPM on this node steps down before the node leaves; after SIGTERM the exit status is 143. 78 says that"
                    + " another host has this one's number."
        })
final class NodeCommand implements Callable<Integer> {
    @Option(names = "--config", required = true, paramLabel = "FILE", description = "The node's settings, in HOCON.")
    private Path config;

    @Option(names = "--check", description = "Only looks whether the settings are allowed; starts nothing.")
    private boolean check;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Node node;
        try {
            NodeSettings settings = NodeSettings.read(config);
            if (check) {
                spec.commandLine()
                        .getOut()
                        .println(config + ": the settings of host " + settings.host() + " are allowed");
                return 0;
            }
            node = Node.start(settings);
        } catch (RefusedSetting refused) {
            throw new CommandFailure(refused.getMessage(), "correct " + config);
        } catch (RefusedStart refused) {
            throw new CommandFailure(refused.getMessage(), refused.next());
        }
        Runtime.getRuntime().addShutdownHook(new Thread(node::stop, "orderly-stop"));
        return node.awaitEnd();
    }
}
