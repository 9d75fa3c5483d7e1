package io.headroom.rig;

import java.io.IOException;
import java.util.List;

/**
 * A network namespace for each host, joined by a bridge; a second bridge, for the runner's questions, is never cut.
 * What one host sends to another is dropped by a route into nowhere, so a network can be cut one way.
 */
public final class Networks implements AutoCloseable {
    private final String name;
    private final String cluster;
    private final String questions;
    private final int hosts;

    private Networks(long number, int hosts) {
        this.name = "hc" + number % 100_000;
        // Link-local, so that no real network of this machine is concerned.
        this.cluster = "169.254." + (2 + 2 * (number % 120)) + ".";
        this.questions = "169.254." + (3 + 2 * (number % 120)) + ".";
        this.hosts = hosts;
    }

    /** Whether this user may make such networks on this system. */
    public static boolean arePossible() {
        String probe = "hcp" + ProcessHandle.current().pid() % 100_000;
        return Signals.succeeds("ip", "netns", "add", probe) && Signals.succeeds("ip", "netns", "del", probe);
    }

    public static Networks create(int hosts) throws IOException {
        Networks networks = new Networks(ProcessHandle.current().pid(), hosts);
        try {
            networks.lay();
            return networks;
        } catch (IOException failed) {
            networks.close();
            throw failed;
        }
    }

    private void lay() throws IOException {
        ip("link add " + name + "c type bridge");
        ip("link set " + name + "c up");
        ip("link add " + name + "q type bridge");
        ip("addr add " + questions + "1/24 dev " + name + "q");
        ip("link set " + name + "q up");
        for (int host = 1; host <= hosts; host++) {
            ip("netns add " + space(host));
            ip("-n " + space(host) + " link set lo up");
            cable(host, "c", cluster);
            cable(host, "q", questions);
        }
    }

    private void cable(int host, String bridge, String net) throws IOException {
        String cable = name + bridge + host;
        ip("link add " + cable + " type veth peer name " + bridge + " netns " + space(host));
        ip("link set " + cable + " master " + name + bridge);
        ip("link set " + cable + " up");
        ip("-n " + space(host) + " addr add " + net + (host + 1) + "/24 dev " + bridge);
        ip("-n " + space(host) + " link set " + bridge + " up");
    }

    private String space(int host) {
        return name + "n" + host;
    }

    /** For the node of the host. */
    public Rig.Place place(int host) {
        return new Rig.Place(List.of("ip", "netns", "exec", space(host)), cluster + (host + 1), questions + (host + 1));
    }

    /** What {@code from} sends to {@code to} is lost from now on. */
    public void cut(int from, int to) throws IOException {
        ip("-n " + space(from) + " route replace blackhole " + cluster + (to + 1) + "/32");
    }

    /** The host hears nobody and nobody hears it, from now on. */
    public void isolate(int host) throws IOException {
        for (int other = 1; other <= hosts; other++) {
            if (other != host) {
                cut(host, other);
                cut(other, host);
            }
        }
    }

    /** Everything arrives again. */
    public void mend() throws IOException {
        for (int from = 1; from <= hosts; from++) {
            Signals.run("ip", "-n", space(from), "route", "flush", "type", "blackhole");
        }
    }

    private static void ip(String arguments) throws IOException {
        Signals.run(("ip " + arguments).split(" "));
    }

    /** Everything is gone when this returns: a namespace alone would take its cables along some time later. */
    @Override
    public void close() {
        for (int host = 1; host <= hosts; host++) {
            Signals.succeeds("ip", "link", "del", name + "c" + host);
            Signals.succeeds("ip", "link", "del", name + "q" + host);
            Signals.succeeds("ip", "netns", "del", space(host));
        }
        Signals.succeeds("ip", "link", "del", name + "c");
        Signals.succeeds("ip", "link", "del", name + "q");
    }
}
