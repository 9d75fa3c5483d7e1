package io.headroom.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Everything that an operator can set for one node, read once at start. What each key means stands in {@code
 * reference.conf}.
 *
 * @param pekko settings of the actor systems that the operator overrides; usually empty
 */
public record NodeSettings(
        HostId host,
        ClusterPort cluster,
        Http http,
        PoolSettings pool,
        Monitors monitors,
        Levels levels,
        Growth growth,
        Mailbox mailbox,
        Journal journal,
        Config pekko) {
    private static final String ROOT = "headroom";
    private static final int MOST_SEEDS = 16;
    private static final int MOST_SOCKETS = 64;
    private static final int LONGEST_HOST_NAME = 64;
    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?");

    /** Where this node is reached by the others; {@link #address()} as it stands in the mailbox. */
    public record ClusterPort(String host, int port, List<String> seeds, Duration formAfter) {
        public ClusterPort {
            seeds = List.copyOf(seeds);
        }

        public String address() {
            return host + ":" + port;
        }
    }

    public record Http(String host, int port) {}

    /** @param directory empty where none is watched */
    public record Monitors(Optional<Path> directory, List<Path> sockets) {
        public Monitors {
            sockets = List.copyOf(sockets);
        }
    }

    /** In percent of the pool's capacity. */
    public record Levels(int warn, int critical, int reserve) {}

    public record Growth(Bytes smallestChunk, Bytes largestChunk, Duration takeover) {}

    public record Mailbox(Duration scan, Duration bellPoll, Duration heartbeat, Duration signOfLife) {}

    public sealed interface Journal {
        /**
         * An H2 database, opened by the SPM's node alone.
         *
         * @param directory where it is; empty for a place in the pool's own directory
         */
        record Embedded(Optional<Path> directory) implements Journal {}

        record Postgres(String url, String user, Optional<Path> passwordFile) implements Journal {}
    }

    /**
     * Reads a node's own file over the defaults.
     *
     * @throws RefusedSetting where the file cannot be read, or holds something that is not allowed
     */
    public static NodeSettings read(Path file) {
        try {
            return of(ConfigFactory.parseFile(
                            file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false))
                    .resolve());
        } catch (ConfigException unreadable) {
            throw new RefusedSetting(
                    "the configuration " + file + " cannot be read: " + unreadable.getMessage(), unreadable);
        }
    }

    /** @throws RefusedSetting where {@code own} holds something that is not allowed */
    public static NodeSettings of(Config own) {
        Config reference = ConfigFactory.defaultReference(NodeSettings.class.getClassLoader())
                .withOnlyPath(ROOT);
        refuseUnknown(own, reference);
        Section root = new Section(ROOT, own.withFallback(reference).getConfig(ROOT));
        HostId host = new HostId(root.number("host-id", 1, Limits.HOSTS));
        ClusterPort cluster = cluster(root.section("cluster"));
        PoolSettings pool = PoolSettings.of(root.section("pool"));
        Config pekko = own.hasPath("pekko") ? own.withOnlyPath("pekko") : ConfigFactory.empty();
        return new NodeSettings(
                host,
                cluster,
                new Http(
                        hostName(root.section("http"), "host"),
                        root.section("http").number("port", 1, 65_535)),
                pool,
                new Monitors(
                        root.section("qemu").path("directory"),
                        root.section("qemu").paths("sockets", MOST_SOCKETS)),
                levels(root.section("pool")),
                growth(root.section("growth")),
                mailbox(root.section("mailbox"), cluster.formAfter()),
                journal(root.section("journal"), pool),
                pekko);
    }

    private static void refuseUnknown(Config own, Config reference) {
        for (String key : own.root().keySet()) {
            if (!key.equals(ROOT) && !key.equals("pekko")) {
                throw new RefusedSetting("the key " + key + " is unknown; allowed at the top are headroom and pekko");
            }
        }
        Set<String> known = reference.entrySet().stream()
                .map(entry -> entry.getKey())
                .collect(Collectors.toCollection(TreeSet::new));
        own.entrySet().stream()
                .map(entry -> entry.getKey())
                .filter(key -> key.startsWith(ROOT + ".") && !known.contains(key))
                .sorted()
                .findFirst()
                .ifPresent(key -> {
                    throw new RefusedSetting("the key " + key + " is unknown; " + neighbours(key, known));
                });
    }

    private static String neighbours(String key, Set<String> known) {
        String section = key.substring(0, key.lastIndexOf('.') + 1);
        String allowed =
                known.stream().filter(other -> other.startsWith(section)).collect(Collectors.joining(", "));
        return "allowed are " + (allowed.isEmpty() ? String.join(", ", known) : allowed);
    }

    private static ClusterPort cluster(Section section) {
        List<String> seeds = section.texts("seeds", MOST_SEEDS);
        for (String seed : seeds) {
            int colon = seed.lastIndexOf(':');
            if (colon < 1
                    || !HOST_NAME.matcher(seed.substring(0, colon)).matches()
                    || !isPort(seed.substring(colon + 1))) {
                throw section.refuse("seeds", seed, "host:port, such as 10.0.0.7:7481");
            }
        }
        return new ClusterPort(
                hostName(section, "host"),
                section.number("port", 1, 65_535),
                seeds,
                section.time("form-after", Duration.ofSeconds(1), Duration.ofMinutes(5)));
    }

    private static boolean isPort(String text) {
        return text.matches("\\d{1,5}") && Integer.parseInt(text) >= 1 && Integer.parseInt(text) <= 65_535;
    }

    private static String hostName(Section section, String key) {
        String name = section.text(key);
        if (name.length() > LONGEST_HOST_NAME || !HOST_NAME.matcher(name).matches()) {
            throw section.refuse(key, name, "a host name or an IPv4 address of at most 64 characters");
        }
        return name;
    }

    private static Levels levels(Section section) {
        int warn = section.number("warn", 0, 90);
        return new Levels(warn, section.number("critical", 0, warn), section.number("reserve", 0, 90));
    }

    private static Growth growth(Section section) {
        Bytes smallest = section.size("smallest-chunk", Bytes.mebi(1), Bytes.gibi(1024));
        return new Growth(
                smallest,
                section.size("largest-chunk", smallest, Bytes.gibi(8 * 1024)),
                section.time("takeover", Duration.ofSeconds(1), Duration.ofMinutes(10)));
    }

    private static Mailbox mailbox(Section section, Duration formAfter) {
        Duration halfOfFormAfter = formAfter.dividedBy(2);
        Duration heartbeat = section.time("heartbeat", Duration.ofMillis(100), Duration.ofSeconds(5));
        if (heartbeat.compareTo(halfOfFormAfter) > 0) {
            throw section.refuse(
                    "heartbeat",
                    section.text("heartbeat"),
                    "at most half of headroom.cluster.form-after, which is " + halfOfFormAfter.toMillis() + "ms");
        }
        return new Mailbox(
                section.time("scan", Duration.ofMillis(50), Duration.ofSeconds(2)),
                section.time("bell-poll", Duration.ofMillis(10), Duration.ofSeconds(2)),
                heartbeat,
                section.time("sign-of-life", Duration.ofSeconds(1), Duration.ofMinutes(1)));
    }

    private static Journal journal(Section section, PoolSettings pool) {
        Optional<String> url = section.optionalText("url");
        Optional<String> user = section.optionalText("user");
        Optional<Path> passwordFile = section.path("password-file");
        if (url.isEmpty()) {
            if (user.isPresent() || passwordFile.isPresent()) {
                throw section.refuse(
                        "url", "", "jdbc:postgresql://HOST[:PORT]/DATABASE where a user or a password is set");
            }
            return embedded(section, pool);
        }
        if (!url.get().startsWith("jdbc:postgresql://")) {
            throw section.refuse("url", url.get(), "empty, or jdbc:postgresql://HOST[:PORT]/DATABASE");
        }
        return new Journal.Postgres(
                url.get(),
                user.orElseThrow(() -> section.refuse("user", "", "the database's user; it must be set with a url")),
                passwordFile);
    }

    private static Journal embedded(Section section, PoolSettings pool) {
        Optional<Path> directory = section.path("directory");
        if (pool instanceof PoolSettings.VolumeGroup group) {
            if (group.lease() instanceof PoolSettings.Lease.Sanlock) {
                throw section.refuse(
                        "url",
                        "",
                        "jdbc:postgresql://HOST[:PORT]/DATABASE with pool.lease = \"sanlock\": the embedded database is"
                                + " a file of one machine, and the next SPM is on another");
            }
            if (directory.isEmpty()) {
                throw section.refuse(
                        "directory",
                        "",
                        "an absolute path for the embedded database, the same for all nodes of this machine; or set"
                                + " url");
            }
        }
        return new Journal.Embedded(directory);
    }
}
