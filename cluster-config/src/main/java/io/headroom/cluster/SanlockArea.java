package io.headroom.cluster;

import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where a pool's leases are on its shared storage. The places are 8 MiB apart, the most that sanlock takes for one on
 * any sector size: first the lockspace, in which each host proves that it lives, then one place for each lease.
 *
 * @param lockspace its name, different for each pool that a host may ever see; at most 48 characters
 * @param path a device or file that belongs to sanlock alone
 */
public record SanlockArea(String lockspace, Path path) {
    /** What the device has to offer. */
    public static final Bytes SIZE = Bytes.mebi(32);

    private static final Bytes STEP = Bytes.mebi(8);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,48}");

    /** The leases of a pool; the order is that of their places, for ever. */
    enum Lease {
        /** Who may change the pool. */
        SPM,
        /** Which side of a partition goes on. */
        MAJORITY;

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public SanlockArea {
        if (!NAME.matcher(lockspace).matches()) {
            throw new IllegalArgumentException(
                    "the lockspace \"" + lockspace + "\": allowed are 1 to 48 letters, digits and _.-");
        }
        if (path.toString().contains(":")) {
            // sanlock takes a colon for the end of the path.
            throw new IllegalArgumentException("the path of the leases, " + path + ", must not have a colon");
        }
    }

    /** As sanlock's command line wants it, for the lockspace itself (host 0) or a host in it. */
    String lockspaceOf(int host) {
        return lockspace + ":" + host + ":" + path + ":0";
    }

    String lockspaceOf(HostId host) {
        return lockspaceOf(host.value());
    }

    /** As sanlock's command line wants it. */
    String resource(Lease lease) {
        return lockspace + ":" + lease.word() + ":" + path + ":" + STEP.value() * (lease.ordinal() + 1);
    }
}
