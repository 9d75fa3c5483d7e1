package io.headroom.scenario;

import io.headroom.node.process.Command;
import io.headroom.rig.Rig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A host with a network of its own, which a switch connects with the others and can cut off. Made of a network
 * namespace, a bridge and two virtual cables; a second cable, for the test's questions, is never cut.
 *
 * <pre>
 *   here ── bridge (the switch) ══ cluster cable ══ the host's namespace
 *     └───────────────────────────── questions ════════════┘
 * </pre>
 */
final class CutNetwork implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int OUTPUT = 64 << 10;

    private final String name;
    private final String addresses;

    private CutNetwork(long number) {
        this.name = "hr" + number;
        // Link-local, so that no real network of this machine is concerned.
        this.addresses = "169.254." + (1 + number % 250) + ".";
    }

    /** Whether this user may make such networks on this system. */
    static boolean isPossible() {
        CutNetwork probe = new CutNetwork(ProcessHandle.current().pid());
        return probe.succeeds("ip", "netns", "add", probe.name) && probe.succeeds("ip", "netns", "del", probe.name);
    }

    /** Makes the network with the cluster's cable cut. */
    static CutNetwork create() throws IOException {
        CutNetwork network = new CutNetwork(ProcessHandle.current().pid());
        try {
            network.lay();
            return network;
        } catch (IOException failed) {
            network.close();
            throw failed;
        }
    }

    private void lay() throws IOException {
        ip("netns add " + name);
        ip("-n " + name + " link set lo up");
        ip("link add " + name + "s type bridge");
        ip("addr add " + addresses + "1/29 dev " + name + "s");
        ip("link set " + name + "s up");
        ip("link add " + name + "c type veth peer name cluster netns " + name);
        ip("link set " + name + "c master " + name + "s");
        ip("-n " + name + " addr add " + addresses + "2/29 dev cluster");
        ip("-n " + name + " link set cluster up");
        ip("link add " + name + "q type veth peer name questions netns " + name);
        ip("addr add " + addresses + "9/29 dev " + name + "q");
        ip("link set " + name + "q up");
        ip("-n " + name + " addr add " + addresses + "10/29 dev questions");
        ip("-n " + name + " link set questions up");
    }

    void cut() throws IOException {
        ip("link set " + name + "c down");
    }

    void mend() throws IOException {
        ip("link set " + name + "c up");
    }

    /** For the host that can be cut off. */
    Rig.Place inside() {
        return new Rig.Place(List.of("ip", "netns", "exec", name), addresses + "2", addresses + "10");
    }

    /** For the other hosts. */
    Rig.Place outside() {
        return new Rig.Place(List.of(), addresses + "1", "127.0.0.1");
    }

    private static void ip(String arguments) throws IOException {
        Command.Outcome outcome = run(words(arguments));
        if (!(outcome instanceof Command.Outcome.Exited exited) || exited.status() != 0) {
            throw new IOException("ip " + arguments + " failed: " + outcome);
        }
    }

    private boolean succeeds(String... argv) {
        return run(List.of(argv)) instanceof Command.Outcome.Exited exited && exited.status() == 0;
    }

    private static List<String> words(String arguments) {
        List<String> argv = new ArrayList<>(List.of("ip"));
        argv.addAll(List.of(arguments.split(" ")));
        return argv;
    }

    private static Command.Outcome run(List<String> argv) {
        return new Command(argv, LIMIT, OUTPUT).run();
    }

    /** Removes what there is of it; both cables go with the namespace. */
    @Override
    public void close() {
        succeeds("ip", "netns", "del", name);
        succeeds("ip", "link", "del", name + "s");
    }
}
